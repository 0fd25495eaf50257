"""Every attribute of the vocabulary, measured on recordings; NaN where it has no meaning there."""

from collections.abc import Iterator, Sequence

import numpy as np

from zsar.kinematics.body_frame import Body
from zsar.kinematics.hands import hand_attributes
from zsar.kinematics.moments import PerClip
from zsar.kinematics.pair import activity, pair_attributes
from zsar.kinematics.timeline import RATE, Batch, Motion, batch, shows
from zsar.kinematics.trunk_and_legs import body_attributes
from zsar.kinematics.vocabulary import Measured, vocabulary

AT_ONCE = 20_000  # frames of a batch, with those that fill up shorter clips
TIMED = (  # without meaning where nobody knows how fast a recording plays
    *("w_rate", "w_speed", "core_speed", "foot_speed", "gait_rate", "duration"),
)


def measure(motions: Sequence[Motion]) -> Measured:
    """Attributes in the order of the vocabulary; clips do not influence one another."""
    found = np.full((len(motions), len(vocabulary())), np.nan)
    for rows in _portions([len(each.bodies) * _stretch(each) for each in motions]):
        found[rows] = _measured([motions[row] for row in rows])
    return found


def _stretch(motion: Motion) -> float:
    return RATE / motion.fps if motion.fps > 0 else 1.0


def _portions(lengths: Sequence[float]) -> Iterator[list[int]]:
    """Clips of like length together, so that few frames are filled up."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if rows and lengths[row] * (len(rows) + 1) > AT_ONCE:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _measured(motions: Sequence[Motion]) -> Measured:
    """Of one batch."""
    two = np.array([shows(each, 1) for each in motions])
    table = np.full((len(motions), len(vocabulary())), np.nan)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for who, of_these in ((~two, _single), (two, _together)):
            some = [each for each, fits in zip(motions, who, strict=True) if fits]
            if some:
                # Two clips at least: NumPy would sum a single column in another order.
                values = of_these(some * 2 if len(some) == 1 else some)
                values["people"] = np.full(len(two), 1.0 + two[who][0])
                for place, name in enumerate(vocabulary()):
                    if name in values:
                        table[who, place] = values[name][: len(some)]
    return _meaningful(table, motions)


def _single(motions: Sequence[Motion]) -> dict[str, PerClip]:
    return _alone(Body(batch(motions, 0)))


def _alone(body: Body) -> dict[str, PerClip]:
    """What one person does, whoever else is there."""
    duration = np.log2(body.inside.sum(0) / RATE)
    return {**hand_attributes(body), **body_attributes(body), "duration": duration}


def _together(motions: Sequence[Motion]) -> dict[str, PerClip]:
    """The performer, who moves hands and feet further, and the pair."""
    first, second = (batch(motions, body) for body in (0, 1))
    moves = [np.nan_to_num(activity(Body(each))) for each in (first, second)]
    swap = (moves[1] > moves[0])[:, None, None]
    performer, other = (
        Body(Batch(np.where(swap, b.joints, a.joints), a.inside, a.derived))
        for a, b in ((first, second), (second, first))
    )
    return {**_alone(performer), **pair_attributes(performer, other)}


def _meaningful(table: Measured, motions: Sequence[Motion]) -> Measured:
    """Within the ranges of the vocabulary, and NaN where a recording cannot say it."""
    known = vocabulary()
    table = np.clip(table, known.column("low"), known.column("high"))  # NaN stays
    timed = np.isin(list(known), TIMED)
    untimed = ~np.array([each.fps > 0 for each in motions])
    table[np.ix_(untimed, timed)] = np.nan
    table[~np.array([each.bodies.any() for each in motions])] = np.nan
    return table
