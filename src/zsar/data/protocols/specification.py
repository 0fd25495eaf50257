"""What is published of each data set, read from the JSON files beside this one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

from zsar.errors import UserError

Item = TypeVar("Item")


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
    """Which classes are never seen."""

    unseen: tuple[int, ...]
    validation: tuple[int, ...]  # published pseudo-unseen classes; none: they are derived
    family: str  # splits of different families are never averaged
    published: str  # its published name; empty: it is our own
    note: str
    protocol: str  # that it goes by, whatever the data set says; empty: none
    seen: tuple[int, ...] = ()  # none: all others; else a class on neither side serves nothing


@dataclass(frozen=True)
class DataSet:
    """Class ids are places in `classes`; the protocol that papers use most stands first."""

    name: str
    home: str  # where its owner distributes it, for people
    note: str
    count: int  # of classes
    classes: tuple[str, ...]  # empty where only split lists are published
    protocols: Mapping[str, Protocol]
    splits: Mapping[str, Split]
    missing: frozenset[str]  # names of recordings that everybody leaves out


GIVEN = Protocol("subject", (1,), (2,), "the division a file came with: 1 is its training part")
FOLDER_PROTOCOL = Protocol(
    "part", (1, 3), (2, 4, 5), "what the folders of features say, for either phase"
)
ALL_CLIPS = Protocol("class", (), (), "all clips of seen classes train, all of unseen ones test")
UNNAMED = {"protocol": ""}  # what most splits do not name
EVERYWHERE = {"given": GIVEN, "parts": FOLDER_PROTOCOL, "all_clips": ALL_CLIPS}


def available() -> list[str]:
    """The data sets that come with the package."""
    found = (each.name for each in files(__package__).iterdir())
    return sorted(name.removesuffix(".json") for name in found if name.endswith(".json"))


def dataset(name: str) -> DataSet:
    """All that is known of a data set of this package."""
    pick(dict.fromkeys(available()), name, "data set")
    text = files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    return _typed(name, json.loads(text))


def pick(table: Mapping[str, Item], name: str, what: str) -> Item:
    """The item of that name, or a complaint that lists the names there are."""
    if name not in table:
        raise UserError(f"unknown {what} {name!r}; expected one of: {', '.join(table)}")
    return table[name]


def _typed(name: str, values: dict[str, Any]) -> DataSet:
    protocols = {key: Protocol(**_frozen(each)) for key, each in values["protocols"].items()}
    return DataSet(
        name=name,
        home=values["home"],
        note=values["note"],
        count=values["count"],
        classes=tuple(values["classes"]),
        protocols=protocols | EVERYWHERE,
        splits={key: Split(**_frozen(UNNAMED | each)) for key, each in values["splits"].items()},
        missing=frozenset(values["missing"]),
    )


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(each) if isinstance(each, list) else each for key, each in values.items()}
