"""Raw parts to recordings: over any number of workers, in order, within bounded memory."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import partial
from threading import Thread
from typing import Any, NamedTuple, TypeVar

import numpy as np

from zsar.data.recording import Damaged, Part, Recording
from zsar.data.skeleton import JOINTS

Read = Callable[[Part], Sequence[Recording | Damaged]]
Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 16  # parts a worker takes at a time, so that small files do not pay for each message
AHEAD = 64  # batches under way or waiting to be taken; all that is ever held in memory


class Outcome(NamedTuple):
    """What became of one recording, or of a part that gave none."""

    part: Part
    name: str
    value: Any


def recordings(
    read: Read,
    parts: Sequence[Part],
    executor: Executor,
    classes: int,
    then: Callable[[Recording], Result],
    done: Callable[[int], object],
) -> Iterator[Result | Damaged]:
    """What `then` makes of each recording, in the order of the parts; Damaged where there is none.

    `read` and `then` run in the workers of any executor, so they must be functions that can be sent
    there. `done` is told how many more parts are through. Whether damage matters is the caller's
    affair.
    """
    size = max(1, min(BATCH, len(parts) // AHEAD))
    batches = [parts[start : start + size] for start in range(0, len(parts), size)]
    owners: dict[str, Part] = {}
    work = partial(_outcomes, read, classes, then)
    for batch, outcomes in zip(batches, _in_order(executor, work, batches), strict=True):
        for part, name, value in outcomes:
            if name in owners:
                yield Damaged(part, f"clip {name} was there already, in {owners[name]}")
                continue
            if name:
                owners[name] = part
            yield value
        done(len(batch))


def workers(count: int | None = None) -> ProcessPoolExecutor:
    """Processes, one for each core unless told otherwise, that end with whoever started them.

    Reading and preprocessing gain more from processes than from threads: see benchmarks/parse.py.
    """
    return ProcessPoolExecutor(count, initializer=_follow_parent)


def _follow_parent() -> None:
    # An interrupt is for the process in front; a parent that was killed could not stop its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def validated(recording: Recording, part: Part, classes: int) -> Recording:
    """The recording again, if it is of a class of the data set and all numbers are numbers."""
    clip = f"clip {recording.name}"
    if not 0 <= recording.label < classes:
        raise Damaged(part, f"{clip}: label {recording.label}, expected 0 to {classes - 1}")
    if not len(recording.bodies):
        raise Damaged(part, f"{clip}: no frame, expected at least one")
    if not np.isfinite(recording.bodies).all():
        frame, body, joint, _ = np.argwhere(~np.isfinite(recording.bodies))[0]
        place = f"frame {frame + 1}, body {body + 1}, {JOINTS[joint]}"
        raise Damaged(part, f"{clip}: {place} is nowhere, expected three finite numbers")
    return recording


def _outcomes(
    read: Read, classes: int, then: Callable[[Recording], Any], parts: Sequence[Part]
) -> list[Outcome]:
    return [outcome for part in parts for outcome in _of_part(read, classes, then, part)]


def _of_part(
    read: Read, classes: int, then: Callable[[Recording], Any], part: Part
) -> Iterator[Outcome]:
    try:
        found = read(part)
    except Damaged as damaged:
        yield Outcome(part, "", damaged)
        return
    except OSError as error:
        yield Outcome(part, "", Damaged(part, f"cannot be read: {error.strerror or error}"))
        return
    for recording in found:
        if isinstance(recording, Damaged):
            yield Outcome(part, "", recording)
            continue
        try:
            value = then(validated(recording, part, classes))
        except Damaged as damaged:
            value = damaged
        yield Outcome(part, recording.name, value)


def _in_order(
    executor: Executor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            if len(waiting) == AHEAD:
                yield waiting.popleft().result()
            waiting.append(executor.submit(work, item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
