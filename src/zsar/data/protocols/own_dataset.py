"""A data set of your own: its protocols and splits follow from its performers and classes."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from zsar.data.protocols.specification import EVERYWHERE, DataSet, Protocol, Split
from zsar.data.protocols.split_classes import FEWEST_SEEN, FEWEST_UNSEEN, digest
from zsar.errors import UserError

FEWEST = FEWEST_UNSEEN + FEWEST_SEEN  # classes


def own(name: str, classes: Sequence[str], subjects: Int64[np.ndarray, " clip"]) -> DataSet:
    """Protocols `clips` and, where performers can be told apart, `xsub`; splits `unseen<N>`.

    A hash of the class names orders them, and the first N are unseen: spread over the list, the
    same on every machine, and those of a smaller N are among those of a larger.
    """
    if len(set(classes)) < len(classes):
        twice = next(each for each in classes if classes.count(each) > 1)
        raise UserError(f"{name}: class {twice!r} is listed twice, expected different names")
    if len(classes) < FEWEST:
        raise UserError(f"{name}: {len(classes)} classes are too few, expected at least {FEWEST}")
    order = sorted(range(len(classes)), key=lambda k: digest(f"unseen | {classes[k]}"))
    sizes = range(FEWEST_UNSEEN, len(classes) - FEWEST_SEEN + 1)
    return DataSet(
        name=name,
        home=f"your own recordings, in data/raw/{name}",
        note="",
        count=len(classes),
        classes=tuple(classes),
        protocols=_by_subject(subjects) | {"clips": CLIPS} | EVERYWHERE,
        splits={f"unseen{n}": _split(order[:n]) for n in sizes},
        missing=frozenset(),
    )


CLIPS = Protocol(
    "turn", (0, 1), (2,), "every third clip of a class tests; performers may be on both sides"
)


def _by_subject(subjects: Int64[np.ndarray, " clip"]) -> dict[str, Protocol]:
    """Every third performer tests; of two, the second."""
    known = np.unique(subjects).tolist()
    if len(known) < 2:
        return {}
    test = known[2::3] or known[1:]
    train = [each for each in known if each not in test]
    return {"xsub": Protocol("subject", tuple(train), tuple(test), "every third performer tests")}


def _split(unseen: list[int]) -> Split:
    return Split(tuple(sorted(unseen)), (), "own", "", "the first of the class names by hash", "")
