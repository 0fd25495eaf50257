"""Published numbers, each with the caveat that makes it optimistic."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import ascii_lowercase

from zsar.table.columns import ABSENT, PUBLISHED
from zsar.table.results import KINDS, CellResult, RecognitionResult
from zsar.validation import typed

FILE = "published.json"


@dataclass(frozen=True)
class PublishedNumber:
    system: str  # as its authors call it
    method: str  # our name for it, of a method or an encoder; empty: it is not among ours
    splits: tuple[str, ...]  # published names; over several the value is a mean
    transductive: bool  # as of a cell: learns from the unlabelled test clips
    unseen_texts: bool  # known to be trained with the texts of unseen classes
    measure: str  # zsl, harmonic (mean of seen and unseen), or of an official protocol
    value: float
    caveat: str  # empty: none is known

    @property
    def kind(self) -> str:
        return KINDS[self.transductive]

    def belongs_to(self, result: CellResult | RecognitionResult) -> bool:
        """Whether the cell has the same system, and both are transductive or neither is."""
        return (self.method, self.kind) == (result.system, result.kind)


@dataclass(frozen=True)
class LetteredNumbers:
    """Published numbers, with a letter for each caveat."""

    numbers: list[PublishedNumber]
    letters: dict[str, str]

    def beside(self, result: CellResult | RecognitionResult, splits: tuple[str, ...]) -> str:
        return self.cell(
            each for each in self.numbers if each.splits == splits and each.belongs_to(result)
        )

    def missing(
        self, results: Sequence[CellResult | RecognitionResult], kind: str
    ) -> list[PublishedNumber]:
        """Those of a kind whose system none of these cells has."""
        return [
            each
            for each in self.numbers
            if each.kind == kind and not any(map(each.belongs_to, results))
        ]

    def of(self, measure: str) -> "LetteredNumbers":
        """Those of one measure, under the same letters."""
        return LetteredNumbers(
            [each for each in self.numbers if each.measure == measure], self.letters
        )

    def cell(self, figures: Iterable[PublishedNumber]) -> str:
        return ", ".join(map(self._lettered, figures)) or ABSENT

    def _lettered(self, figure: PublishedNumber) -> str:
        letter = f" ({self.letters[figure.caveat]})" if figure.caveat else ""
        return f"{figure.value:.2f}{letter}"

    @property
    def caveats(self) -> list[str]:
        return [f"({letter}) {caveat}" for caveat, letter in self.letters.items()]

    @property
    def notes(self) -> list[str]:
        return [f"published: {PUBLISHED}", *self.caveats] if self.numbers else []


def published_numbers() -> list[PublishedNumber]:
    text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    return typed(list[PublishedNumber], json.loads(text), "figures", FILE)


def published_for(names: Iterable[str], *measures: str) -> list[PublishedNumber]:
    """The numbers whose splits, or protocols, are all among these published names."""
    here = set(names)
    return [
        each
        for each in published_numbers()
        if each.measure in measures and here.issuperset(each.splits)
    ]


def with_letters(shown: Iterable[PublishedNumber]) -> LetteredNumbers:
    mine = list(shown)
    caveats = dict.fromkeys(each.caveat for each in mine if each.caveat)
    return LetteredNumbers(mine, dict(zip(caveats, ascii_lowercase, strict=False)))
