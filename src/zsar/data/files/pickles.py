"""Plain data and arrays out of a pickle, without running anything that it asks to run.

`pickletools` takes the pickle apart; the instructions that build plain values are followed here,
and no other. Unlike `pickle.Unpickler` with a restricted `find_class`, this leaves long arrays in
the file, so that memory stays small however large the pickle (tests/test_reader_pyskl.py).
"""

import mmap
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import numpy as np

from zsar.data.files.limits import NUMBERS
from zsar.data.recording import Damaged

PLAIN = "expected only dictionaries, lists, tuples, texts, numbers and numeric arrays"
NUMERIC = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}
BYTE_ORDERS = {"<", ">", "=", "|"}
LARGEST = 1 << 26  # bytes of an array
# NTU RGB+D 120, of 114,480 clips, has 5.5 million and 570,000.
MOST_INSTRUCTIONS, MOST_CONTAINERS = 1 << 23, 1 << 20
LONG = 1 << 12  # bytes; longer content is that of an array and is left in the file
# Bytes before the content of the instructions that may carry so much.
HEADERS = {"BINUNICODE": 5, "BINUNICODE8": 9, "BINBYTES": 5, "BINBYTES8": 9, "BYTEARRAY8": 9}


class Refused(Exception):
    """A pickle asks for something else than plain data."""


class Content(NamedTuple):
    """Bytes that were left in the file; `as_text` where protocol 2 wrote them as characters."""

    start: int
    stop: int
    as_text: bool

    @property
    def length(self) -> int:
        return self.stop - self.start

    def read(self, path: Path) -> bytes:
        with path.open("rb", buffering=0) as file:
            file.seek(self.start)
            data = file.read(self.stop - self.start)
        return data.decode().encode("latin1") if self.as_text else data


class NumericType:
    """A numeric data type; its byte order follows later."""

    def __init__(self, code: object):
        if not isinstance(code, str) or code not in NUMERIC:
            shown = repr(code) if isinstance(code, str) else "something else"
            raise Refused(f"has an array of type {shown}; {PLAIN}")
        self.code, self.byte_order = code, "="

    def build(self, state: tuple) -> None:
        _, order, *structure = state
        plain = all(each is None for each in structure[:3])
        if not isinstance(order, str) or order not in BYTE_ORDERS or not plain:
            raise Refused(f"has an array of an unknown type; {PLAIN}")
        self.byte_order = order

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.byte_order + self.code)


class Array:
    """An array of which only place, type and shape are known, and these once it is built."""

    content: Content | bytes
    kind: NumericType
    shape: tuple[int, ...]
    order: Literal["C", "F"]

    def build(self, state: tuple) -> None:
        _, shape, kind, by_column, content = state
        self.fill(content, kind, shape, "F" if by_column else "C")

    def fill(self, content: Any, kind: Any, shape: Any, order: Any) -> "Array":
        sized = isinstance(shape, tuple) and all(isinstance(size, int) for size in shape)
        known = isinstance(content, Content | bytes | bytearray)
        if not (sized and known and isinstance(kind, NumericType)):
            raise Refused(f"has an array without type, shape or content; {PLAIN}")
        self.content, self.kind, self.shape = content, kind, shape
        self.order = "F" if order == "F" else "C"
        return self

    def read(self, path: Path) -> np.ndarray:
        """The array itself, copied out of the file."""
        if not hasattr(self, "kind"):
            raise ValueError("it was never built")
        if isinstance(self.content, Content) and self.content.length > LARGEST:
            raise ValueError(f"{self.content.length} bytes, too many for a clip")
        content = self.content.read(path) if isinstance(self.content, Content) else self.content
        values = np.frombuffer(content, self.kind.dtype)
        if values.size > NUMBERS:
            raise ValueError(f"{values.size} numbers, too many for a clip")
        return values.reshape(self.shape, order=self.order)


def plain(path: Path) -> Any:
    """What the pickle holds, arrays as `Array`; Damaged where it is anything but plain data."""
    if not path.stat().st_size:
        raise Damaged(path, "is empty, expected a pickle")
    builder = Builder()
    position: Any = 0
    value: Any
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            for count, found in enumerate(pickletools.genops(cast("BinaryIO", data))):
                opcode, value, position = found
                if count == MOST_INSTRUCTIONS:
                    raise Refused(f"has more than {count} instructions, too many for a data set")
                if opcode.name in HEADERS and len(value) > LONG:
                    start = position + HEADERS[opcode.name]
                    value = Content(start, data.tell(), as_text=isinstance(value, str))
                builder.follow(opcode, value)
            return builder.stack.pop()
        except Refused as error:
            raise Damaged(path, f"byte {position}: {error}") from error
        except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
            what = f"is no complete pickle: byte {position} cannot be read ({error})"
            raise Damaged(path, f"{what}; download it again") from error


class Builder:
    """The stack, the marks on it and the numbered values of a pickle that is being read."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.containers = 0

    def follow(self, opcode: pickletools.OpcodeInfo, value: Any) -> None:
        """One instruction: values are put on the stack as they are, the rest is in STEPS."""
        if opcode.name in CONTAINERS:
            self.containers += 1
            if self.containers > MOST_CONTAINERS:
                raise Refused(f"has more than {MOST_CONTAINERS} lists, too many for a data set")
        if opcode.name in VALUES:
            self.stack.append(value)
        elif opcode.name in STEPS:
            STEPS[opcode.name](self, value)
        else:
            raise Refused(f"has the instruction {opcode.code.encode('latin1')!r}; {PLAIN}")

    def since_mark(self) -> list[Any]:
        return self.last(len(self.stack) - self.marks.pop())

    def last(self, count: int) -> list[Any]:
        cut = len(self.stack) - count
        items = self.stack[cut:]
        del self.stack[cut:]
        return items

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def append(self, items: list[Any]) -> None:
        self.stack[-1].extend(items)

    def update(self, items: list[Any]) -> None:
        self.stack[-1].update(_pairs(items))

    def name(self, module: Any, name: Any) -> None:
        if (_key(module), _key(name)) not in KNOWN:
            raise Refused(f"asks for {module}.{name}; {PLAIN}")
        self.stack.append(KNOWN[module, name])

    def call(self, known: Any, arguments: Any) -> None:
        if not isinstance(known, str) or known not in CALLS:
            raise Refused(f"asks to call something; {PLAIN}")
        self.stack.append(CALLS[known](*arguments))

    def build(self, state: Any) -> None:
        if not isinstance(self.stack[-1], NumericType | Array):
            raise Refused(f"gives a state to something; {PLAIN}")
        self.stack[-1].build(state)


def _pairs(items: list[Any]) -> dict[str | int, Any]:
    return dict(zip(map(_key, items[::2]), items[1::2], strict=True))


def _key(value: Any) -> str | int:
    # To hash a tuple that is nested a million deep would crash.
    if not isinstance(value, str | int):
        raise Refused("has a dictionary by something else than texts and whole numbers")
    return value


def _scalar(kind: NumericType, content: bytes) -> int | float:
    return np.frombuffer(content, kind.dtype)[0].item()


def _encoded(text: str | Content, encoding: str) -> Content | bytes:
    if encoding != "latin1":
        raise Refused(f"writes bytes as {encoding!r}, expected latin1")
    return text if isinstance(text, Content) else text.encode("latin1")


# What pickled arrays mention, by the names of numpy 1 and of numpy 2.
NUMPY = {
    ("multiarray", "_reconstruct"): "array",
    ("multiarray", "scalar"): "scalar",
    ("numeric", "_frombuffer"): "buffer",
}
KNOWN = {
    (f"numpy.{core}.{module}", name): known
    for core in ("core", "_core")
    for (module, name), known in NUMPY.items()
} | {
    ("numpy", "ndarray"): "class",
    ("numpy", "dtype"): "kind",
    ("_codecs", "encode"): "encoded",
    ("builtins", "bytes"): "bytes",
    ("__builtin__", "bytes"): "bytes",
}
CALLS: dict[str, Callable[..., Any]] = {
    "array": lambda *ignored: Array(),
    "buffer": lambda content, kind, shape, order: Array().fill(content, kind, shape, order),
    "scalar": _scalar,
    "kind": lambda code, *ignored: NumericType(code),
    "encoded": _encoded,
    "bytes": lambda: b"",
}

VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINUNICODE", "SHORT_BINBYTES"}
VALUES |= HEADERS.keys()
CONTAINERS = {"EMPTY_LIST", "EMPTY_DICT", "LIST", "DICT", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
CONTAINERS |= {"REDUCE"}
STEPS: dict[str, Callable[[Builder, Any], Any]] = {
    "PROTO": lambda builder, _: None,
    "FRAME": lambda builder, _: None,
    "STOP": lambda builder, _: None,
    "MARK": lambda builder, _: builder.marks.append(len(builder.stack)),
    "POP": lambda builder, _: builder.stack.pop(),
    "NONE": lambda builder, _: builder.stack.append(None),
    "NEWTRUE": lambda builder, _: builder.stack.append(True),
    "NEWFALSE": lambda builder, _: builder.stack.append(False),
    "EMPTY_LIST": lambda builder, _: builder.stack.append([]),
    "EMPTY_TUPLE": lambda builder, _: builder.stack.append(()),
    "EMPTY_DICT": lambda builder, _: builder.stack.append({}),
    "LIST": lambda builder, _: builder.stack.append(builder.since_mark()),
    "TUPLE": lambda builder, _: builder.stack.append(tuple(builder.since_mark())),
    "TUPLE1": lambda builder, _: builder.stack.append(tuple(builder.last(1))),
    "TUPLE2": lambda builder, _: builder.stack.append(tuple(builder.last(2))),
    "TUPLE3": lambda builder, _: builder.stack.append(tuple(builder.last(3))),
    "DICT": lambda builder, _: builder.stack.append(_pairs(builder.since_mark())),
    "APPEND": lambda builder, _: builder.append(builder.last(1)),
    "APPENDS": lambda builder, _: builder.append(builder.since_mark()),
    "SETITEM": lambda builder, _: builder.update(builder.last(2)),
    "SETITEMS": lambda builder, _: builder.update(builder.since_mark()),
    "BINPUT": lambda builder, place: builder.remember(place),
    "LONG_BINPUT": lambda builder, place: builder.remember(place),
    "MEMOIZE": lambda builder, _: builder.remember(len(builder.memo)),
    "BINGET": lambda builder, place: builder.stack.append(builder.memo[place]),
    "LONG_BINGET": lambda builder, place: builder.stack.append(builder.memo[place]),
    "GLOBAL": lambda builder, names: builder.name(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda builder, _: builder.name(*builder.last(2)),
    "REDUCE": lambda builder, _: builder.call(*builder.last(2)),
    "BUILD": lambda builder, _: builder.build(builder.stack.pop()),
}
