"""The settings of a cell: plain values, as in data/settings, typed when they are used."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from zsar.bounds import BelowOne, Positive, Probability, Seed, SourceName, SourceNames
from zsar.errors import UserError
from zsar.validation import PARAMS, typed

# Keys of a section that the stages read, not the plug-in.
STAGE_KEYS: dict[str, dict[str, Any]] = {
    "methods": {"sources": list[SourceName], "gate": str},
    "encoders": {"weights": str | None},
}
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class DatasetConfig:
    """Where a data set's clips come from and how they are treated."""

    reader: str
    protocol: str
    descriptions: str  # folder of recorded descriptions
    strict: bool  # stop at the first damaged clip instead of listing and skipping it
    layers: list[str]  # of settings, that hold for it beside its own
    of: str | None = None  # the data set whose class list, protocols and splits it shares


@dataclass(frozen=True)
class GateConfig:
    """The gate between seen and unseen classes; `temperatures` are candidates."""

    temperatures: Annotated[list[Positive], Field(min_length=1)]
    threshold: Probability | Literal["half", "class_means", "best_accuracy"]
    C: Positive  # of the logistic regression: less is more regularised


@dataclass(frozen=True)
class GeneratedSplitsConfig:
    """Splits that are made by the similarity of the classes."""

    sources: SourceNames  # texts that are compared
    seed: Seed  # of random ones


@dataclass(frozen=True)
class SplitConfig:
    held_out: BelowOne
    reserved: Annotated[float, Field(gt=0, lt=1)]
    generated: GeneratedSplitsConfig


class Settings:
    """Effective values by section and plug-in; a stage has only those that it depends on."""

    def __init__(self, values: Mapping[str, Any], sources: Mapping[str, str] | None = None):
        self.values = values
        self.files = sources or {}  # files that the result depends on, and their hashes

    @staticmethod
    def read(path: Path) -> "Settings":
        """As `stages.resolve` wrote them."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return Settings(found["settings"], found["sources"])

    def of(self, section: str, name: str, kind: type[Kind]) -> Kind:
        """The settings of a plug-in, typed."""
        values = self.section(section, name)
        own = {key: each for key, each in values.items() if key not in STAGE_KEYS.get(section, ())}
        return typed(kind, own, f"{section}.{without_layers(name)}")

    def section(self, section: str, name: str) -> dict[str, Any]:
        """The settings of a plug-in as plain values, those that stages read among them."""
        return self.values[section][name]

    def part(self, names: Iterable[str]) -> dict[str, Any]:
        """The values that these names such as `run/device` stand for, nested as they are here."""
        found: dict[str, Any] = {}
        for name in names:
            inner, place = self.values, found
            *path, last = name.split("/")
            for key in path:
                inner, place = inner[key], place.setdefault(key, {})
            place[last] = inner[last]
        return found

    @cached_property
    def run(self) -> SimpleNamespace:
        """device, threads, seeds, bootstrap, processes: those that the stage depends on."""
        return SimpleNamespace(**self.values["run"])

    @cached_property
    def dataset(self) -> DatasetConfig:
        return typed(DatasetConfig, self.values["dataset"], "datasets")

    @cached_property
    def splitting(self) -> SplitConfig:
        return typed(SplitConfig, self.values["splits"], "splits.zero_shot")

    @property
    def text(self) -> str:
        """The text encoder."""
        return self.values["text"]

    @property
    def steps(self) -> list[Any]:
        """Of preprocessing."""
        return self.values["preprocess"]

    def gate(self, method: str) -> GateConfig:
        """The gate of this method."""
        return typed(
            GateConfig, self.values["gates"][method], f"methods.{without_layers(method)}.gate"
        )

    def sources(self, method: str) -> list[str]:
        """The texts that a method reads."""
        values, at = self.section("methods", method), f"methods.{without_layers(method)}.sources"
        if "sources" not in values:
            raise UserError(f"{PARAMS}: {at} is missing (expected a list of text sources)")
        return typed(SourceNames, values["sources"], at)

    def weights(self, encoder: str) -> Path | None:
        """The imported network that an encoder starts from, where the settings name one."""
        named = self.section("encoders", encoder).get("weights")
        found = typed(str | None, named, f"encoders.{without_layers(encoder)}.weights")
        return Path(found) if found else None


def without_layers(name: str) -> str:
    """The name of a plug-in or split without its named layers: smie of smie+as_published."""
    return name.partition("+")[0]


def named_layers(name: str) -> list[str]:
    """The named layers behind the name of a plug-in or split: as_published of smie+as_published."""
    return name.split("+")[1:]
