"""The motions of some clips of a data set for the player: as recorded where the recordings are
there, else as the encoder sees them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from zsar.config.config import Config
from zsar.data.formats import reader
from zsar.data.recording import Damaged, Part, Recording
from zsar.report.artifacts import CellArtifacts
from zsar.viz.figure import drawn_clip
from zsar.viz.player import clip_data

FRAMES = 300  # of a clip, at most
RECORDED, PREPARED = "as recorded", "as the encoder sees it: the recording is not there"


@dataclass(frozen=True)
class PlayedClip:
    """A clip as the player takes it, and what it shows."""

    name: str
    motion: dict[str, object]
    source: str


def played_clips(found: CellArtifacts, rows: Sequence[int], config: Config) -> Iterator[PlayedClip]:
    """Those rows of the prepared clips, in any order."""
    names = np.asarray(found.clips.names)
    waiting = {str(names[row]): row for row in rows}
    for recording in _recordings(found, frozenset(waiting), config):
        if waiting.pop(recording.name, None) is not None:
            drawn = drawn_clip(recording, recording.name)
            yield PlayedClip(recording.name, clip_data(drawn, FRAMES), RECORDED)
    for name, row in waiting.items():
        drawn = drawn_clip(np.array(found.clips.skeletons[row]), name)
        yield PlayedClip(name, clip_data(drawn, FRAMES), PREPARED)


def _recordings(found: CellArtifacts, names: frozenset[str], config: Config) -> Iterator[Recording]:
    source, raw = reader(config.dataset(found.cell.dataset).reader), found.cell.raw
    if not raw.is_dir():
        return
    for part in _parts(source.find(raw), names):
        try:
            clips = source.read(part)
        except Damaged:
            continue
        yield from (each for each in clips if isinstance(each, Recording) and each.name in names)


def _parts(parts: Sequence[Part], names: frozenset[str]) -> Sequence[Part]:
    """Where every clip is a file of its own, those that are called so; else all."""
    files = {name.rpartition("/")[2] for name in names}
    close = [part for part in parts if _file(part) in files]
    return close if len(close) >= len(names) else parts


def _file(part: Part) -> str:
    return PurePosixPath(part.member or part.path.name).name.partition(".")[0]
