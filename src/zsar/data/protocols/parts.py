"""Clips that came in parts, each for its purpose in one phase (protocol `parts`)."""

import numpy as np
from jaxtyping import Int64

from zsar.data.protocols.division import Classes
from zsar.errors import Complaint

NO_PART = -1  # of a clip whose class is on neither side of the split
# Which part serves as train_seen, held_seen, test_seen, test_unseen; 0: none does.
PURPOSES = {"test": (1, 0, 2, 2), "validation": (3, 0, 4, 5)}


def purposes(
    parts: Int64[np.ndarray, " clip"],
    labels: Int64[np.ndarray, " clip"],
    group: Classes,
    phase: str,
    name: str,
) -> list[Int64[np.ndarray, " some"]]:
    """The rows for each purpose; a complaint if a class is on the wrong side of the split."""
    seen, unseen = np.isin(labels, group.seen), np.isin(labels, group.unseen)
    chosen, found = PURPOSES[phase], []
    for part, side in zip(chosen, (seen, seen, seen, unseen), strict=True):
        wrong = np.flatnonzero((parts == part) & ~side)
        if len(wrong) and chosen.count(part) == 1:
            raise Complaint(
                f"{name}: {len(wrong)} clips of part {part} are on the wrong side of the split, the"
                f" first of class {labels[wrong[0]]}; are the features of another split?"
            )
        found.append(np.flatnonzero((parts == part) & side))
    return found
