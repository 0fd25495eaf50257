"""What is known of each data set: its classes, its official protocols and its zero-shot splits.

A protocol says which clips are for training, by where they come from; a split says which classes
are unseen. What is published stands in the JSON files beside this one; for recordings of your own
both follow from the performers and the class names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Int64

from zsar.errors import UserError

Value = TypeVar("Value")

FEWEST_UNSEEN = 2  # with one, every answer is right
FEWEST_SEEN = 4  # two that validation treats as unseen, two that are seen even there
FEWEST = FEWEST_UNSEEN + FEWEST_SEEN  # classes


@dataclass(frozen=True)
class Protocol:
    """Which recordings are for training and which for testing, by where they come from."""

    # subject, camera, setup, part, turn (the place within its class, modulo three), or class
    field: str
    train: tuple[int, ...]
    test: tuple[int, ...]
    note: str


@dataclass(frozen=True)
class Split:
    """Which classes are never seen in training."""

    unseen: tuple[int, ...]
    validation: tuple[int, ...]  # published pseudo-unseen classes; none: they are derived
    family: str  # splits of different families are never averaged
    published: str  # its published name; empty: it is our own
    note: str
    fixed_protocol: str  # the protocol that it always runs with; empty: that of the data set
    seen: tuple[int, ...] = ()  # none: all others; else a class in neither list is not used


@dataclass(frozen=True)
class DataSet:
    """Class ids are places in `classes`; the protocol that papers use most stands first."""

    name: str
    home: str  # where its owner distributes it, for people
    note: str
    count: int  # of classes
    # In the owner's spelling, on which derived validation classes depend; texts have other names.
    classes: tuple[str, ...]  # empty where only split lists are published
    protocols: Mapping[str, Protocol]
    splits: Mapping[str, Split]
    missing: frozenset[str]  # names of recordings that all papers leave out


@dataclass(frozen=True)
class Classes:
    """The classes of a split, ascending; no class is in both, some may be in neither."""

    seen: Int64[np.ndarray, " seen"]
    unseen: Int64[np.ndarray, " unseen"]


GIVEN = Protocol("subject", (1,), (2,), "as a file came divided: 1 is its training part")
FOLDER_PROTOCOL = Protocol(
    "part", (1, 3), (2, 4, 5), "what the folders of features say, for either phase"
)
ALL_CLIPS = Protocol("class", (), (), "all clips of seen classes train, all of unseen ones test")
EVERYWHERE = {"given": GIVEN, "parts": FOLDER_PROTOCOL, "all_clips": ALL_CLIPS}
SPLIT_DEFAULTS = {"fixed_protocol": ""}  # what most splits in the files do not name


def available() -> list[str]:
    """The data sets that come with the package."""
    found = (each.name for each in files(__package__).iterdir())
    return sorted(name.removesuffix(".json") for name in found if name.endswith(".json"))


def dataset(name: str) -> DataSet:
    """All that is known of a data set of this package."""
    pick(dict.fromkeys(available()), name, "data set")
    values = json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
    protocols = {key: Protocol(**_frozen(each)) for key, each in values["protocols"].items()}
    splits = values["splits"].items()
    return DataSet(
        name=name,
        home=values["home"],
        note=values["note"],
        count=values["count"],
        classes=tuple(values["classes"]),
        protocols=protocols | EVERYWHERE,
        splits={key: Split(**_frozen(SPLIT_DEFAULTS | each)) for key, each in splits},
        missing=frozenset(values["missing"]),
    )


def pick(table: Mapping[str, Value], name: str, what: str) -> Value:
    """The value of that name, or an error that lists the names there are."""
    if name not in table:
        raise UserError(f"unknown {what} {name!r}; expected one of: {', '.join(table)}")
    return table[name]


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(each) if isinstance(each, list) else each for key, each in values.items()}


def own(name: str, classes: Sequence[str], subjects: Int64[np.ndarray, " clip"]) -> DataSet:
    """Recordings of your own: protocols `clips` and, where performers are known, `xsub`;
    splits `unseen<N>`.

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
        protocols=_by_subject(subjects) | {"clips": EVERY_THIRD_CLIP} | EVERYWHERE,
        splits={f"unseen{n}": _by_hash(order[:n]) for n in sizes},
        missing=frozenset(),
    )


EVERY_THIRD_CLIP = Protocol(
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


def _by_hash(unseen: list[int]) -> Split:
    return Split(tuple(sorted(unseen)), (), "own", "", "the first of the class names by hash", "")


def classes(dataset: DataSet, split: str, phase: str) -> Classes:
    """The classes of a split; in the phase `validation` all are classes that the test has seen."""
    chosen = pick(dataset.splits, split, f"split of {dataset.name}")
    seen = seen_classes(dataset, chosen)
    lists = {"test": (seen, chosen.unseen), "validation": (seen, pseudo_unseen(dataset, chosen))}
    known, unseen = pick(lists, phase, "phase")
    return Classes(_ids(set(known) - set(unseen)), _ids(unseen))


def seen_classes(dataset: DataSet, split: Split) -> tuple[int, ...]:
    """The classes that a split names as seen, else all that are not unseen."""
    return split.seen or tuple(k for k in range(dataset.count) if k not in split.unseen)


def pseudo_unseen(dataset: DataSet, split: Split) -> tuple[int, ...]:
    """The seen classes that validation treats as unseen: the published ones, else derived ones.

    Derived are as many as are unseen, at most a third of the seen ones, at least two. A hash of
    the names picks them, so that equal splits under different names have the same ones.
    """
    if split.validation:
        return split.validation
    names = dataset.classes or tuple(map(str, range(dataset.count)))
    seen = seen_classes(dataset, split)
    number = max(2, min(len(split.unseen), len(seen) // 3))
    unseen = ", ".join(names[k] for k in split.unseen)
    return tuple(sorted(seen, key=lambda k: digest(f"{unseen} | {names[k]}"))[:number])


def digest(text: str) -> str:
    """A hash of a text that is the same on every machine and in every version of Python."""
    return sha256(text.encode()).hexdigest()


def _ids(some: set[int] | tuple[int, ...]) -> Int64[np.ndarray, " some"]:
    return np.array(sorted(some), dtype=np.int64)
