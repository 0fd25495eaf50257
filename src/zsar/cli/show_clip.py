"""`zsar show`: find one clip by its name, or in a file, and draw it, alone or with the scores of a
method."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from zsar.cells import Cell
from zsar.config.config import Config
from zsar.data import unlabelled
from zsar.data.artifacts import ClipFile, ScoreFile, SplitFile, read
from zsar.data.files import archive
from zsar.data.formats import reader
from zsar.data.recording import Damaged, Recording
from zsar.data.unlabelled import Declared
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.exchange.dataset_section import how_to_get
from zsar.viz.picture import draw
from zsar.viz.scores import ClassScores, draw_with_scores

SEVERAL = "::"  # between a file of several clips and the name of one
MOST_FILES = 1000  # that are read to find a name among them


def show_clip(clip: str, to: Path, prepared: bool, config: Config) -> str:
    """Draw DATASET/NAME, or NAME of the selected data set; returns a line about what was drawn."""
    dataset, name = clip_place(clip, config)
    if prepared:
        return _draw_prepared(Cell(dataset, config.params.preprocess), name, to, config)
    found = recording(dataset, name, config)
    own = class_name(dataset, found.label, config)
    draw(found, to, f"{name}, {own}")
    return f"{to}: {name}, class {own}, {_size(found)}"


def show_file(clip: str, declared: Declared, to: Path) -> str:
    """Draw the clip of a file, or FILE::NAME where it has several; the answer says what it is."""
    found = clip_of_file(clip, declared)
    draw(found, to, found.name)
    rate = "" if np.isnan(found.fps) else f", {found.fps:.4g} frames a second"
    computed = int(found.derived.sum())
    return f"{to}: {found.name}, {_size(found)}{rate}, {computed} of 25 joints derived"


def is_file(clip: str) -> bool:
    """Whether a clip is named by its file."""
    path, several, _ = clip.partition(SEVERAL)
    if (
        Path(path).suffix.removeprefix(".").lower() in unlabelled.READERS
        and not Path(path).exists()
    ):
        raise UserError(f"{path}: no such file")
    return Path(path).is_file() or (bool(several) and Path(path).exists())


def clip_of_file(clip: str, declared: Declared) -> Recording:
    """The one clip of a file, or the one that is named behind it."""
    path, _, wanted = clip.partition(SEVERAL)
    parts = unlabelled.find(Path(path))
    if wanted and len(parts) > 1:
        parts = [each for each in parts if wanted.startswith(archive.stem(each))] or parts
    found = [each for part in parts[:MOST_FILES] for each in unlabelled.read(part, declared)]
    for each in found:
        if isinstance(each, Recording) and each.name == wanted:
            return each
    if len(found) > 1 or wanted:
        names = [each.name for each in found if isinstance(each, Recording)]
        listed = ", ".join(names[:MOST_FILES])
        hint = f"expected {path}{SEVERAL}NAME with one of: {listed}"
        raise UserError(f"{clip}: {hint}" if names else f"{clip}: holds no such clip")
    if isinstance(found[0], Damaged):
        raise found[0]
    return found[0]


def _size(clip: Recording) -> str:
    frames, bodies = clip.bodies.shape[:2]
    return f"{frames} frames, {bodies} {'body' if bodies == 1 else 'bodies'}"


def class_name(dataset: str, label: int, config: Config) -> str:
    """The name of a class, or its number where the classes have no names yet."""
    try:
        return dataset_info(dataset, config.dataset(dataset)).classes[label]
    except UserError:
        return str(label)


def show_scores(clip: str, to: Path, config: Config) -> str:
    """Draw an unseen test clip of the selected cell beside its scores; the answer says its rank."""
    dataset, name = clip_place(clip, config)
    cell = replace(config.cell, dataset=dataset, phase="test", method=config.params.method)
    found = class_scores(cell, name, config)
    order = np.argsort(-found.scores, kind="stable")
    rank = int(np.flatnonzero(order == found.label)[0]) + 1
    own, best = found.classes[found.label], found.classes[order[0]]
    draw_with_scores(recording(dataset, name, config), to, f"{name}, {own}", found)
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
            f"{raw}: no such folder; {how_to_get(dataset, config.dataset(dataset), 'recordings')}"
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
    raise UserError(f"{dataset} has no clip {name!r}; `zsar clips {dataset}` lists them")


def _draw_prepared(cell: Cell, name: str, to: Path, config: Config) -> str:
    clips = read(cell.clips, ClipFile)
    rows = np.flatnonzero(clips.names == name)
    if not len(rows):
        raise UserError(
            f"{cell.clips} has no clip {name!r}; `zsar clips {cell.dataset}` lists them"
        )
    row = rows[0]
    own = class_name(cell.dataset, int(clips.labels[row]), config)
    draw(np.array(clips.skeletons[row]), to, f"{name}, {own}, as the encoder sees it")
    return f"{to}: {name}, class {own}, {clips.skeletons.shape[2]} frames"


def clip_place(clip: str, config: Config) -> tuple[str, str]:
    """Data set and name; the selected data set where none is named."""
    dataset, slash, name = clip.partition("/")
    if slash and dataset in config.files["datasets"]:
        return dataset, name
    return config.params.dataset, clip
