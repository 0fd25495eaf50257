"""Structured descriptions of classes: what a typical performance measures, and how much it varies.

A file holds several independent drafts of each class; each draft lists the distinct ways to do it.
What a draft leaves out is as it is at rest.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from zsar.errors import UserError
from zsar.kinematics.described import Descriptions, from_rows
from zsar.kinematics.vocabulary import Vocabulary, vocabulary
from zsar.text_files import parse_json, read_text
from zsar.validation import typed

Pair = tuple[float, float]  # typical value, and the half-width that holds 80 % of performances
HALF_WIDTH = 1.2816  # standard deviations of it
FILE = "kinematics.json"


@dataclass(frozen=True)
class Variant:
    """One way to perform a class; None where an attribute has no meaning."""

    weight: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    attributes: dict[str, Pair | None]


Draft = list[Variant]


@dataclass(frozen=True)
class DescriptionFile:
    vocabulary: int  # version
    classes: dict[str, list[Draft]]


def load(path: Path, names: Sequence[str]) -> Descriptions:
    """Of these classes, in this order."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; `zsar describe` makes one")
    return merged(parse(read_text(path), names, str(path)))


def parse(text: str, names: Sequence[str], where: str) -> list[list[Draft]]:
    """The drafts of each class; UserError for the first thing that is wrong."""
    file = typed(DescriptionFile, parse_json(text, where), "", where)
    if file.vocabulary != vocabulary().version:
        raise UserError(
            f"{where}: describes by vocabulary {file.vocabulary}, expected"
            f" {vocabulary().version}; describe the classes anew"
        )
    if missing := [name for name in names if name not in file.classes]:
        raise UserError(f"{where}: class {missing[0]!r} is missing")
    if stray := [name for name in file.classes if name not in names]:
        raise UserError(
            f"{where}: {stray[0]!r} is none of the classes, expected those of names.txt"
        )
    for name, drafts in file.classes.items():
        if not drafts or not all(drafts):
            raise UserError(f"{where}: class {name!r} has no description")
        for draft in drafts:
            if mistakes := complaints(draft):
                raise UserError(f"{where}: class {name!r}: {mistakes[0]}")
    return [file.classes[name] for name in names]


def complaints(draft: Draft) -> list[str]:
    """What is wrong with a draft of a class."""
    found = []
    if abs(sum(variant.weight for variant in draft) - 1) > 0.011:
        found.append("the weights of the variants do not sum to 1")
    if len({json.dumps(each.attributes, sort_keys=True) for each in draft}) < len(draft):
        found.append("two variants are the same")
    for number, variant in enumerate(draft, 1):
        at = f"variant {number}, " if len(draft) > 1 else ""
        found += [f"{at}{each}" for each in _mistakes(variant, vocabulary())]
    return found


def _mistakes(variant: Variant, known: Vocabulary) -> list[str]:
    found = []
    for name, pair in variant.attributes.items():
        if name not in known.attributes:
            found.append(f"unknown attribute {name!r}")
            continue
        attribute = known.attributes[name]
        if pair is None:
            if attribute.rest is not None:
                found.append(f"{name} is null, expected a number")
        elif not attribute.low <= pair[0] <= attribute.high:
            found.append(f"{name} is {pair[0]:g}, expected {attribute.low:g} to {attribute.high:g}")
        elif not 0 < pair[1] <= attribute.high - attribute.low:
            found.append(f"{name} has the spread {pair[1]:g}, expected a positive one in its range")
    if found:
        return found
    value = dict(zip(known, _values(variant, known)[0], strict=True))
    for smaller, larger in known.at_most:
        if value[smaller] > value[larger] + 1e-9:
            found.append(f"{smaller} is above {larger}: {value[smaller]:g} > {value[larger]:g}")
    two = value["people"] > 1.5
    for name in known.group("pair"):
        if name != "people" and two == bool(np.isnan(value[name])):
            expected = (
                "a number, for there are two people" if two else "null, for nobody else is there"
            )
            found.append(f"{name} should be {expected}")
    return found


def _values(variant: Variant, known: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """Value and standard deviation of every attribute."""
    pairs = [
        variant.attributes.get(
            name, None if each.rest is None else (each.rest, HALF_WIDTH * each.sigma)
        )
        for name, each in known.attributes.items()
    ]
    value, width = np.array([(np.nan, np.nan) if each is None else each for each in pairs]).T
    return value, width / HALF_WIDTH


def merged(classes: Sequence[Sequence[Draft]]) -> Descriptions:
    """The median of the drafts, attribute by attribute.

    Variants are those of the draft that has most; of every other draft each variant counts to the
    one that it is most like.
    """
    found = [_merged(drafts) for drafts in classes]
    labels = np.repeat(np.arange(len(found)), [len(weight) for *_, weight in found])
    value, spread, between, weight = (np.concatenate(each) for each in zip(*found, strict=True))
    return from_rows(labels, weight, value, spread, between)


def _merged(drafts: Sequence[Draft]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    known = vocabulary()
    model = max(drafts, key=len)
    centres = np.stack([_values(variant, known)[0] for variant in model])
    members: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in model]
    weight = np.zeros(len(model))
    for draft in drafts:
        for variant in draft:
            values = _values(variant, known)
            apart = np.abs(centres - values[0]) / known.column("sigma")
            own = [each is variant for each in model]
            place = own.index(True) if any(own) else int(np.nanmean(apart, axis=1).argmin())
            members[place].append(values)
            weight[place] += variant.weight / len(drafts)
    columns = [_medians(each) for each in members]
    value, spread, between = (np.stack(each) for each in zip(*columns, strict=True))
    return value, spread, between, weight / weight.sum()


def _medians(members: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, ...]:
    """NaN where most of them have no meaning."""
    values, spreads = (np.stack(each) for each in zip(*members, strict=True))
    known = ~np.isnan(values)
    most = 2 * known.sum(0) >= len(members)
    found = np.full((3, values.shape[1]), np.nan)
    for column in np.flatnonzero(most & known.any(0)):
        rows = known[:, column]
        found[:, column] = (
            np.median(values[rows, column]),
            np.median(spreads[rows, column]),
            values[rows, column].std(),
        )
    return tuple(found)


def as_json(classes: dict[str, list[Draft]]) -> str:
    """A line for each variant, so that changes can be read."""

    def variant(each: Variant) -> str:
        return json.dumps({"weight": each.weight, "attributes": each.attributes})

    def draft(each: Draft) -> str:
        return "   [" + ",\n    ".join(map(variant, each)) + "]"

    def described(name: str, drafts: list[Draft]) -> str:
        return (
            f"  {json.dumps(name, ensure_ascii=False)}: [\n"
            + ",\n".join(map(draft, drafts))
            + "\n  ]"
        )

    body = ",\n".join(described(name, drafts) for name, drafts in classes.items())
    return f'{{"vocabulary": {vocabulary().version},\n "classes": {{\n{body}\n }}}}\n'
