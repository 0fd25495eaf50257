"""Settings of the demo recordings: performers, variation between performances, sensor errors."""

from dataclasses import dataclass


@dataclass(frozen=True)
class People:
    """Who performs. Ranges are drawn from evenly, once per performer."""

    subjects: tuple[int, ...]  # numbers of the official cross-subject lists
    views: tuple[int, ...]  # how many cameras keep each performance of that subject
    left_handed: tuple[int, ...]
    repetitions: int
    stature: tuple[float, float]  # metres
    proportions: float  # share by which legs, arms and breadth differ
    tempo: tuple[float, float]
    amplitude: tuple[float, float]
    stance: tuple[float, float]  # metres between the feet
    slouch: tuple[float, float]  # degrees


@dataclass(frozen=True)
class Manner:
    """How much one performance differs from the next; a share is the most it can be."""

    frames: tuple[int, int]  # fewest and most
    rate: float  # frames a second
    amplitude: float  # share
    strength: float  # share, for each motion
    tempo: float  # share
    pace: float  # share, of repeated motions
    trim: float  # share of the clip that is cut off or added at either end
    warp: float  # share of the clip by which its middle moves
    timing: float  # share of the clip, for each motion; a standard deviation, as the next two
    aim: float  # metres by which a hand misses its place
    sway: float  # degrees of idle movement
    heading: float  # most degrees off the camera


@dataclass(frozen=True)
class Sensor:
    """What the cameras add and lose."""

    angles: tuple[float, ...]  # degrees, one for each camera
    distances: tuple[float, ...]  # metres, one for each setup
    heights: tuple[float, ...]  # metres, one for each setup
    noise: float  # metres
    hidden_noise: float  # metres, for joints behind a body
    late: float  # chance that a body is found late
    longest_late: int  # frames
    vanishing: float  # chance that a body is lost for a while
    longest_gap: int  # frames
    renamed: float  # chance that a body found again gets a new id
    spurious: float  # chance of a body where nobody is
    swapped: float  # chance that the second person is listed first


@dataclass(frozen=True)
class Videos:
    """The same actions in the format of PKU-MMD: long videos of several."""

    train: int
    test: int
    actions: int  # in one video
    pause: int  # frames between two actions


@dataclass(frozen=True)
class DemoConfig:
    people: People
    manner: Manner
    sensor: Sensor
    videos: Videos
