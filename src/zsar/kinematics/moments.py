"""Numbers of a clip from its moments: extremes, means and counts over some of its frames."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from zsar.kinematics.timeline import RATE

Curve = Float64[np.ndarray, "frame clip"]
When = Bool[np.ndarray, "frame clip"]
PerClip = Float64[np.ndarray, " clip"]
EXTREME = 0.94  # share of the moments that an extreme value lies beyond
EDGE = 5  # frames that stand for the start and for the end of a clip


def largest(curve: Curve, when: When) -> PerClip:
    """The value that all but a few moments stay below, so that a sensor's error of a moment is not
    taken for it. NaN where there is no such moment, as of all that follows."""
    return quantile(curve, EXTREME, when)


def smallest(curve: Curve, when: When) -> PerClip:
    return -quantile(-curve, EXTREME, when)


def extent(curve: Curve, when: When) -> PerClip:
    return largest(curve, when) - smallest(curve, when)


def total(curve: Curve, when: When) -> PerClip:
    return np.where(when, curve, 0.0).sum(0)


def mean(curve: Curve, when: When) -> PerClip:
    count = when.sum(0)
    return np.where(count, total(curve, when) / np.maximum(count, 1), np.nan)


def share(part: When, of: When) -> PerClip:
    """How many of some moments are such."""
    return mean(part.astype(np.float64), of)


def at_first(curve: Curve, inside: When) -> PerClip:
    """The mean over the first frames."""
    return mean(curve[:EDGE], inside[:EDGE])


def at_last(curve: Curve, inside: When) -> PerClip:
    """The mean over the last frames."""
    left = inside.sum(0) - np.arange(len(inside))[:, None]
    return mean(curve, inside & (left <= EDGE))


def quantile(curve: Curve, share: float, when: When) -> PerClip:
    """The value that this share of the moments does not exceed."""
    ordered = np.sort(np.where(when, curve, np.inf), axis=0)
    place = np.floor(share * np.maximum(when.sum(0) - 1, 0)).astype(np.int64)
    return _known(np.take_along_axis(ordered, place[None], 0)[0])


def highest(curve: Curve, few: int, when: When) -> PerClip:
    """The value that all but so few moments stay below, but no less than `largest`."""
    ordered = np.sort(np.where(when, curve, -np.inf), axis=0)
    return np.fmax(largest(curve, when), _known(ordered[-1 - few :][0]))


def at(curve: Curve, moment: Int64[np.ndarray, " clip"]) -> PerClip:
    return np.take_along_axis(curve, moment[None], 0)[0]


def when_smallest(curve: Curve, when: When) -> Int64[np.ndarray, " clip"]:
    return np.asarray(np.where(when, np.nan_to_num(curve, nan=np.inf), np.inf).argmin(0))


def velocity(curve: Curve) -> Curve:
    """Per second."""
    padded = np.concatenate([curve[:1], curve, curve[-1:]])
    return (padded[2:] - padded[:-2]) * (RATE / 2)


def steps(curve: Curve, stride: int = 1) -> Curve:
    """From a frame to the next one, or so many further; 0 at the end."""
    later = np.concatenate([curve[stride:], np.repeat(curve[-1:], min(stride, len(curve)), 0)])
    return later[: len(curve)] - curve


def length(*curves: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Of a vector with these components."""
    found = curves[0] * curves[0]
    for each in curves[1:]:
        found = found + each * each
    return np.sqrt(found)


def correlation(one: Curve, other: Curve, when: When) -> PerClip:
    """0 where one of them is constant."""
    a, b = one - mean(one, when), other - mean(other, when)
    scale = np.sqrt(total(a * a, when) * total(b * b, when))
    return np.where(scale > 1e-9, total(a * b, when) / np.maximum(scale, 1e-9), 0.0)


def unwrapped(sine: Curve, cosine: Curve) -> Curve:
    """The angle of a direction, in radians from the first frame on, full turns added up."""
    before, now = slice(None, -1), slice(1, None)
    turn = np.arctan2(
        sine[now] * cosine[before] - cosine[now] * sine[before],
        cosine[now] * cosine[before] + sine[now] * sine[before],
    )
    return np.concatenate([np.zeros_like(sine[:1]), np.cumsum(turn, axis=0)])


def strokes(
    curve: Curve, least: PerClip, when: When
) -> tuple[Float64[np.ndarray, " clip"], Float64[np.ndarray, " clip"]]:
    """How often a curve rises or falls by at least so much, and how many cycles of two strokes it
    makes in a second between its first turn and its last (NaN with fewer than three turns)."""
    clips = curve.shape[1]
    first = np.argmax(when, axis=0)
    high = low = at(curve, first)
    high_at, low_at = first, first
    direction, count = np.zeros(clips, np.int64), np.zeros(clips)
    turned_first, turned_last = np.full(clips, -1), np.full(clips, -1)
    for frame, (value, counts) in enumerate(zip(curve, when, strict=True)):
        up, down = counts & (value > high), counts & (value < low)
        high, high_at = np.where(up, value, high), np.where(up, frame, high_at)
        low, low_at = np.where(down, value, low), np.where(down, frame, low_at)
        falls = counts & (direction >= 0) & (high - value >= least)
        rises = counts & (direction <= 0) & (value - low >= least) & ~falls
        turn = np.where(falls, high_at, low_at)
        turned = (falls | rises) & (direction != 0)
        turned_first = np.where(turned & (turned_first < 0), turn, turned_first)
        turned_last = np.where(turned, turn, turned_last)
        count = count + (falls | rises)
        direction = np.where(falls, -1, np.where(rises, 1, direction))
        low, low_at = np.where(falls, value, low), np.where(falls, frame, low_at)
        high, high_at = np.where(rises, value, high), np.where(rises, frame, high_at)
    seconds = (turned_last - turned_first) / RATE
    enough = (count >= 4) & (seconds > 0)
    return count, np.where(enough, (count - 2) / 2 / np.where(enough, seconds, 1.0), np.nan)


def _known(values: PerClip) -> PerClip:
    return np.where(np.isfinite(values), values, np.nan)
