"""Synthetic recordings: thirty actions of a skeleton model, recorded by simulated depth cameras."""

from pathlib import Path

from zsar.demo.actions import ACTIONS as ACTIONS
from zsar.demo.config import DemoConfig, Manner, People, Sensor, Videos
from zsar.demo.sessions import recordings, videos
from zsar.demo.write import archive, ntu, pku, pku_labels

__all__ = ["ACTIONS", "DemoConfig", "Manner", "People", "Sensor", "Videos", "generate"]


def generate(folder_ntu: Path, folder_pku: Path, seed: int, settings: DemoConfig) -> None:
    """Write the demo data set in two formats: the same settings give the same bytes."""
    archive(
        folder_ntu / "nturgbd_skeletons_demo.zip",
        (
            (f"nturgb+d_skeletons/{name}.skeleton", ntu(tracks))
            for name, tracks in recordings(seed, settings)
        ),
    )
    recorded = list(videos(seed, settings))
    archive(
        folder_pku / "pkummd_demo.zip",
        [(f"PKU_Skeleton_Renew/{video.name}.txt", pku(video.bodies)) for video in recorded]
        + [
            (f"Train_Label_PKU_final/{video.name}.txt", pku_labels(video.labels))
            for video in recorded
        ],
    )
