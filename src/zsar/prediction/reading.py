"""Clips of any kind to recordings: paths, arrays and recordings; many files by several workers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from os import PathLike
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from zsar.data import unlabelled
from zsar.data.batches import in_order
from zsar.data.files.coordinates import check_size, to_metres
from zsar.data.guard import lost
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording
from zsar.data.unlabelled import NOBODY_SAYS, UNDECLARED, Declared
from zsar.errors import UserError
from zsar.prediction.long_files import is_long, pieces

Item = TypeVar("Item")
Clip = str | PathLike[str] | Recording | Float[np.ndarray, "..."]
FEW = 48  # files that are read sooner than a worker starts
AT_ONCE = 16  # files of a worker
AHEAD = 8  # such batches in work or waiting to be taken; no more is held in memory


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """So many at a time."""
    some: list[Item] = []
    for each in items:
        some.append(each)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def declare(layout: str, fps: float | int | None, declared: Declared | None) -> Declared:
    """What is said of clips that do not say it themselves."""
    said = UNDECLARED if declared is None else declared
    if layout:
        said = replace(said, layout=layout)
    return said if fps is None else replace(said, fps=float(fps))


def recordings(clips: Clip | Sequence[Clip], said: Declared) -> Iterator[Recording | Damaged]:
    """Of one clip or of many, in order."""
    if isinstance(clips, str | PathLike | Recording | np.ndarray):
        yield from _recordings(clips, "clip 1", said)
        return
    for number, each in enumerate(clips, 1):
        yield from _recordings(each, f"clip {number}", said)


def _recordings(clip: Clip, name: str, said: Declared) -> Iterator[Recording | Damaged]:
    if isinstance(clip, Recording):
        yield clip
    elif isinstance(clip, np.ndarray):
        yield _of_array(clip, name, said)
    else:
        yield from files(Path(clip), said)


def files(place: Path, said: Declared) -> Iterator[Recording | Damaged]:
    """All clips of a file, a folder or a zip archive."""
    yield from of_parts(unlabelled.find(place), said)


def of_parts(parts: Sequence[Part], said: Declared) -> Iterator[Recording | Damaged]:
    """In order; where there are many, several workers read them, but for long files: those are
    read here, a piece once it is taken."""
    if len(parts) <= FEW:
        yield from _read(said, parts)
        return
    from zsar.processes import executor

    work = partial(_read_all, said)
    with executor() as workers:
        for long, some in groupby(parts, is_long):
            if long:
                yield from _read(said, some)
                continue
            for found in in_order(workers, work, [*batched(some, AT_ONCE)], AHEAD, lost):
                yield from found


def _read_all(said: Declared, parts: Sequence[Part]) -> list[Recording | Damaged]:
    return list(_read(said, parts))


def _read(said: Declared, parts: Iterable[Part]) -> Iterator[Recording | Damaged]:
    for part in parts:
        try:
            yield from pieces(part, said) if is_long(part) else unlabelled.read(part, said)
        except Damaged as damaged:
            yield damaged


def _of_array(array: np.ndarray, name: str, said: Declared) -> Recording:
    """Frames x joints x 3 or frames x bodies x joints x 3, in the layout that is declared."""
    if not said.layout:
        raise UserError(f"{name} is an array, which does not say its joints: expected a layout")
    layout = LAYOUTS[said.layout]
    bodies = array[:, None] if array.ndim == 3 else array
    fits = bodies.ndim == 4 and bodies.shape[2:] == (len(layout.joints), 3)
    if not fits or array.dtype.kind not in "fiu":
        raise UserError(
            f"{name} is {array.dtype} of shape {array.shape}, expected numbers for frames"
            f" (x bodies) x {len(layout.joints)} joints x 3"
        )
    if not np.isfinite(bodies).all():
        frame, body, joint, _ = np.argwhere(~np.isfinite(bodies))[0]
        where = f"frame {frame + 1}, body {body + 1}, {layout.joints[joint]}"
        raise UserError(f"{name}: {where} is not finite, expected three numbers")
    part, conventions = Part(Path(name)), said.conventions()
    joints = to_metres(bodies.astype(np.float64), layout, conventions)
    meta = ClipMeta(name, NOBODY_SAYS, 0, 0, 0)
    found = to_recording(part, meta, layout, joints, conventions.fps)
    check_size(part, found)
    return found
