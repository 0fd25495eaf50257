"""Splits by the similarity of the class texts, as AMSF makes them: easy, random and hard ones.

AMSF (Li et al., IEEE Transactions on Multimedia 2025, https://ieeexplore.ieee.org/document/11194256)
adds up the cosines of five texts, and leaves 5 and 12 of NTU RGB+D 60, 10 and 24 of 120, and 4 and
8 of PKU-MMD's classes unseen. Its class lists are not in its repository and its random ones have no
seed; where they are known, a file in `splits/` replaces the split made here.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Float

from zsar.errors import UserError

NAME = re.compile(r"(easy|random|hard)([1-9]\d*)")  # easy5: five unseen classes
NEIGHBOURS = 5  # a class is hard if it is least similar to so many nearest classes
MIN_UNSEEN = 2  # with one, every answer is right
MIN_SEEN = 4  # two pseudo-unseen classes of the validation phase, and two that stay seen there

Similarity = Float[np.ndarray, "class class"]


@dataclass(frozen=True)
class TextSplit:
    """Class ids, ascending."""

    unseen: list[int]
    validation: list[int]  # the pseudo-unseen classes of the validation phase


def parse_split_name(split: str) -> tuple[str, int] | None:
    """Kind and number of unseen classes in the name of a split; None: another family of splits."""
    match = NAME.fullmatch(split)
    return (match[1], int(match[2])) if match else None


def check_split(split: str, classes: int) -> tuple[str, int]:
    """Kind and number of unseen classes, if a data set of so many classes allows the split."""
    parsed = parse_split_name(split)
    if parsed is None:
        raise UserError(
            f"split {split!r} does not name a kind and a number, such as easy5, random5 or hard5"
        )
    if parsed[1] not in (counts := _unseen_counts(classes)):
        raise UserError(
            f"split {split!r}: of {classes} classes {counts[0]} to {counts[-1]} can be unseen"
            if counts
            else f"split {split!r}: {classes} classes are too few for a split"
        )
    return parsed


def split_names(classes: int) -> list[str]:
    """The splits that a data set of so many classes allows."""
    return [f"{kind}{number}" for kind in KINDS for number in _unseen_counts(classes)]


def _unseen_counts(classes: int) -> range:
    return range(MIN_UNSEEN, classes - MIN_SEEN + 1)


def text_split(split: str, similarity: Similarity, seed: int) -> TextSplit:
    """The unseen classes and, by the same rule among the seen ones, those of the validation phase.

    The validation phase has as many, but at most a third of the seen classes and at least two.
    """
    kind, number = check_split(split, len(similarity))
    classes = list(range(len(similarity)))
    unseen = KINDS[kind](similarity, classes, number, seed)
    seen = [each for each in classes if each not in unseen]
    few = max(2, min(number, len(seen) // 3))
    return TextSplit(sorted(unseen), sorted(KINDS[kind](similarity, seen, few, seed)))


def easy(similarity: Similarity, among: list[int], number: int, seed: int) -> list[int]:
    """Unseen classes that each have a similar class, its twin, which stays seen.

    Pairs are visited from the most to the least similar. Of a pair, the class with the greater
    total similarity becomes unseen, unless it is the twin of another or its own twin is unseen.
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
    # with fewer classes; we add classes that are similar to a seen one.
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
    """The classes that are least similar to their five nearest classes."""

    def nearest_similarity(each: int) -> float:
        others = sorted((similarity[each, other] for other in among if other != each), reverse=True)
        return sum(others[:NEIGHBOURS])

    return sorted(among, key=nearest_similarity)[:number]


def random(similarity: Similarity, among: list[int], number: int, seed: int) -> list[int]:
    """Random classes, the same for a seed everywhere; a larger number contains a smaller one's."""
    return sorted(among, key=lambda each: sha256(f"{seed} {each}".encode()).digest())[:number]


KINDS = {"easy": easy, "random": random, "hard": hard}


def _pairs(similarity: Similarity, among: list[int]) -> list[tuple[int, int]]:
    """From the most to the least similar; ties in the order of the classes."""
    pairs = [(a, b) for k, a in enumerate(among) for b in among[k + 1 :]]
    return sorted(pairs, key=lambda pair: -similarity[pair])
