"""Which clips a stand-in has: for every class some on both sides of each official protocol."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zsar.data.protocols import DataSet
from zsar.demo.sessions import ClipName

TRAINS = (True, False, True, True)  # on which side of cross-subject the turns of a class are
CAMERAS = (3, 1, 2)  # of its turns, of which the first and the third train in cross-view
SIXTY = range(60)  # the classes of NTU RGB+D 60; NTU RGB+D 120 has others as well, recorded later
EARLY_PERFORMERS = range(1, 41)
EARLY, LATE = (1, 17), (18, 32)  # first and last setup
SHOWN_PERFORMER, SHOWN_CAMERA = 8, 3  # of the first clip of each class, which one-shot shows
VIEWS = 3
TWO_PEOPLE = {
    "ntu": {*range(49, 60), *range(105, 120)},
    "pku": {11, 13, 15, 17, 20, 23, 25, 26},
}
ACTIONS_IN_A_VIDEO = 10
FIRST_VIDEO = 2  # of PKU-MMD; its published list for training begins with 1, its files do not


@dataclass(frozen=True)
class StandIn:
    """A stand-in that is to be written."""

    dataset: DataSet
    split: str  # of the forms that are made for one
    classes: Sequence[int]
    clips: int  # of every class, at least
    frames: int  # of the longest clip
    seed: int

    @property
    def raw_format(self) -> str:
        return "pku" if self.dataset.name == "pku51" else "ntu"

    def bodies(self, label: int) -> int:
        return 2 if label in TWO_PEOPLE[self.raw_format] else 1


def trains(turn: int) -> bool:
    """Whether the turn of a class is on the training side of cross-subject."""
    return TRAINS[turn % len(TRAINS)]


def clip_names(standin: StandIn) -> list[ClipName]:
    """Clips of NTU RGB+D, in the order of their names."""
    return sorted(
        _clip_name(standin.dataset, label, turn)
        for label in standin.classes
        for turn in range(standin.clips)
    )


def _clip_name(known: DataSet, label: int, turn: int) -> ClipName:
    early = label in SIXTY
    first, last = EARLY if early else LATE
    if turn == 0:
        return ClipName(first, SHOWN_CAMERA, SHOWN_PERFORMER, 1, label)
    rule = known.protocols["xsub"]
    side = rule.train if trains(turn) else rule.test
    performers = [each for each in side if (each in EARLY_PERFORMERS) == early]
    setups = range(first + turn % 2, last + 1, 2)  # cross-setup divides odd from even ones
    # Where a clip is on the list of missing ones, another repetition or performer is used.
    candidates = (
        ClipName(
            setup=setups[(label + turn) % len(setups)],
            camera=CAMERAS[turn % len(CAMERAS)],
            subject=performers[(label + turn + shift) % len(performers)],
            repetition=repetition,
            label=label,
        )
        for shift in range(len(performers))
        for repetition in (2, 1)
    )
    return next(clip for clip in candidates if str(clip) not in known.missing)


def videos(standin: StandIn) -> Iterator[tuple[int, Sequence[int]]]:
    """Videos of PKU-MMD and the classes in each; every video is recorded from three sides."""
    rule = standin.dataset.protocols["xsub"]
    lost = {int(name[1:4]) for name in standin.dataset.missing}
    train, test = (
        iter([each for each in side if each >= FIRST_VIDEO and each not in lost])
        for side in (rule.train, rule.test)
    )
    for turn in range(-(-standin.clips // VIEWS)):
        for start in range(0, len(standin.classes), ACTIONS_IN_A_VIDEO):
            chosen = standin.classes[start : start + ACTIONS_IN_A_VIDEO]
            yield next(train if trains(turn) else test), chosen
