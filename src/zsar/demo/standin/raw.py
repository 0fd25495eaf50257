"""Raw stand-ins, in archives and under names as the owners of the data sets distribute them."""

from collections.abc import Iterator
from pathlib import Path

from zsar.demo import write
from zsar.demo.config import DemoConfig
from zsar.demo.sessions import recording, views
from zsar.demo.standin.motions import action, settings
from zsar.demo.standin.plan import LATE, SIXTY, Order, takes, videos

SHORTEST = 0.75  # of the frames of the longest clip
# The archive, the folder in it, and whether it holds the classes of NTU RGB+D 60.
NTU = (
    ("nturgbd_skeletons_s001_to_s017.zip", "nturgb+d_skeletons", True),
    ("nturgbd_skeletons_s018_to_s032.zip", "nturgb+d_skeletons120", False),
)
PKU = ("PKU_Skeleton_Renew", "Train_Label_PKU_final")


def raw(order: Order, folder: Path, notice: dict[str, str]) -> None:
    """The archives of a data set; each of them holds the notice, too."""
    varied = settings(round(SHORTEST * order.frames), order.frames, LATE[1])
    {"ntu": _ntu, "pku": _pku}[order.owner](order, varied, folder, notice)


def _ntu(order: Order, varied: DemoConfig, folder: Path, notice: dict[str, str]) -> None:
    planned = takes(order)

    def members(inside: str, early: bool) -> Iterator[tuple[str, str]]:
        yield from notice.items()
        for take in planned:
            if (take.label in SIXTY) == early:
                motion = action(take.label, order.bodies(take.label))
                tracks = recording(order.seed, take, motion, varied)
                yield f"{inside}/{take}.skeleton", write.ntu(tracks)

    for name, inside, early in NTU:
        if any((take.label in SIXTY) == early for take in planned):
            write.archive(folder / name, members(inside, early))


def _pku(order: Order, varied: DemoConfig, folder: Path, notice: dict[str, str]) -> None:
    taken = [
        video
        for number, labels in videos(order)
        for video in views(
            order.seed,
            number,
            [(label, action(label, order.bodies(label))) for label in labels],
            varied,
        )
    ]
    clips, labels = PKU
    bodies = ((f"{clips}/{video.name}.txt", write.pku(video.bodies)) for video in taken)
    lists = ((f"{labels}/{video.name}.txt", write.pku_labels(video.labels)) for video in taken)
    write.archive(folder / f"{clips}.zip", [*notice.items(), *bodies])
    write.archive(folder / f"{labels}.zip", [*notice.items(), *lists])
