"""Numbers that authors printed, each with what makes it optimistic."""

import json
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Figure:
    system: str  # as its authors call it
    method: str  # our name for it; empty: it is not among ours
    splits: tuple[str, ...]  # published names; over several the value is a mean
    measure: str  # zsl, or harmonic (mean of seen and unseen)
    value: float
    caveat: str  # empty: none is known


def figures() -> list[Figure]:
    text = files(__package__).joinpath("published.json").read_text(encoding="utf-8")
    return [Figure(**each | {"splits": tuple(each["splits"])}) for each in json.loads(text)]
