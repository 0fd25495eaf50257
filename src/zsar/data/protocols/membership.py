"""Which clips are trained on, held out and tested in each phase."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from zsar.data.protocols.catalogue import DataSet, pick
from zsar.data.protocols.division import classes
from zsar.data.protocols.parts import NO_PART, purposes
from zsar.data.protocols.sides import origin, trains
from zsar.errors import Complaint

# The test side of the protocol, and three parts of its training side.
FRESH, REST, RESERVE, SPARE = range(4)

# What serves as train_seen, held_seen, test_seen, test_unseen. Validation uses the training side
# alone. It holds out other clips than it tests: clips that chose the encoder's epoch look better
# than seen clips do in the test, and a gate tuned on them would lean towards the seen classes.
PARTS = {
    "test": ((REST, SPARE), (RESERVE,), (FRESH,), (FRESH,)),
    "validation": ((REST,), (SPARE,), (RESERVE,), (REST, RESERVE, SPARE)),
}
GOLDEN = (5**0.5 - 1) / 2  # steps of this size, modulo one, spread evenly


@dataclass(frozen=True)
class Rows:
    """Row numbers, ascending; no row serves two purposes."""

    train_seen: Int64[np.ndarray, " train"]
    held_seen: Int64[np.ndarray, " held"]  # may be empty where no class has clips to spare
    test_seen: Int64[np.ndarray, " test"]
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
) -> Rows:
    """Give every clip its purpose; the order of the clips matters only within a class."""
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    group = classes(dataset, split, phase)
    _check(labels, dataset, held_out)
    origins = origin(labels, subjects, cameras, setups, rule)
    training = trains(origins, rule, f"{protocol} of {dataset.name}")
    name = f"{dataset.name}/{split}/{phase}: protocol {protocol}"
    if rule.field == "part":
        whole = classes(dataset, split, "test")
        used = np.isin(labels, np.concatenate((whole.seen, whole.unseen)))
        found = Rows(*purposes(np.where(used, origins, NO_PART), labels, group, phase, name))
    else:
        part = _parts(labels, origins, training, held_out)
        seen, unseen = np.isin(labels, group.seen), np.isin(labels, group.unseen)
        sides = zip(PARTS[phase], (seen, seen, seen, unseen), strict=True)
        found = Rows(*(np.flatnonzero(np.isin(part, some) & side) for some, side in sides))
    _check_found(found, name)
    return found


def _check(labels: Int64[np.ndarray, " clip"], dataset: DataSet, held_out: float) -> None:
    wrong = np.flatnonzero((labels < 0) | (labels >= dataset.count))
    if len(wrong):
        raise Complaint(
            f"clip {wrong[0]} has the label {labels[wrong[0]]},"
            f" expected 0 to {dataset.count - 1}, the classes of {dataset.name}"
        )
    if not 0 < held_out <= 0.5:
        raise Complaint(f"held_out is {held_out}, expected more than 0 and at most 0.5")


def _check_found(found: Rows, name: str) -> None:
    for purpose in ("train_seen", "test_seen", "test_unseen"):
        if not len(getattr(found, purpose)):
            raise Complaint(
                f"{name} leaves no clip for {purpose}, expected at least one;"
                " are the recordings complete?"
            )


def _parts(
    labels: Int64[np.ndarray, " clip"],
    origins: Int64[np.ndarray, " clip"],
    training: Bool[np.ndarray, " clip"],
    held_out: float,
) -> Int64[np.ndarray, " clip"]:
    """A share of each class's training clips is the reserve, half as many again are to spare.

    Both are taken by origin, a whole performer (camera, setup) before the next, because those of
    the test are unknown too. Of two clips one goes to the reserve, of three one to either.
    """
    part = np.where(training, REST, FRESH)
    for label in np.unique(labels[training]):
        mine = np.flatnonzero(training & (labels == label))
        # Clips of one origin alternate, differently in each class: not always the same camera.
        alternate = (np.arange(len(mine)) + label) * GOLDEN % 1
        mine = mine[np.lexsort((alternate, origins[mine]))]
        reserve = min(max(1, int(held_out * len(mine))), len(mine) - 1)
        spare = min(max(1, reserve // 2), len(mine) - 1 - reserve)
        part[mine[:reserve]] = RESERVE
        part[mine[reserve : reserve + spare]] = SPARE
    return part
