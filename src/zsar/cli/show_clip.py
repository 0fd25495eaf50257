"""`zsar show`: find one clip by its name and draw it, alone or with the scores of a method."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from zsar.cells import Cell
from zsar.config.config import Config
from zsar.data.artifacts import ClipFile, ScoreFile, SplitFile, read
from zsar.data.formats import reader
from zsar.data.recording import Damaged, Recording
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.viz.picture import draw
from zsar.viz.scores import ClassScores, draw_with_scores


def show_clip(clip: str, to: Path, prepared: bool, config: Config) -> str:
    """Draw DATASET/NAME, or NAME of the selected data set; returns a line about what was drawn."""
    dataset, name = clip_place(clip, config)
    if prepared:
        return _draw_prepared(Cell(dataset, config.params.preprocess), name, to)
    found = recording(dataset, name, config)
    draw(found, to, f"{dataset}: {name}")
    frames, bodies = found.bodies.shape[:2]
    who = "body" if bodies == 1 else "bodies"
    return f"{to}: {name}, class {found.label}, {frames} frames, {bodies} {who}"


def show_scores(clip: str, to: Path, config: Config) -> str:
    """Draw an unseen test clip of the selected cell beside its scores; the answer says its rank."""
    dataset, name = clip_place(clip, config)
    cell = replace(config.cell, dataset=dataset, phase="test", method=config.params.method)
    found = class_scores(cell, name, config)
    draw_with_scores(recording(dataset, name, config), to, name, found)
    order = np.argsort(-found.scores, kind="stable")
    rank = int(np.flatnonzero(order == found.label)[0]) + 1
    own, best = found.classes[found.label], found.classes[order[0]]
    return f"{to}: {name}, class {own}, rank {rank} of {len(order)}; named {best}"


def class_scores(cell: Cell, name: str, config: Config) -> ClassScores:
    """What the method of a cell, trained with the first seed, gave an unseen test clip."""
    seeds = [cell.with_seed(seed) for seed in config.params.run.seeds]
    for path in (cell.clips, cell.split_file, *(each.scores for each in seeds)):
        if not path.is_file():
            raise UserError(f"{path}: not there yet; `dvc repro` makes it for the selected cell")
    clips, split = read(cell.clips, ClipFile), read(cell.split_file, SplitFile)
    names = np.asarray(clips.names)[split.test_unseen]
    rows = np.flatnonzero(names == name)
    if not len(rows):
        raise UserError(
            f"{name} is no test clip of an unseen class in {cell.key}; for example, {names[0]} is"
        )
    scores = np.stack([read(each.scores, ScoreFile).zsl[rows[0]] for each in seeds])
    label = int(np.flatnonzero(split.unseen == clips.labels[split.test_unseen[rows[0]]])[0])
    right = int((scores.argmax(1) == label).sum())
    classes = dataset_info(cell.dataset, config.dataset(cell.dataset)).classes
    return ClassScores(
        classes=[classes[k] for k in split.unseen],
        scores=scores[0],
        label=label,
        heading=f"scores of {cell.method}, {len(split.unseen)} unseen classes",
        footnote=f"right with {right} of {len(scores)} seeds; first one shown",
    )


def recording(dataset: str, name: str, config: Config) -> Recording:
    """The raw recording of that name; parts whose own name contains it are read first."""
    source, raw = reader(config.dataset(dataset).reader), Cell(dataset).raw
    if not raw.is_dir():
        raise UserError(
            f"{raw}: no such folder; `zsar add {dataset} PATH...` puts recordings there"
        )
    parts = source.find(raw)
    close = [part for part in parts if name.rsplit("/", 1)[-1] in (part.member or part.path.name)]
    for part in close or parts:
        try:
            clips = source.read(part)
        except Damaged:
            if close:
                raise
            continue
        for clip in clips:
            if isinstance(clip, Recording) and clip.name == name:
                return clip
    raise UserError(f"{dataset} has no clip {name!r}; `zsar check {dataset}` counts what is there")


def _draw_prepared(cell: Cell, name: str, to: Path) -> str:
    clips = read(cell.clips, ClipFile)
    rows = np.flatnonzero(clips.names == name)
    if not len(rows):
        raise UserError(f"{cell.clips} has no clip {name!r}")
    row = rows[0]
    draw(np.array(clips.skeletons[row]), to, f"{cell.dataset}: {name}, as the encoder sees it")
    return f"{to}: {name}, class {clips.labels[row]}, {clips.skeletons.shape[2]} frames"


def clip_place(clip: str, config: Config) -> tuple[str, str]:
    """Data set and name; the selected data set where none is named."""
    dataset, slash, name = clip.partition("/")
    if slash and dataset in config.files["datasets"]:
        return dataset, name
    return config.params.dataset, clip
