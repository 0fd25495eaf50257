"""The attributes that a description may name and a recording is measured by."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np
from jaxtyping import Float64

from zsar.validation import typed
from zsar.yaml_files import parse_yaml

FILE = "src/zsar/kinematics/vocabulary.yaml"
Measured = Float64[np.ndarray, "clip attribute"]  # NaN: without meaning there


@dataclass(frozen=True)
class Attribute:
    """One number; `rest` is that of somebody who stands still, None where that has no meaning."""

    group: str
    unit: str
    low: float
    high: float
    sigma: float  # how far typical performances lie from a good description
    rest: float | None
    meaning: str
    unsaid: tuple[float, float] | None = None  # mean and deviation where a description is null


@dataclass(frozen=True)
class Vocabulary:
    version: int
    conventions: str
    groups: dict[str, str]
    at_most: list[tuple[str, str]]  # the first of a pair is never above the second
    attributes: dict[str, Attribute]

    def __iter__(self) -> Iterator[str]:
        return iter(self.attributes)

    def __len__(self) -> int:
        return len(self.attributes)

    def column(self, field: Literal["low", "high", "sigma", "rest"]) -> Float64[np.ndarray, " a"]:
        """A field of every attribute, NaN for None."""
        values = [getattr(each, field) for each in self.attributes.values()]
        return np.array(values, dtype=np.float64)

    def group(self, name: str) -> list[str]:
        return [each for each, attribute in self.attributes.items() if attribute.group == name]


@cache
def vocabulary() -> Vocabulary:
    """The one that comes with zsar."""
    text = resources.files(__package__).joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    return typed(Vocabulary, parse_yaml(text), "", FILE)
