"""`zsar show`: find one clip by its name and draw it."""

from pathlib import Path

import numpy as np

from zsar.cells import Cell
from zsar.config.config import Config
from zsar.data.artifacts import ClipFile, read
from zsar.data.formats import reader
from zsar.data.recording import Damaged, Recording
from zsar.errors import UserError
from zsar.viz.picture import draw


def show_clip(clip: str, to: Path, prepared: bool, config: Config) -> str:
    """Draw DATASET/NAME, or NAME of the selected data set; returns a line about what was drawn."""
    dataset, name = _where(clip, config)
    if prepared:
        return _draw_prepared(Cell(dataset, config.params.preprocess), name, to)
    found = recording(dataset, name, config)
    draw(found, to, f"{dataset}: {name}")
    frames, bodies = found.bodies.shape[:2]
    who = "body" if bodies == 1 else "bodies"
    return f"{to}: {name}, class {found.label}, {frames} frames, {bodies} {who}"


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


def _where(clip: str, config: Config) -> tuple[str, str]:
    dataset, slash, name = clip.partition("/")
    if slash and dataset in config.files["datasets"]:
        return dataset, name
    return config.params.dataset, clip
