"""One labelled action as a sensor saw it: the common result of every reader."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int64

from zsar.data.skeleton import JOINTS
from zsar.errors import Complaint


class Damaged(Complaint):
    """A raw file that is not what it claims to be; reads `where:line: what was expected`."""

    def __init__(self, where: object, what: str, line: int | None = None):
        place = f"{where}:{line}" if line is not None else f"{where}"
        super().__init__(f"{place}: {' '.join(what.split())}")  # one line, whatever it quotes

    def __reduce__(self):
        # Only the finished sentence travels between processes.
        return _revived, (str(self),)


def _revived(sentence: str) -> Damaged:
    damaged = Damaged.__new__(Damaged)
    Complaint.__init__(damaged, sentence)
    return damaged


@dataclass(frozen=True)
class Part:
    """A piece of raw data that can be read on its own: a file, or a member of an archive."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}::{self.member}" if self.member else str(self.path)


@dataclass(frozen=True)
class Recording:
    """Bodies stay in the order of the file; a slot without a body holds zeros and the id 0."""

    name: str
    label: int  # the data set's own class id, from 0
    subject: int  # 0 where the format does not tell
    camera: int
    setup: int
    bodies: Float32[np.ndarray, "frame body joint xyz"]  # the 25 joints of NTU, metres
    ids: Int64[np.ndarray, "frame body"]
    derived: Bool[np.ndarray, " joint"] = field(
        default_factory=lambda: np.zeros(len(JOINTS), dtype=bool)
    )  # joints the sensor does not see, computed from others
