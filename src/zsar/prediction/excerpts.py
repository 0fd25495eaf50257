"""Long recordings in windows that overlap by half, each judged on its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isnan

from zsar.data.recording import Recording
from zsar.errors import UserError
from zsar.kinematics.timeline import RATE
from zsar.prediction.long_files import Piece

LONG = 12.0  # seconds; what is shorter is one action
WINDOW = 4.0
SHORTEST = 0.5


@dataclass(frozen=True)
class Excerpt:
    """Some frames of a recording, or all of them."""

    recording: Recording
    start: float | None  # seconds; None where nobody knows how fast it plays
    end: float | None
    whole: bool


def excerpts(recording: Recording, window: float | int | None) -> Iterator[Excerpt]:
    """In windows of so many seconds; 0 takes every recording whole, and None does it with those
    that are not long. Where nobody knows how fast a recording plays, as if 30 frames a second."""
    if window is not None and (isnan(window) or (window != 0 and window < SHORTEST)):
        raise UserError(
            f"a window of {window:g} s, expected {SHORTEST:g} or more, or 0 for no windows"
        )
    rate = recording.fps if recording.fps > 0 else RATE
    frames = len(recording.bodies)
    seconds = WINDOW if window is None else window
    longest = LONG if window is None else window
    if not seconds or frames <= longest * rate:
        yield _excerpt(recording, 0, frames, rate, True)
        return
    length = max(2, round(seconds * rate))
    last = frames - length
    starts = list(range(0, last, max(1, length // 2)))
    for start in (*starts, last):
        yield _excerpt(recording, start, start + length, rate, False)


def _excerpt(recording: Recording, first: int, end: int, rate: float, whole: bool) -> Excerpt:
    some = replace(recording, bodies=recording.bodies[first:end], ids=recording.ids[first:end])
    known = recording.fps > 0
    begins = recording.begins if isinstance(recording, Piece) else 0.0
    return Excerpt(
        recording if whole else some,
        begins + first / rate if known else None,
        begins + end / rate if known else None,
        whole and not isinstance(recording, Piece),
    )
