"""Recordings that nobody had to make: thirty actions on a rig, seen by careless sensors."""

from pathlib import Path

from zsar.data.demo.choreography import ACTIONS as ACTIONS
from zsar.data.demo.sessions import recordings, videos
from zsar.data.demo.settings import Manner, People, Sensor, Settings, Videos
from zsar.data.demo.write import archive, ntu, pku, pku_labels

__all__ = ["ACTIONS", "Manner", "People", "Sensor", "Settings", "Videos", "generate"]


def generate(folder_ntu: Path, folder_pku: Path, seed: int, settings: Settings) -> None:
    """Write the demo data set and its twin: the same settings give the same bytes."""
    archive(
        folder_ntu / "nturgbd_skeletons_demo.zip",
        (
            (f"nturgb+d_skeletons/{name}.skeleton", ntu(tracks))
            for name, tracks in recordings(seed, settings)
        ),
    )
    taken = list(videos(seed, settings))
    archive(
        folder_pku / "pkummd_demo.zip",
        [(f"PKU_Skeleton_Renew/{video.name}.txt", pku(video.bodies)) for video in taken]
        + [
            (f"Train_Label_PKU_final/{video.name}.txt", pku_labels(video.labels)) for video in taken
        ],
    )
