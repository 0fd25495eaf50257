"""What the browser of the test clips of a split shows: who answered what, and for each clip its
motion, the ranked answers of every cell, and the kinematic evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from zsar.config.config import Config
from zsar.data.artifacts import MeasurementFile, read
from zsar.experiment.measurements import load_descriptions
from zsar.kinematics.described import Descriptions
from zsar.kinematics.explain import explain
from zsar.report.artifacts import CellArtifacts, Missing, command
from zsar.report.cell_page import class_names
from zsar.report.recordings import played_clips

RANKED = 10  # classes of a ranking, at most
CONTRASTS = 4  # classes that the true one is explained against, at most
REASONS = 10  # attributes of an explanation, at most


@dataclass(frozen=True)
class BrowsedClip:
    name: str
    label: int  # a place among the classes of the page
    unseen: bool
    subject: int
    camera: int
    setup: int
    file: str  # its motion, rankings and evidence


@dataclass(frozen=True)
class CellAnswers:
    """Of a cell: by seed the answer to each clip, a place among the classes of the page."""

    cell: str
    answers: list[list[int]]


@dataclass(frozen=True)
class ClipsPage:
    place: str  # data set, preprocessing and split
    classes: list[str]
    unseen: list[int]
    cells: list[CellAnswers]
    clips: list[BrowsedClip]
    left_out: int  # test clips that are not on the page, see --clips
    missing: list[Missing]


@dataclass(frozen=True)
class ClipDetail:
    """What is loaded once a clip is chosen; `rankings` holds (class, score) by cell and seed."""

    motion: dict[str, object]
    source: str
    rankings: dict[str, list[list[tuple[int, float]]]]
    evidence: list[dict[str, object]]


@dataclass(frozen=True)
class Browsed:
    """The test clips of a split with all cells that answered them."""

    cells: list[CellArtifacts]
    rows: list[int]  # of the prepared clips, unseen ones first
    unseen: int  # how many of the rows are of unseen classes
    left_out: int

    @property
    def first(self) -> CellArtifacts:
        return self.cells[0]


def browsed(cells: list[CellArtifacts], most: int) -> Browsed:
    """At most so many clips, unseen ones before seen ones and evenly spread over either."""
    split = cells[0].split
    unseen = _some(split.test_unseen, most)
    seen = _some(split.test_seen, most - len(unseen))
    total = len(split.test_unseen) + len(split.test_seen)
    rows = [*map(int, unseen), *map(int, seen)]
    return Browsed(cells, rows, len(unseen), total - len(rows))


def _some(rows: np.ndarray, most: int) -> np.ndarray:
    count = max(0, min(most, len(rows)))
    return np.asarray(rows)[np.arange(count) * len(rows) // max(count, 1)]


def clips_page(of: Browsed, folder: str, config: Config) -> ClipsPage:
    """The details of the clips are files of that folder beside the page."""
    first = of.first
    origins, names = first.clips.origins, np.asarray(first.clips.names)
    clips = [
        BrowsedClip(
            name=str(names[row]),
            label=int(first.labels[row]),
            unseen=k < of.unseen,
            subject=int(origins.subjects[row]),
            camera=int(origins.cameras[row]),
            setup=int(origins.setups[row]),
            file=f"{folder}/{k}.js",
        )
        for k, row in enumerate(of.rows)
    ]
    return ClipsPage(
        place=first.cell.key.rpartition("/")[0],
        classes=list(class_names(first, config)),
        unseen=[int(each) for each in first.split.unseen],
        cells=[CellAnswers(_key(each), _answers(each, of.rows)) for each in of.cells],
        clips=clips,
        left_out=of.left_out,
        missing=_missing(first, config),
    )


def clip_details(of: Browsed, config: Config) -> Iterator[tuple[int, ClipDetail]]:
    """Each with its place on the page."""
    place = {str(np.asarray(of.first.clips.names)[row]): k for k, row in enumerate(of.rows)}
    evidence = _Evidence.of(of, config)
    for clip in played_clips(of.first, of.rows, config):
        k = place[clip.name]
        rankings = {_key(each): _ranking(each, of.rows[k]) for each in of.cells}
        reasons = evidence.of_clip(clip.name, k, rankings) if evidence else []
        yield k, ClipDetail(clip.motion, clip.source, rankings, reasons)


def _key(each: CellArtifacts) -> str:
    return f"{each.cell.encoder}/{each.cell.method}"


def _answers(each: CellArtifacts, rows: Sequence[int]) -> list[list[int]]:
    parts = [each.unseen_answers]
    if len(each.split.test_seen):
        parts.insert(0, each.seen_answers)
    every = np.concatenate(parts, axis=1)
    return every[:, [each.places[row] for row in rows]].tolist()


def _ranking(each: CellArtifacts, row: int) -> list[list[tuple[int, float]]]:
    """By seed: among the unseen classes for a clip of an unseen one, else among all."""
    split, at = each.split, each.places[row]
    seen = len(split.test_seen)
    if at >= seen:
        classes, rows = split.unseen, [scores.zsl[at - seen] for scores in each.scores]
    else:
        classes = np.concatenate((split.seen, split.unseen))
        rows = [scores.joint[at] for scores in each.scores]
    return [
        [
            (int(classes[k]), round(float(own[k]), 4))
            for k in np.argsort(-own, kind="stable")[:RANKED]
        ]
        for own in rows
    ]


@dataclass(frozen=True)
class _Evidence:
    """What explains the clips of a split: measurements by name, and the described classes."""

    measured: dict[str, Float64[np.ndarray, " attribute"]]
    described: Descriptions
    names: tuple[str, ...]
    page: Browsed

    @staticmethod
    def of(page: Browsed, config: Config) -> "_Evidence | None":
        cell = page.first.cell
        if _missing(page.first, config):
            return None
        file = read(cell.measurements, MeasurementFile)
        wanted = set(np.asarray(page.first.clips.names)[page.rows].tolist())
        measured = {
            name: np.array(file.values[row])
            for row, name in enumerate(file.names.tolist())
            if name in wanted
        }
        return _Evidence(measured, load_descriptions(cell), class_names(page.first, config), page)

    def of_clip(
        self, name: str, k: int, rankings: dict[str, list[list[tuple[int, float]]]]
    ) -> list[dict[str, object]]:
        """For the true class against what fits best of the others, and against wrong answers."""
        measured = self.measured.get(name)
        if measured is None or np.isnan(measured).all():
            return []
        split = self.page.first.split
        every = np.concatenate((split.seen, split.unseen))
        candidates = split.unseen if k < self.page.unseen else every
        candidates = candidates[candidates < len(self.described)]
        label = int(self.page.first.labels[self.page.rows[k]])
        if label not in candidates or len(candidates) < 2:
            return []
        described, names = self.described[candidates], [self.names[each] for each in candidates]
        own = int(np.flatnonzero(candidates == label)[0])
        best = explain(name, measured, described, names, own)
        found = {best.against: best}
        wrong = [seed[0][0] for seeds in rankings.values() for seed in seeds if seed[0][0] != label]
        for other in sorted(set(wrong), key=lambda each: -wrong.count(each)):
            at = np.flatnonzero(candidates == other)
            if len(at) and self.names[other] not in found and len(found) < CONTRASTS:
                found[self.names[other]] = explain(
                    name, measured, described, names, own, int(at[0])
                )
        return [each.strongest(REASONS) for each in found.values()]


def _missing(found: CellArtifacts, config: Config) -> list[Missing]:
    cell = found.cell
    if not cell.measurements.is_file():
        why = f"{cell.measurements} is not there"
        return [Missing("kinematic evidence", why, command(cell, config))]
    if not cell.structured.is_file():
        why = f"{cell.dataset} has no structured descriptions"
        return [Missing("kinematic evidence", why, f"zsar describe {cell.dataset} kinematics")]
    return []
