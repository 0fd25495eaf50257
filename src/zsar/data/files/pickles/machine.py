"""The machine that a pickle is a program for: its stack, its marks and its memory."""

import mmap
import struct
from collections.abc import Callable, Mapping
from typing import Any

from zsar.data.files.pickles.arrays import PLAIN, Raw

STOP = ord(".")


class Machine:
    """The stack, marks and memo of a pickle on its way."""

    def __init__(self, data: mmap.mmap):
        self.data, self.position = data, 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, steps: Mapping[int, Callable[["Machine"], Any]]) -> Any:
        while (code := self.data[self.position]) != STOP:
            self.position += 1
            if code not in steps:
                raise ValueError(f"has the instruction {bytes([code])!r}; {PLAIN}")
            steps[code](self)
        return self.stack.pop()

    def number(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self.data, self.position)
        self.position += struct.calcsize(form)
        return value

    def raw(self, length: int, as_text: bool) -> Raw:
        start, self.position = self.position, self.position + length
        if self.position >= len(self.data):
            raise IndexError("the file ends inside a value")
        return Raw(start, self.position, as_text)

    def bytes(self, length: int) -> bytes:
        raw = self.raw(length, as_text=False)
        return self.data[raw.start : raw.stop]

    def line(self) -> str:
        end = self.data.find(b"\n", self.position)
        text = self.data[self.position : end].decode()
        self.position = end + 1
        return text

    def since_mark(self) -> list[Any]:
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]
