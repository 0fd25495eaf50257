"""`zsar check`: which raw recordings of a data set are there, missing or damaged."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tqdm import tqdm

from zsar.cells import Cell
from zsar.config.config import Config
from zsar.data.formats import find, reader
from zsar.data.parse import recordings
from zsar.data.protocols import DataSet
from zsar.data.recording import Damaged, Recording
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.exchange.dataset_section import PREPARED_PROTOCOLS, home_page, how_to_get
from zsar.preprocess.pipeline import Prepared, pipeline
from zsar.processes import executor

SHOWN = 20  # damaged clips that are named; the rest are counted


@dataclass(frozen=True)
class DatasetReport:
    dataset: str
    clips: Counter[int]  # by class
    subjects: set[int]
    cameras: set[int]
    frames: int
    left_out: int  # on the published list of missing recordings
    damaged: list[str]
    known: DataSet
    home: str  # where complete recordings can be downloaded; empty: nowhere
    prepared: bool  # by others: performers are unknown

    def lines(self) -> list[str]:
        """The counts first, then all problems."""
        count = self.clips.total()
        absent = [name for label, name in enumerate(self.known.classes) if not self.clips[label]]
        people = f"{len(self.subjects)} performers, {len(self.cameras)} cameras"
        lines = [
            f"{self.dataset}: {count} clips of {len(self.clips)} classes,"
            f" {f'{len(self.subjects)} parts' if self.prepared else people},"
            f" {self.frames / max(count, 1):.0f} frames on average",
        ]
        if self.left_out:
            lines.append(
                f"{self.left_out} clips on the published list of missing skeletons are left out"
            )
        if absent:
            lines.append(f"no clip of {len(absent)} classes: {', '.join(absent)}")
            lines += [f"the complete recordings: {self.home}"] if self.home else []
        if self.damaged:
            lines.append(f"{len(self.damaged)} damaged clips, left out:")
            lines += [f"  {line}" for line in self.damaged[:SHOWN]]
            if len(self.damaged) > SHOWN:
                lines.append(f"  and {len(self.damaged) - SHOWN} more")
        return lines if len(lines) > 1 else [*lines, "nothing is missing or damaged"]


def inspect_dataset(dataset: str, config: Config, strict: bool) -> DatasetReport:
    """Read and preprocess every recording once, as the pipeline will; strict stops at the first
    damaged one."""
    section, raw = config.dataset(dataset), Cell(dataset).raw
    if not raw.is_dir():
        raise UserError(f"{raw}: no such folder; {how_to_get(dataset, section, 'the recordings')}")
    known = dataset_info(dataset, section)
    damaged: list[str] = []
    clips: Counter[int] = Counter()
    subjects, cameras, frames, left_out = set(), set(), 0, 0
    for item in _summaries(dataset, config, known):
        if isinstance(item, Damaged):
            if strict:
                raise item
            damaged.append(str(item))
        elif item.name in known.missing:
            left_out += 1
        else:
            clips[item.label] += 1
            subjects.add(item.subject)
            cameras.add(item.camera)
            frames += item.frames
    home, prepared = home_page(dataset, section), section.reader in PREPARED_PROTOCOLS
    return DatasetReport(
        dataset, clips, subjects, cameras, frames, left_out, damaged, known, home, prepared
    )


@dataclass(frozen=True)
class ClipSummary:
    """What the report counts of a recording."""

    name: str
    label: int
    subject: int
    camera: int
    frames: int


def _summaries(dataset: str, config: Config, known: DataSet) -> Iterator[ClipSummary | Damaged]:
    source = reader(config.dataset(dataset).reader)
    given = config.dataset(dataset).reader in PREPARED_PROTOCOLS
    prepare = pipeline(config.steps("as_prepared" if given else config.params.preprocess))
    parts = find(source, Cell(dataset).raw, known.classes)
    with (
        executor() as workers,
        tqdm(total=len(parts), desc=f"reading {dataset}", unit="file") as bar,
    ):
        yield from recordings(
            source.read,
            parts,
            workers,
            known.count,
            partial(_summary, prepare, known.missing),
            bar.update,
        )


def _summary(
    prepare: Callable[[Recording], Prepared], missing: frozenset[str], recording: Recording
) -> ClipSummary:
    if recording.name not in missing:
        prepare(recording)
    return ClipSummary(
        recording.name, recording.label, recording.subject, recording.camera, len(recording.bodies)
    )
