"""Writers of NTU and PKU-MMD text, in zip archives with the same bytes on every run."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from zsar.atomic import atomic_write
from zsar.data.skeleton import BONES, CENTRE, JOINTS
from zsar.demo.sensor import Track

# Pinhole cameras of the sensor: focal length and middle of the picture, pixels.
DEPTH, COLOUR = (365.3, (257.2, 208.9)), (1060.7, (962.1, 535.4))
DEPTH_PICTURE = (512, 424)
LEFT_EDGE, RIGHT_EDGE, TOP_EDGE, BOTTOM_EDGE = 2, 1, 4, 8

SPINE_MID = JOINTS.index("spine_mid")
PARENTS = np.array(
    [dict(BONES).get(joint, SPINE_MID) for joint in range(len(JOINTS))]
)  # the bone that gives a joint its orientation
TURNED = np.array(
    [not any(end in name for end in ("head", "tip", "thumb", "foot")) for name in JOINTS]
)  # the sensor gives the ends of the body no orientation
HANDS = [JOINTS.index(name) for name in ("left_hand", "right_hand")]

JOINT_LINE = " ".join(["%.5f"] * 3 + ["%.2f"] * 4 + ["%.3f"] * 4 + ["%d"]) + "\r\n"
BODY = f"%d %d %d %d %d %d 0 %.5f %.5f 2\r\n{len(JOINTS)}\r\n" + JOINT_LINE * len(JOINTS)
ROW = " ".join(["%.5f"] * 3 * len(JOINTS))
NOBODY = " ".join(["0.00000"] * 3 * len(JOINTS))

LEVEL = 1  # of compression: text shrinks to half at once, and to little less with much more time
EPOCH = (1980, 1, 1, 0, 0, 0)


def ntu(tracks: Sequence[Track]) -> str:
    """A `.skeleton` file: for every frame the bodies that the sensor follows."""
    length = len(tracks[0].visible)
    written = [_blocks(track) for track in tracks]
    frames = []
    for frame in range(length):
        blocks = [blocks[frame] for blocks in written if frame in blocks]
        frames.append(f"{len(blocks)}\r\n{''.join(blocks)}")
    return f"{length}\r\n{''.join(frames)}"


def _blocks(track: Track) -> dict[int, str]:
    frames = np.flatnonzero(track.visible)
    joints, guessed = np.round(track.joints[frames], 5), track.guessed[frames]
    depth, colour = _pixels(joints, *DEPTH), _pixels(joints, *COLOUR)
    states = np.where(guessed, 1, 2)[..., None]
    lines = np.concatenate((joints, depth, colour, _orientations(joints), states), axis=2)
    heads = np.column_stack(
        (_edges(depth), *(_hand(guessed[:, hand]) for hand in HANDS), _lean(joints))
    )
    rows = np.concatenate((heads, lines.reshape(len(frames), -1)), axis=1)
    return {
        int(frame): BODY % (track.id, *row)
        for frame, row in zip(frames, (rows + 0.0).tolist(), strict=True)
    }


def _pixels(
    joints: Float[np.ndarray, "frame joint xyz"], focal: float, middle: tuple[float, float]
) -> Float[np.ndarray, "frame joint xy"]:
    return np.array(middle) + focal * np.array([1, -1]) * joints[..., :2] / joints[..., 2:]


def _orientations(
    joints: Float[np.ndarray, "frame joint xyz"],
) -> Float[np.ndarray, "frame joint wxyz"]:
    """The shortest rotation from upright to the bone that ends in a joint."""
    bones = joints - joints[:, PARENTS]
    x, y, z = np.moveaxis(bones / np.linalg.norm(bones, axis=2, keepdims=True), 2, 0)
    turns = np.stack((np.maximum(1 + y, 1e-6), z, np.zeros_like(x), -x), axis=2)
    return turns / np.linalg.norm(turns, axis=2, keepdims=True) * TURNED[:, None]


def _edges(depth: Float[np.ndarray, "frame joint xy"]) -> Int[np.ndarray, " frame"]:
    """At which edges of the picture a body is cut off, as flags."""
    low, high = depth.min(axis=1), depth.max(axis=1)
    width, height = DEPTH_PICTURE
    return (
        LEFT_EDGE * (low[:, 0] < 0)
        + RIGHT_EDGE * (high[:, 0] > width)
        + TOP_EDGE * (low[:, 1] < 0)
        + BOTTOM_EDGE * (high[:, 1] > height)
    )


def _hand(guessed: np.ndarray) -> Int[np.ndarray, "frame two"]:
    """Confidence and state: a hand in sight is open, any other unknown."""
    return np.column_stack((~guessed, 2 * ~guessed)).astype(int)


def _lean(joints: Float[np.ndarray, "frame joint xyz"]) -> Float[np.ndarray, "frame two"]:
    spine = joints[:, CENTRE] - joints[:, 0]
    return spine[:, [0, 2]] * [1, -1] / np.linalg.norm(spine, axis=1, keepdims=True)


def pku(bodies: Float[np.ndarray, "frame two joint xyz"]) -> str:
    """A video file: 150 numbers a frame, zeros where there is no body."""
    rows = (np.round(bodies, 5) + 0.0).reshape(len(bodies), 2, -1)
    first, second = ([_row(body) for body in rows[:, k].tolist()] for k in range(2))
    return "".join(f"{one} {other}\n" for one, other in zip(first, second, strict=True))


def _row(body: list[float]) -> str:
    return ROW % tuple(body) if any(body) else NOBODY


def pku_labels(labels: Iterable[tuple[int, int, int]]) -> str:
    """A label file: class from 1, first and last frame from 1, and how sure the labeller was."""
    return "".join(f"{label},{start},{end},2\n" for label, start, end in labels)


def archive(path: Path, members: Iterable[tuple[str, str]]) -> None:
    """A zip archive of texts; it appears under its name only once it is complete."""
    with atomic_write(path) as draft, zipfile.ZipFile(draft, "w") as file:
        for name, text in members:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            file.writestr(entry, text.encode("ascii"), zipfile.ZIP_DEFLATED, LEVEL)
