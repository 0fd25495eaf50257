"""Which clips are trained on, held out and tested: by a protocol alone, or in a zero-shot split."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from zsar.data.protocols.datasets import Classes, DataSet, Protocol, classes, pick
from zsar.errors import UserError

BY_CLASS = "class"  # the field of a protocol by which the unseen classes of a split decide
GOLDEN_RATIO = (5**0.5 - 1) / 2  # steps of this size, modulo one, spread evenly

# The test side of the protocol, and three subsets of its training side.
TEST, TRAIN, HELD_OUT, RESERVED = range(4)
# What serves as train_seen, held_seen, test_seen, test_unseen. Validation uses the training side
# alone. It holds out other clips than it tests: clips that chose the encoder's epoch look better
# than seen clips do in the test, and a gate tuned on them would lean towards the seen classes.
ROLES = {
    "test": ((TRAIN,), (HELD_OUT,), (TEST,), (TEST,)),
    "validation": ((TRAIN,), (HELD_OUT,), (RESERVED,), (TRAIN, HELD_OUT, RESERVED)),
}
# The same for clips that came in folders, by the number of the folder (protocol `parts`); 0: none.
FOLDER_ROLES = {"test": (1, 0, 2, 2), "validation": (3, 0, 4, 5)}
NO_PART = -1  # of a clip whose class is not used by the split


@dataclass(frozen=True)
class ClipOrigins:
    """The class of each clip and where it comes from, by number."""

    labels: Int64[np.ndarray, " clip"]
    subjects: Int64[np.ndarray, " clip"]
    cameras: Int64[np.ndarray, " clip"]
    setups: Int64[np.ndarray, " clip"]

    def column(self, rule: Protocol) -> Int64[np.ndarray, " clip"]:
        """What the protocol divides the clips by. Where it goes by class, that is the subject;
        where clips came in parts, the subject is the number of the part."""
        columns = {"subject": self.subjects, "camera": self.cameras, "setup": self.setups}
        columns |= {"part": self.subjects, "turn": self._turns(), BY_CLASS: self.subjects}
        return columns[rule.field]

    def _turns(self) -> Int64[np.ndarray, " clip"]:
        """Each clip's place among those of its class, modulo three."""
        order = np.argsort(self.labels, kind="stable")
        first = np.searchsorted(self.labels[order], self.labels[order])
        turns = np.empty_like(self.labels)
        turns[order] = np.arange(len(self.labels)) - first
        return turns % 3


@dataclass(frozen=True)
class Sides:
    """Row numbers, ascending; every row is on one side."""

    train: Int64[np.ndarray, " train"]
    test: Int64[np.ndarray, " test"]


@dataclass(frozen=True)
class Rows:
    """Row numbers, ascending; no row serves two purposes."""

    train_seen: Int64[np.ndarray, " train"]
    held_seen: Int64[np.ndarray, " held"]  # may be empty where no class has clips to spare
    test_seen: Int64[np.ndarray, " test"]  # empty where all clips of seen classes train
    test_unseen: Int64[np.ndarray, " novel"]


def sides(clips: ClipOrigins, *, dataset: DataSet, protocol: str) -> Sides:
    """Divide the clips as the protocol says."""
    name = f"{protocol} of {dataset.name}"
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    if rule.field == BY_CLASS:
        raise UserError(f"{name} has sides in a zero-shot split only; expected another protocol")
    training = _trains(clips.column(rule), rule, name)
    found = Sides(np.flatnonzero(training), np.flatnonzero(~training))
    for side, rows in vars(found).items():
        if not len(rows):
            raise UserError(f"{name} leaves no clip to {side}; are the recordings complete?")
    return found


def training(
    clips: ClipOrigins, *, dataset: DataSet, protocol: str, split: str
) -> Int64[np.ndarray, " train"]:
    """The rows of the training side, whatever their classes."""
    return np.flatnonzero(_training(clips, dataset, protocol, split))


def rows(
    clips: ClipOrigins,
    *,
    dataset: DataSet,
    protocol: str,
    split: str,
    phase: str,
    held_out: float,
    reserved: float,
) -> Rows:
    """Give every clip its purpose; the order of the clips matters only within a class.

    Of the training clips of each seen class a share is `held_out`, to choose an epoch by; at 0 all
    of them train. The validation phase tests on the share that is `reserved` there.
    """
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    group = classes(dataset, split, phase)
    _check(clips.labels, dataset, held_out, reserved)
    training = _training(clips, dataset, protocol, split)
    name = f"{dataset.name}/{split}/{phase}: protocol {protocol}"
    if rule.field == "part":
        test = classes(dataset, split, "test")
        used = np.isin(clips.labels, np.concatenate((test.seen, test.unseen)))
        parts = np.where(used, clips.column(rule), NO_PART)
        found = Rows(*_from_folders(parts, clips.labels, group, phase, name))
    else:
        shares = held_out, reserved if phase == "validation" else 0.0
        subsets = _subsets(clips.labels, clips.column(rule), training, *shares)
        seen, unseen = (np.isin(clips.labels, each) for each in (group.seen, group.unseen))
        roles = zip(ROLES[phase], (seen, seen, seen, unseen), strict=True)
        found = Rows(*(np.flatnonzero(np.isin(subsets, some) & of) for some, of in roles))
    tests = () if rule.field == BY_CLASS and phase == "test" else ("test_seen",)
    for purpose in ("train_seen", *tests, "test_unseen"):
        if not len(getattr(found, purpose)):
            raise UserError(
                f"{name} leaves no clip for {purpose}, expected at least one;"
                " are the recordings complete?"
            )
    return found


def _training(
    clips: ClipOrigins, dataset: DataSet, protocol: str, split: str
) -> Bool[np.ndarray, " clip"]:
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    if rule.field == BY_CLASS:
        return ~np.isin(clips.labels, classes(dataset, split, "test").unseen)
    return _trains(clips.column(rule), rule, f"{protocol} of {dataset.name}")


def _trains(
    origins: Int64[np.ndarray, " clip"], rule: Protocol, name: str
) -> Bool[np.ndarray, " clip"]:
    """Whether each clip is on the training side; an error if the protocol does not name its
    origin."""
    known = rule.train + rule.test
    lost = np.flatnonzero(~np.isin(origins, known))
    if len(lost):
        raise UserError(
            f"clip {lost[0]} comes from {rule.field} {origins[lost[0]]}, expected one of"
            f" the {len(known)} that {name} divides, between {min(known)} and {max(known)}"
        )
    return np.isin(origins, rule.train)


def _check(
    labels: Int64[np.ndarray, " clip"], dataset: DataSet, held_out: float, reserved: float
) -> None:
    wrong = np.flatnonzero((labels < 0) | (labels >= dataset.count))
    if len(wrong):
        raise UserError(
            f"clip {wrong[0]} has the label {labels[wrong[0]]},"
            f" expected 0 to {dataset.count - 1}, the classes of {dataset.name}"
        )
    if not 0 <= held_out <= 0.5:
        raise UserError(f"held_out is {held_out}, expected 0 to 0.5")
    if not 0 < reserved <= 0.5:
        raise UserError(f"reserved is {reserved}, expected more than 0 and at most 0.5")


def _subsets(
    labels: Int64[np.ndarray, " clip"],
    origins: Int64[np.ndarray, " clip"],
    training: Bool[np.ndarray, " clip"],
    held_out: float,
    reserved: float,
) -> Int64[np.ndarray, " clip"]:
    """Of each class's training clips a share is reserved, and of the rest another is held out,
    half as large where some are reserved.

    Both are taken by origin, all clips of a performer (camera, setup) before those of the next,
    because those of the test are unknown too. Of two clips one is reserved, of three one each.
    """
    subset = np.where(training, TRAIN, TEST)
    for label in np.unique(labels[training]):
        mine = np.flatnonzero(training & (labels == label))
        # Clips of one origin alternate, differently in each class: not always the same camera.
        alternate = (np.arange(len(mine)) + label) * GOLDEN_RATIO % 1
        mine = mine[np.lexsort((alternate, origins[mine]))]
        reserve, held = (_number(share, len(mine)) for share in (reserved, held_out))
        if reserve and held:
            held = min(max(1, held // 2), len(mine) - 1 - reserve)
        subset[mine[:reserve]] = RESERVED
        subset[mine[reserve : reserve + held]] = HELD_OUT
    return subset


def _number(share: float, clips: int) -> int:
    """At least one, where there is another, unless none are asked for."""
    return min(max(1, int(share * clips)), clips - 1) if share else 0


def _from_folders(
    parts: Int64[np.ndarray, " clip"],
    labels: Int64[np.ndarray, " clip"],
    group: Classes,
    phase: str,
    name: str,
) -> list[Int64[np.ndarray, " some"]]:
    """The rows for each purpose; an error if the split does not have a class where its clips
    are."""
    seen, unseen = np.isin(labels, group.seen), np.isin(labels, group.unseen)
    chosen, found = FOLDER_ROLES[phase], []
    for part, expected in zip(chosen, (seen, seen, seen, unseen), strict=True):
        wrong = np.flatnonzero((parts == part) & ~expected)
        if len(wrong) and chosen.count(part) == 1:
            raise UserError(
                f"{name}: {len(wrong)} clips of part {part} are on the wrong side of the split, the"
                f" first of class {labels[wrong[0]]}; are the features of another split?"
            )
        found.append(np.flatnonzero((parts == part) & expected))
    return found
