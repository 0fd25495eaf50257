"""The classes that come described with zsar: those of every folder of descriptions, in one file, so
that a recording can be asked without a data set.

`python -m benchmarks.free_text --write` makes the file.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from zsar.data import protocols
from zsar.errors import UserError
from zsar.kinematics.described import Descriptions, concatenated, from_rows, mixture
from zsar.kinematics.vocabulary import vocabulary
from zsar.validation import did_you_mean

FILE = "known_classes.safetensors"


@dataclass(frozen=True)
class KnownClasses:
    """Classes of several data sets; a name that several have is there several times."""

    names: tuple[str, ...]
    datasets: tuple[str, ...]  # of each class
    described: Descriptions

    def named(self, label: str) -> np.ndarray:
        """The places of the classes of that name, whatever its case and punctuation; it may be as
        the data set was published, such as "sitting down", or as described, "sit down"."""
        wanted, names = plain(label), [plain(name) for name in self.names]
        pairs = zip(names, self.published, strict=True)
        same = {name for name, published in pairs if wanted in (name, published)}
        return np.flatnonzero([name in same for name in names])

    @cached_property
    def published(self) -> tuple[str, ...]:
        """What each data set calls its classes."""
        lists = {
            each: [plain(name) for name in protocols.dataset(each).classes]
            for each in dict.fromkeys(self.datasets)
            if each in protocols.available()
        }
        rows = {
            each: iter(names)
            for each, names in lists.items()
            if len(names) == self.datasets.count(each)
        }
        return tuple(
            next(rows[owner]) if owner in rows else plain(name)
            for owner, name in zip(self.datasets, self.names, strict=True)
        )

    def find(self, label: str) -> Descriptions | None:
        """All the ways in which the classes of that name are done; None where there is none."""
        places = self.named(label)
        return mixture(self.described[places]) if len(places) else None

    def of(self, dataset: str) -> "KnownClasses":
        """The classes of one data set, or of one whose classes are some of them."""
        places = self._places(dataset)
        if not len(places):
            raise UserError(
                f"no described classes of {dataset!r}{did_you_mean(dataset, self.lists)}, expected"
                f" one of: {', '.join(self.lists)}"
            )
        names = tuple(self.names[each] for each in places)
        return KnownClasses(names, (dataset,) * len(names), self.described[places])

    @property
    def lists(self) -> list[str]:
        """The data sets whose classes are described."""
        published = (each for each in protocols.available() if len(self._places(each)))
        return sorted({*self.datasets, *published})

    def _places(self, dataset: str) -> Int64[np.ndarray, " class"]:
        if dataset in self.datasets:
            return np.flatnonzero([each == dataset for each in self.datasets])
        listed = protocols.dataset(dataset).classes if dataset in protocols.available() else ()
        for owner in dict.fromkeys(self.datasets):
            held = {self.published[each]: int(each) for each in self._places(owner)}
            if listed and all(plain(each) in held for each in listed):
                return np.array([held[plain(each)] for each in listed])
        return np.zeros(0, dtype=np.int64)


def plain(label: str) -> str:
    """A label in lower case, words with one space between them."""
    return " ".join(re.findall(r"\w+", label.lower()))


def joined(datasets: Mapping[str, tuple[tuple[str, ...], Descriptions]]) -> KnownClasses:
    """Of the names and descriptions of each data set."""
    names = [name for listed, _ in datasets.values() for name in listed]
    owners = [name for name, (listed, _) in datasets.items() for _ in listed]
    return KnownClasses(
        tuple(names), tuple(owners), concatenated([each for _, each in datasets.values()])
    )


def as_bytes(known: KnownClasses) -> bytes:
    from safetensors.numpy import save

    said = {"names": known.names, "datasets": known.datasets, "vocabulary": vocabulary().version}
    # safetensors writes the memory of an array, whatever its strides.
    rows = {name: np.ascontiguousarray(each) for name, each in known.described.rows().items()}
    return save(rows, {"classes": json.dumps(said)})  # one entry: several are in any order


def from_file(file: Path) -> KnownClasses:
    from safetensors import safe_open

    with safe_open(file, framework="numpy") as content:
        said = json.loads(content.metadata()["classes"])
        rows = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    if said["vocabulary"] != vocabulary().version:
        raise UserError(
            f"{file}: described by vocabulary {said['vocabulary']}, expected"
            f" {vocabulary().version}; run `python -m benchmarks.free_text --write`"
        )
    names, datasets = (tuple(said[each]) for each in ("names", "datasets"))
    return KnownClasses(names, datasets, from_rows(**rows))


@cache
def known_classes() -> KnownClasses:
    """Those that come with zsar."""
    with resources.as_file(resources.files("zsar.kinematics").joinpath(FILE)) as file:
        return from_file(file)
