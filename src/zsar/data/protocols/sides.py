"""The two sides of an official protocol, and the roles of clips that came in folders, a folder for
each purpose (protocol `parts`)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from zsar.data.protocols.specification import DataSet, Protocol, pick
from zsar.data.protocols.split_classes import Classes
from zsar.errors import UserError

BY_CLASS = "class"  # the field of a rule by which the unseen classes of a split decide


@dataclass(frozen=True)
class Sides:
    """Row numbers, ascending; every row is on one side."""

    train: Int64[np.ndarray, " train"]
    test: Int64[np.ndarray, " test"]


def sides(
    labels: Int64[np.ndarray, " clip"],
    subjects: Int64[np.ndarray, " clip"],
    cameras: Int64[np.ndarray, " clip"],
    setups: Int64[np.ndarray, " clip"],
    *,
    dataset: DataSet,
    protocol: str,
) -> Sides:
    """Part the clips as the protocol says."""
    name = f"{protocol} of {dataset.name}"
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    if rule.field == BY_CLASS:
        raise UserError(f"{name} has sides in a zero-shot split only; expected another protocol")
    training = trains(origin(labels, subjects, cameras, setups, rule), rule, name)
    found = Sides(np.flatnonzero(training), np.flatnonzero(~training))
    for side, rows in vars(found).items():
        if not len(rows):
            raise UserError(f"{name} leaves no clip to {side}; are the recordings complete?")
    return found


def origin(
    labels: Int64[np.ndarray, " clip"],
    subjects: Int64[np.ndarray, " clip"],
    cameras: Int64[np.ndarray, " clip"],
    setups: Int64[np.ndarray, " clip"],
    rule: Protocol,
) -> Int64[np.ndarray, " clip"]:
    """What the rule divides each clip by, or, if by class, the subject; where clips came in parts,
    the part stands for that."""
    columns = {"subject": subjects, "camera": cameras, "setup": setups}
    return (columns | {"part": subjects, "turn": _turns(labels), BY_CLASS: subjects})[rule.field]


def trains(
    origins: Int64[np.ndarray, " clip"], rule: Protocol, name: str
) -> Bool[np.ndarray, " clip"]:
    """Whether each clip is on the training side; an origin that the rule does not divide is a
    complaint."""
    known = rule.train + rule.test
    lost = np.flatnonzero(~np.isin(origins, known))
    if len(lost):
        raise UserError(
            f"clip {lost[0]} comes from {rule.field} {origins[lost[0]]}, expected one of"
            f" the {len(known)} that {name} divides, between {min(known)} and {max(known)}"
        )
    return np.isin(origins, rule.train)


def _turns(labels: Int64[np.ndarray, " clip"]) -> Int64[np.ndarray, " clip"]:
    """Each clip's place among those of its class, modulo three."""
    order = np.argsort(labels, kind="stable")
    turns = np.empty_like(labels)
    turns[order] = np.arange(len(labels)) - np.searchsorted(labels[order], labels[order])
    return turns % 3


NO_PART = -1  # of a clip whose class is on neither side of the split
# Which part serves as train_seen, held_seen, test_seen, test_unseen; 0: none does.
ROLES = {"test": (1, 0, 2, 2), "validation": (3, 0, 4, 5)}


def roles(
    parts: Int64[np.ndarray, " clip"],
    labels: Int64[np.ndarray, " clip"],
    group: Classes,
    phase: str,
    name: str,
) -> list[Int64[np.ndarray, " some"]]:
    """The rows for each purpose; a complaint if a class is on the wrong side of the split."""
    seen, unseen = np.isin(labels, group.seen), np.isin(labels, group.unseen)
    chosen, found = ROLES[phase], []
    for part, side in zip(chosen, (seen, seen, seen, unseen), strict=True):
        wrong = np.flatnonzero((parts == part) & ~side)
        if len(wrong) and chosen.count(part) == 1:
            raise UserError(
                f"{name}: {len(wrong)} clips of part {part} are on the wrong side of the split, the"
                f" first of class {labels[wrong[0]]}; are the features of another split?"
            )
        found.append(np.flatnonzero((parts == part) & side))
    return found
