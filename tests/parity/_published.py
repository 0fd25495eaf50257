"""What the authors' code gave, and how close ours must come: the tolerance that the fixture states,
and the rounding of float32."""

import re

import numpy as np
import torch
from numpy.testing import assert_allclose

ROUNDING = 1e-5  # of each number
CANCELLED = 1e-6  # of the largest: what is left of a sum has the rounding of its terms
NUMBER = r"(?:([ar]tol) )?(\d[\d.]*e-\d+)"


class Published(dict):
    """The arrays of a fixture by name, and the tolerance that it states in words."""

    def __init__(self, arrays: dict, note: dict):
        super().__init__(arrays)
        self.note = note

    def tensors(self) -> "Published":
        tensors = {name: torch.from_numpy(np.asarray(value)) for name, value in self.items()}
        return Published(tensors, self.note)

    def close(self, ours: object, theirs: object, about: str = "") -> None:
        """`about`: a word of the fixture's tolerance where it has one of its own for these."""
        ours, theirs = plain(ours), plain(theirs)
        assert ours.shape == theirs.shape
        stated = tolerance(self.note["tolerance"], about)
        atol = stated["atol"] + CANCELLED * np.abs(theirs).max(initial=0.0)
        assert_allclose(ours, theirs, rtol=stated["rtol"] + ROUNDING, atol=atol)


def tolerance(words: str, about: str = "") -> dict[str, float]:
    """What `rtol 1e-4, atol 1e-6 (mmd: atol 1e-5); energy 1e-9` allows; nothing where it is exact.

    A number without rtol or atol is absolute, but for one behind an rtol of the same clause.
    """
    found = {"rtol": 0.0, "atol": 0.0}
    for kind, number in re.findall(NUMBER, re.split(r"[;(]", words)[0]):
        found[kind or "atol"] = float(number)
    if about:
        name = re.escape(about)
        own = re.search(rf"{NUMBER} \({name}\)|{name}[^;]*?{NUMBER}", words)
        if own:
            before, first, after, second = own.groups()
            kind = before or after or ("rtol" if first and found["rtol"] else "atol")
            found[kind] = float(first or second)
    return found


def plain(value: object) -> np.ndarray:
    return np.asarray(value.detach() if isinstance(value, torch.Tensor) else value)
