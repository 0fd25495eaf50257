"""Splits made from what is said of the classes: easy, random and hard ones, as AMSF makes them.

AMSF (Li et al., IEEE Transactions on Multimedia 2025, https://ieeexplore.ieee.org/document/11194256)
adds up the cosines of five texts, and leaves 5 and 12 of NTU RGB+D 60, 10 and 24 of 120, and 4 and
8 of PKU-MMD's classes unseen. Its class lists are not in its repository and its random ones have no
seed; where a person has them, a file in `splits/` takes the place of ours.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Float

from zsar.errors import UserError

NAME = re.compile(r"(easy|random|hard)([1-9]\d*)")  # easy5: five unseen classes
NEIGHBOURS = 5  # whose similarity says how alone a class stands
FEWEST_UNSEEN = 2  # with one, every answer is right
FEWEST_SEEN = 4  # two that validation pretends are unseen, two that are seen even there

Similarity = Float[np.ndarray, "class class"]


@dataclass(frozen=True)
class TextSplit:
    """Class ids, ascending."""

    unseen: list[int]
    validation: list[int]  # seen classes that validation treats as unseen


def parsed_name(split: str) -> tuple[str, int] | None:
    """Kind and number of unseen classes that a split's name asks for; None: another family."""
    found = NAME.fullmatch(split)
    return (found[1], int(found[2])) if found else None


def possible(split: str, classes: int) -> tuple[str, int]:
    """Kind and number of unseen classes of a split that so many classes allow."""
    asked = parsed_name(split)
    if asked is None:
        raise UserError(
            f"split {split!r} does not name a kind and a number, such as easy5, random5 or hard5"
        )
    if asked[1] not in (sizes := _sizes(classes)):
        raise UserError(
            f"split {split!r}: of {classes} classes {sizes[0]} to {sizes[-1]} can be unseen"
            if sizes
            else f"split {split!r}: {classes} classes are too few to be divided"
        )
    return asked


def names(classes: int) -> list[str]:
    """The splits that so many classes allow."""
    return [f"{kind}{number}" for kind in KINDS for number in _sizes(classes)]


def _sizes(classes: int) -> range:
    return range(FEWEST_UNSEEN, classes - FEWEST_SEEN + 1)


def text_split(split: str, similarity: Similarity, seed: int) -> TextSplit:
    """The unseen classes, and out of the seen ones in the same manner those of the validation.

    The validation has as many, but at most a third of the seen ones and at least two.
    """
    kind, number = possible(split, len(similarity))
    everybody = list(range(len(similarity)))
    unseen = KINDS[kind](similarity, everybody, number, seed)
    seen = [each for each in everybody if each not in unseen]
    few = max(2, min(number, len(seen) // 3))
    return TextSplit(sorted(unseen), sorted(KINDS[kind](similarity, seen, few, seed)))


def easy(similarity: Similarity, among: list[int], number: int, seed: int) -> list[int]:
    """Classes that have a twin which stays seen.

    Pairs come up from the most to the least alike; of each, the class that is more like all the
    others is unseen, unless it is another's twin or its own twin is unseen.
    """
    total = {
        each: sum(similarity[each, other] for other in among if other != each) for each in among
    }
    unseen: list[int] = []
    twins: set[int] = set()
    for first, second in _pairs(similarity, among):
        if len(unseen) == number:
            break
        one, twin = (first, second) if total[first] > total[second] else (second, first)
        if one not in unseen and one not in twins and twin not in unseen:
            unseen.append(one)
            twins.add(twin)
    # The published generator ends here, if not after some 60 pairs (its `nc^2` is an exclusive or),
    # with fewer; we go on with classes that are like a seen one.
    while len(unseen) < number:
        rest = [each for each in among if each not in unseen]
        unseen.append(
            max(
                rest,
                key=lambda each: max(similarity[each, other] for other in rest if other != each),
            )
        )
    return unseen


def hard(similarity: Similarity, among: list[int], number: int, seed: int) -> list[int]:
    """Classes that stand alone: the least alike to their five nearest."""

    def company(each: int) -> float:
        others = sorted((similarity[each, other] for other in among if other != each), reverse=True)
        return sum(others[:NEIGHBOURS])

    return sorted(among, key=company)[:number]


def random(similarity: Similarity, among: list[int], number: int, seed: int) -> list[int]:
    """Classes by lot, the same for a seed anywhere; a larger number holds those of a smaller."""
    return sorted(among, key=lambda each: sha256(f"{seed} {each}".encode()).digest())[:number]


KINDS = {"easy": easy, "random": random, "hard": hard}


def _pairs(similarity: Similarity, among: list[int]) -> list[tuple[int, int]]:
    """From the most to the least alike; equals in the order of the classes."""
    pairs = [(a, b) for k, a in enumerate(among) for b in among[k + 1 :]]
    return sorted(pairs, key=lambda pair: -similarity[pair])
