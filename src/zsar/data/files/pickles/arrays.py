"""Arrays of a pickle of which only place, type and shape are known until they are read."""

from pathlib import Path
from typing import Any, Literal, NamedTuple

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
        if not isinstance(code, str) or code not in NUMERIC:
            shown = repr(code) if isinstance(code, str) else "something else"
            raise ValueError(f"has an array of type {shown}; {PLAIN}")
        self.code, self.order = code, "="

    def build(self, state: tuple) -> None:
        _, order, *structure = state
        if (
            not isinstance(order, str)
            or order not in ORDERS
            or any(each is not None for each in structure[:3])
        ):
            raise ValueError(f"has an array of an unknown type; {PLAIN}")
        self.order = order

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.order + self.code)


class Array:
    """An array of which only place, type and shape are known, and these once it is built."""

    raw: Raw | bytes
    kind: Kind
    shape: tuple[int, ...]
    order: Literal["C", "F"]

    def build(self, state: tuple) -> None:
        _, shape, kind, by_column, raw = state
        self.settle(raw, kind, shape, "F" if by_column else "C")

    def settle(self, raw: Any, kind: Any, shape: Any, order: Any) -> "Array":
        whole = isinstance(shape, tuple) and all(isinstance(size, int) for size in shape)
        if not (whole and isinstance(kind, Kind) and isinstance(raw, Raw | bytes)):
            raise ValueError(f"has an array without type, shape or content; {PLAIN}")
        self.raw, self.kind, self.shape = raw, kind, shape
        self.order = "F" if order == "F" else "C"
        return self

    def read(self, path: Path) -> np.ndarray:
        """The array itself, copied out of the file."""
        if not hasattr(self, "kind"):
            raise ValueError("it was never built")
        data = self.raw if isinstance(self.raw, bytes) else _content(path, self.raw)
        return np.frombuffer(data, self.kind.dtype).reshape(self.shape, order=self.order)


def _content(path: Path, raw: Raw) -> bytes:
    with path.open("rb", buffering=0) as file:
        file.seek(raw.start)
        data = file.read(raw.stop - raw.start)
    return data.decode().encode("latin1") if raw.as_text else data
