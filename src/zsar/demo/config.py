"""Settings of the demo recordings: performers, variation between performances, sensor errors."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from zsar.bounds import (
    Amount,
    BelowOne,
    Count,
    Counts,
    Finite,
    FrameRange,
    Positive,
    Probability,
    Range,
    Whole,
)
from zsar.errors import UserError


@dataclass(frozen=True)
class People:
    """Who performs. Ranges are drawn from evenly, once per performer."""

    subjects: Counts  # numbers of the official cross-subject lists
    views: Counts  # how many cameras keep each performance of that subject
    left_handed: tuple[Count, ...]
    repetitions: Count
    stature: Range  # metres
    proportions: BelowOne  # share by which legs, arms and breadth differ
    tempo: Range
    amplitude: Range
    stance: Range  # metres between the feet
    slouch: Range  # degrees

    def __post_init__(self) -> None:
        if len(self.subjects) != len(self.views):
            raise UserError(
                f"{len(self.subjects)} subjects and {len(self.views)} views; expected one each"
            )


@dataclass(frozen=True)
class Manner:
    """How much one performance differs from the next; a share is the most it can be."""

    frames: FrameRange  # fewest and most
    rate: Positive  # frames a second
    amplitude: Amount  # share
    strength: Amount  # share, for each motion
    tempo: Amount  # share
    pace: Amount  # share, of repeated motions
    trim: BelowOne  # share of the clip that is cut off or added at either end
    warp: BelowOne  # share of the clip by which its middle moves
    timing: BelowOne  # share of the clip, for each motion; a standard deviation, as the next two
    aim: Amount  # metres by which a hand misses its place
    sway: Amount  # degrees of idle movement
    heading: Amount  # most degrees off the camera


@dataclass(frozen=True)
class Sensor:
    """What the cameras add and lose."""

    angles: Annotated[tuple[Finite, ...], Field(min_length=1)]  # degrees, one for each camera
    distances: Annotated[tuple[Positive, ...], Field(min_length=1)]  # metres, one for each setup
    heights: Annotated[tuple[Finite, ...], Field(min_length=1)]  # metres, one for each setup
    noise: Amount  # metres
    hidden_noise: Amount  # metres, for joints behind a body
    late: Probability  # chance that a body is found late
    longest_late: Whole  # frames
    vanishing: Probability  # chance that a body is lost for a while
    longest_gap: Whole  # frames
    renamed: Probability  # chance that a body found again gets a new id
    spurious: Probability  # chance of a body where nobody is
    swapped: Probability  # chance that the second person is listed first

    def __post_init__(self) -> None:
        if len(self.distances) != len(self.heights):
            raise UserError(
                f"{len(self.distances)} distances and {len(self.heights)} heights; expected one"
                " each"
            )


@dataclass(frozen=True)
class Videos:
    """The same actions in the format of PKU-MMD: long videos of several."""

    train: Whole
    test: Whole
    actions: Count  # in one video
    pause: Whole  # frames between two actions


@dataclass(frozen=True)
class DemoConfig:
    people: People
    manner: Manner
    sensor: Sensor
    videos: Videos
