"""Which classes are seen, in the test and in the validation carved out of its seen classes."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Int64

from zsar.data.protocols.specification import DataSet, Split, pick

FEWEST_UNSEEN = 2  # with one, every answer is right
FEWEST_SEEN = 4  # two that validation pretends are unseen, two that are seen even there


@dataclass(frozen=True)
class Classes:
    """Ids of the data set, ascending; no class is on both sides, some may be on neither."""

    seen: Int64[np.ndarray, " seen"]
    unseen: Int64[np.ndarray, " unseen"]


def classes(dataset: DataSet, split: str, phase: str) -> Classes:
    """The classes of a split; in the phase `validation` all are classes that the test has seen."""
    chosen = pick(dataset.splits, split, f"split of {dataset.name}")
    seen = seen_classes(dataset, chosen)
    sides = {"test": (seen, chosen.unseen), "validation": (seen, pseudo_unseen(dataset, chosen))}
    known, unseen = pick(sides, phase, "phase")
    return Classes(_ids(set(known) - set(unseen)), _ids(unseen))


def seen_classes(dataset: DataSet, split: Split) -> tuple[int, ...]:
    """The classes that a split names as seen, else all that are not unseen."""
    return split.seen or tuple(k for k in range(dataset.count) if k not in split.unseen)


def pseudo_unseen(dataset: DataSet, split: Split) -> tuple[int, ...]:
    """The seen classes that validation treats as unseen: the published ones, else derived ones.

    Derived are as many as are unseen, at most a third of the seen ones, at least two.
    A hash of the names picks them, so that the same division has the same ones under whatever name.
    """
    if split.validation:
        return split.validation
    names = dataset.classes or tuple(map(str, range(dataset.count)))
    seen = seen_classes(dataset, split)
    number = max(2, min(len(split.unseen), len(seen) // 3))
    division = ", ".join(names[k] for k in split.unseen)
    return tuple(sorted(seen, key=lambda k: digest(f"{division} | {names[k]}"))[:number])


def digest(text: str) -> str:
    """A scramble of a text that is the same on every machine and in every version of Python."""
    return sha256(text.encode()).hexdigest()


def _ids(some: set[int] | tuple[int, ...]) -> Int64[np.ndarray, " some"]:
    return np.array(sorted(some), dtype=np.int64)
