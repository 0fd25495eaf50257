"""The people of a video, frame by frame, as MediaPipe's pose landmarker finds them.

MediaPipe and OpenCV are the extra `video`. The model is a file of its own, for instance
pose_landmarker_full.task; its makers distribute it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from zsar.errors import UserError

PEOPLE = 2  # at most


class Pose(NamedTuple):
    """One person in one frame: the 33 landmarks of MediaPipe, x to the right of the image and y
    down."""

    world: Float[np.ndarray, "landmark xyz"]  # metres, from the middle of the hips
    image: Float[np.ndarray, "landmark 2"]  # in widths and heights of the image


class PoseVideo(NamedTuple):
    """A video that is being watched."""

    fps: float
    aspect: float  # height / width
    total: int  # frames, as the file claims; 0: unknown
    frames: Iterator[Sequence[Pose]]


Watch = Callable[[Path, Path], AbstractContextManager[PoseVideo]]


@contextmanager
def watch(video: Path, model: Path) -> Iterator[PoseVideo]:
    """Open a video for a pose model of MediaPipe."""
    try:
        import cv2
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision
    except ImportError as error:
        raise UserError("videos need MediaPipe: pip install 'zsar[video]'") from error
    if not model.is_file():
        raise UserError(f"{model}: no such file; expected a pose landmarker model of MediaPipe")
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
        num_poses=PEOPLE,
    )
    film = cv2.VideoCapture(str(video))
    try:
        if not film.isOpened():
            raise UserError(f"{video}: cannot be opened as a video")
        wide, high = film.get(cv2.CAP_PROP_FRAME_WIDTH), film.get(cv2.CAP_PROP_FRAME_HEIGHT)
        fps, count = film.get(cv2.CAP_PROP_FPS), film.get(cv2.CAP_PROP_FRAME_COUNT)
        if not wide > 0 or not fps > 0:
            raise UserError(f"{video}: has the width {wide:g} and {fps:g} frames a second")
        try:
            landmarker = vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise UserError(f"{model}: is no pose landmarker model ({error})") from error

        def frames() -> Iterator[list[Pose]]:
            number = 0
            while True:
                there, image = film.read()
                if not there:
                    return
                coloured = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
                shown = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=coloured)
                yield poses(landmarker.detect_for_video(shown, round(1000 * number / fps)))
                number += 1

        with landmarker:
            yield PoseVideo(fps, high / wide, max(int(count), 0), frames())
    finally:
        film.release()


def poses(result: Any) -> list[Pose]:
    """The people in what the landmarker says of a frame."""
    return [
        Pose(
            np.array([[each.x, each.y, each.z] for each in world]),
            np.array([[each.x, each.y] for each in image]),
        )
        for world, image in zip(result.pose_world_landmarks, result.pose_landmarks, strict=True)
    ]
