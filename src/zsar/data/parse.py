"""Raw parts to recordings: by any number of workers, in order, in bounded memory.

Reading and preprocessing gain more from processes than from threads: see benchmarks/parse.py.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from zsar.data.batches import in_order
from zsar.data.guard import guarded, lost
from zsar.data.recording import Damaged, Part, Recording
from zsar.data.skeleton import JOINTS

Read = Callable[[Part], Sequence[Recording | Damaged]]
Result = TypeVar("Result")

BATCH = 16  # parts a worker takes at a time, so that small files do not pay for each message
LARGEST_NUMBER = (1 << 31) - 1
AHEAD = 64  # batches in work or waiting to be taken; no more is held in memory


class Outcome(NamedTuple):
    """The result for one recording, or for a part that holds none."""

    part: Part
    name: str
    value: Any


def recordings(
    read: Read,
    parts: Sequence[Part],
    executor: Executor,
    classes: int,
    process: Callable[[Recording], Result],
    progress: Callable[[int], object],
) -> Iterator[Result | Damaged]:
    """The result of `process` for each recording, in the order of the parts; Damaged for others.

    `read` and `process` run in the workers of any executor, so it must be possible to pickle them.
    `progress` is called with the number of parts that were finished. The caller decides whether
    damage matters.
    """
    size = max(1, min(BATCH, len(parts) // AHEAD))
    batches = [parts[start : start + size] for start in range(0, len(parts), size)]
    part_of: dict[str, Part] = {}
    work = partial(_outcomes, read, classes, process)
    for batch, outcomes in zip(
        batches, in_order(executor, work, batches, AHEAD, _lost), strict=True
    ):
        for part, name, value in outcomes:
            if name in part_of:
                yield Damaged(part, f"clip {name} was there already, in {part_of[name]}")
                continue
            if name:
                part_of[name] = part
            yield value
        progress(len(batch))


def validated(recording: Recording, part: Part, classes: int) -> Recording:
    """The recording again, if its label is that of a class and all coordinates are finite."""
    clip = f"clip {recording.name}"
    if not 0 <= recording.label < classes:
        raise Damaged(part, f"{clip}: label {recording.label}, expected 0 to {classes - 1}")
    if max(recording.subject, recording.camera, recording.setup) > LARGEST_NUMBER:
        what = f"expected numbers of performer, camera and setup up to {LARGEST_NUMBER}"
        raise Damaged(part, f"{clip}: {what}")
    if not len(recording.bodies):
        raise Damaged(part, f"{clip}: no frame, expected at least one")
    if not np.isfinite(recording.bodies).all():
        frame, body, joint, _ = np.argwhere(~np.isfinite(recording.bodies))[0]
        place = f"frame {frame + 1}, body {body + 1}, {JOINTS[joint]}"
        raise Damaged(part, f"{clip}: {place} is not finite, expected three numbers")
    return recording


def _outcomes(
    read: Read, classes: int, process: Callable[[Recording], Any], parts: Sequence[Part]
) -> list[Outcome]:
    return [outcome for part in parts for outcome in _of_part(read, classes, process, part)]


def _of_part(
    read: Read, classes: int, process: Callable[[Recording], Any], part: Part
) -> Iterator[Outcome]:
    try:
        with guarded(part):
            found = read(part)
    except Damaged as damaged:
        yield Outcome(part, "", damaged)
        return
    for recording in found:
        if isinstance(recording, Damaged):
            yield Outcome(part, "", recording)
            continue
        try:
            value = process(validated(recording, part, classes))
        except Damaged as damaged:
            value = damaged
        yield Outcome(part, recording.name, value)


def _lost(part: Part) -> Outcome:
    return Outcome(part, "", lost(part))
