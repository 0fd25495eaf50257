"""Which clips are trained on, held out and tested in each phase."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from zsar.data.protocols.sides import BY_CLASS, NO_PART, origin, roles, trains
from zsar.data.protocols.specification import DataSet, Protocol, pick
from zsar.data.protocols.split_classes import classes
from zsar.errors import UserError

# The test side of the protocol, and three parts of its training side.
FRESH, REST, HELD, RESERVE = range(4)

# What serves as train_seen, held_seen, test_seen, test_unseen. Validation uses the training side
# alone. It holds out other clips than it tests: clips that chose the encoder's epoch look better
# than seen clips do in the test, and a gate tuned on them would lean towards the seen classes.
PARTS = {
    "test": ((REST,), (HELD,), (FRESH,), (FRESH,)),
    "validation": ((REST,), (HELD,), (RESERVE,), (REST, HELD, RESERVE)),
}
GOLDEN = (5**0.5 - 1) / 2  # steps of this size, modulo one, spread evenly


@dataclass(frozen=True)
class Rows:
    """Row numbers, ascending; no row serves two purposes."""

    train_seen: Int64[np.ndarray, " train"]
    held_seen: Int64[np.ndarray, " held"]  # may be empty where no class has clips to spare
    test_seen: Int64[np.ndarray, " test"]  # empty where all clips of seen classes train
    test_unseen: Int64[np.ndarray, " novel"]


def rows(
    labels: Int64[np.ndarray, " clip"],
    subjects: Int64[np.ndarray, " clip"],
    cameras: Int64[np.ndarray, " clip"],
    setups: Int64[np.ndarray, " clip"],
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
    _check(labels, dataset, held_out, reserved)
    origins = origin(labels, subjects, cameras, setups, rule)
    training = _training(labels, origins, rule, dataset, protocol, split)
    name = f"{dataset.name}/{split}/{phase}: protocol {protocol}"
    if rule.field == "part":
        whole = classes(dataset, split, "test")
        used = np.isin(labels, np.concatenate((whole.seen, whole.unseen)))
        found = Rows(*roles(np.where(used, origins, NO_PART), labels, group, phase, name))
    else:
        part = _parts(
            labels, origins, training, held_out, reserved if phase == "validation" else 0.0
        )
        seen, unseen = np.isin(labels, group.seen), np.isin(labels, group.unseen)
        sides = zip(PARTS[phase], (seen, seen, seen, unseen), strict=True)
        found = Rows(*(np.flatnonzero(np.isin(part, some) & side) for some, side in sides))
    tests = () if rule.field == BY_CLASS and phase == "test" else ("test_seen",)
    _check_found(found, ("train_seen", *tests, "test_unseen"), name)
    return found


def training(
    labels: Int64[np.ndarray, " clip"],
    subjects: Int64[np.ndarray, " clip"],
    cameras: Int64[np.ndarray, " clip"],
    setups: Int64[np.ndarray, " clip"],
    *,
    dataset: DataSet,
    protocol: str,
    split: str,
) -> Int64[np.ndarray, " train"]:
    """The rows of the training side, whatever their classes."""
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    origins = origin(labels, subjects, cameras, setups, rule)
    return np.flatnonzero(_training(labels, origins, rule, dataset, protocol, split))


def _training(
    labels: Int64[np.ndarray, " clip"],
    origins: Int64[np.ndarray, " clip"],
    rule: Protocol,
    dataset: DataSet,
    protocol: str,
    split: str,
) -> Bool[np.ndarray, " clip"]:
    if rule.field == BY_CLASS:
        return ~np.isin(labels, classes(dataset, split, "test").unseen)
    return trains(origins, rule, f"{protocol} of {dataset.name}")


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


def _check_found(found: Rows, purposes: tuple[str, ...], name: str) -> None:
    for purpose in purposes:
        if not len(getattr(found, purpose)):
            raise UserError(
                f"{name} leaves no clip for {purpose}, expected at least one;"
                " are the recordings complete?"
            )


def _parts(
    labels: Int64[np.ndarray, " clip"],
    origins: Int64[np.ndarray, " clip"],
    training: Bool[np.ndarray, " clip"],
    held_out: float,
    reserved: float,
) -> Int64[np.ndarray, " clip"]:
    """Of each class's training clips a share is the reserve, and of the rest another is held out,
    half as large where there is a reserve.

    Both are taken by origin, a whole performer (camera, setup) before the next, because those of
    the test are unknown too. Of two clips one goes to the reserve, of three one to either.
    """
    part = np.where(training, REST, FRESH)
    for label in np.unique(labels[training]):
        mine = np.flatnonzero(training & (labels == label))
        # Clips of one origin alternate, differently in each class: not always the same camera.
        alternate = (np.arange(len(mine)) + label) * GOLDEN % 1
        mine = mine[np.lexsort((alternate, origins[mine]))]
        reserve, held = (_some(share, len(mine)) for share in (reserved, held_out))
        if reserve and held:
            held = min(max(1, held // 2), len(mine) - 1 - reserve)
        part[mine[:reserve]] = RESERVE
        part[mine[reserve : reserve + held]] = HELD
    return part


def _some(share: float, clips: int) -> int:
    """At least one, where there is another, unless none are asked for."""
    return min(max(1, int(share * clips)), clips - 1) if share else 0
