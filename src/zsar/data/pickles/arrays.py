"""Arrays of a pickle of which only place, type and shape are known until they are read."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

PLAIN = "expected only dictionaries, lists, tuples, texts, numbers and numeric arrays"
NUMERIC = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}
ORDERS = {"<", ">", "=", "|"}


class Raw(NamedTuple):
    """Bytes that were left in the file; `as_text` where they are written as characters."""

    start: int
    stop: int
    as_text: bool


class Kind:
    """A numeric data type; its byte order follows later."""

    def __init__(self, code: object):
        if code not in NUMERIC:
            raise ValueError(f"has an array of type {code!r}; {PLAIN}")
        self.code, self.order = str(code), "="

    def build(self, state: tuple) -> None:
        _, order, *structure = state
        if order not in ORDERS or any(each is not None for each in structure[:3]):
            raise ValueError(f"has an array of an unknown type; {PLAIN}")
        self.order = order

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.order + self.code)


class Array:
    """An array of which only place, type and shape are known."""

    def __init__(
        self,
        raw: Raw | bytes = b"",
        kind: Kind | None = None,
        shape: tuple[int, ...] = (),
        order: Literal["C", "F"] = "C",
    ):
        self.raw, self.kind, self.shape, self.order = raw, kind, shape, order

    def build(self, state: tuple) -> None:
        _, self.shape, self.kind, by_column, self.raw = state
        self.order = "F" if by_column else "C"

    def read(self, path: Path) -> np.ndarray:
        """The array itself, copied out of the file."""
        if self.kind is None or not isinstance(self.raw, Raw | bytes):
            raise ValueError("its content is missing")
        data = self.raw if isinstance(self.raw, bytes) else _content(path, self.raw)
        return np.frombuffer(data, self.kind.dtype).reshape(self.shape, order=self.order)


def _content(path: Path, raw: Raw) -> bytes:
    with path.open("rb", buffering=0) as file:
        file.seek(raw.start)
        data = file.read(raw.stop - raw.start)
    return data.decode().encode("latin1") if raw.as_text else data
