"""The instructions of a pickle that build plain values, and nothing that could run code."""

from collections.abc import Callable
from typing import Any

import numpy as np

from zsar.data.files.pickles.arrays import PLAIN, Array, Kind, Raw
from zsar.data.files.pickles.machine import Machine

LONG_TEXT = 1 << 12  # bytes; a longer text is the content of an array, as protocol 2 writes it
Step = Callable[[Machine], Any]


def _text(form: str) -> Step:
    def step(machine: Machine) -> None:
        length = machine.number(form)
        if length > LONG_TEXT:
            machine.stack.append(machine.raw(length, as_text=True))
        else:
            machine.stack.append(machine.bytes(length).decode())

    return step


def _raw(form: str) -> Step:
    return lambda machine: machine.stack.append(machine.raw(machine.number(form), as_text=False))


def _number(form: str) -> Step:
    return lambda machine: machine.stack.append(machine.number(form))


def _value(make: Callable[[], Any]) -> Step:
    return lambda machine: machine.stack.append(make())


def _long(machine: Machine) -> None:
    digits = machine.bytes(machine.number("<B"))
    machine.stack.append(int.from_bytes(digits, "little", signed=True))


def _tuple(length: int) -> Step:
    def step(machine: Machine) -> None:
        cut = len(machine.stack) - length
        machine.stack[cut:] = [tuple(machine.stack[cut:])]

    return step


def _collect(make: Callable[[list], Any]) -> Step:
    return lambda machine: machine.stack.append(make(machine.since_mark()))


def _pairs(items: list) -> dict:
    return dict(zip(map(_key, items[::2]), items[1::2], strict=True))


def _key(value: Any) -> str | int:
    # To hash a tuple that is nested a million deep would crash.
    if not isinstance(value, str | int):
        raise ValueError("has a dictionary by something else than texts and whole numbers")
    return value


def _append(machine: Machine) -> None:
    item = machine.stack.pop()
    machine.stack[-1].append(item)


def _extend(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack[-1].extend(items)


def _set(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.stack[-1][_key(key)] = value


def _update(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack[-1].update(_pairs(items))


def _put(form: str) -> Step:
    return lambda machine: machine.remember(machine.number(form))


def _get(form: str) -> Step:
    return lambda machine: machine.stack.append(machine.memo[machine.number(form)])


def _named(machine: Machine, module: str, name: str) -> None:
    if (_key(module), _key(name)) not in KNOWN:
        raise ValueError(f"asks for {module}.{name}; {PLAIN}")
    machine.stack.append(KNOWN[module, name])


def _stack_named(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    _named(machine, module, name)


def _reduce(machine: Machine) -> None:
    arguments, known = machine.stack.pop(), machine.stack.pop()
    if not isinstance(known, str) or known not in MEANINGS:
        raise ValueError(f"asks to call something; {PLAIN}")
    machine.stack.append(MEANINGS[known](machine, *arguments))


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    if not isinstance(machine.stack[-1], Kind | Array):
        raise ValueError(f"gives a state to something; {PLAIN}")
    machine.stack[-1].build(state)


def _scalar(machine: Machine, kind: Kind, raw: Raw | bytes) -> int | float:
    data = raw if isinstance(raw, bytes) else machine.data[raw.start : raw.stop]
    return np.frombuffer(data, kind.dtype)[0].item()


def _encoded(machine: Machine, text: str | Raw, encoding: str) -> Raw | bytes:
    if encoding != "latin1":
        raise ValueError(f"writes bytes as {encoding!r}, expected latin1")
    return text if isinstance(text, Raw) else text.encode("latin1")


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
MEANINGS: dict[str, Callable[..., Any]] = {
    "array": lambda machine, *ignored: Array(),
    "buffer": lambda machine, raw, kind, shape, order: Array().settle(raw, kind, shape, order),
    "scalar": _scalar,
    "kind": lambda machine, code, *ignored: Kind(code),
    "encoded": _encoded,
    "bytes": lambda machine: b"",
}

STEPS: dict[int, Step] = {
    code[0]: step
    for code, step in {
        b"\x80": lambda machine: machine.number("<B"),  # protocol
        b"\x95": lambda machine: machine.number("<Q"),  # frame
        b"(": lambda machine: machine.marks.append(len(machine.stack)),
        b"0": lambda machine: machine.stack.pop(),
        b"N": _value(lambda: None),
        b"\x88": _value(lambda: True),
        b"\x89": _value(lambda: False),
        b"J": _number("<i"),
        b"K": _number("<B"),
        b"M": _number("<H"),
        b"\x8a": _long,
        b"G": _number(">d"),
        b"X": _text("<I"),
        b"\x8c": _text("<B"),
        b"\x8d": _text("<Q"),
        b"B": _raw("<I"),
        b"C": _raw("<B"),
        b"\x8e": _raw("<Q"),
        b"\x96": _raw("<Q"),  # bytearray
        b"]": _value(list),
        b"l": _collect(list),
        b"a": _append,
        b"e": _extend,
        b")": _value(tuple),
        b"t": _collect(tuple),
        b"\x85": _tuple(1),
        b"\x86": _tuple(2),
        b"\x87": _tuple(3),
        b"}": _value(dict),
        b"d": _collect(_pairs),
        b"s": _set,
        b"u": _update,
        b"q": _put("<B"),
        b"r": _put("<I"),
        b"\x94": lambda machine: machine.remember(len(machine.memo)),
        b"h": _get("<B"),
        b"j": _get("<I"),
        b"c": lambda machine: _named(machine, machine.line(), machine.line()),
        b"\x93": _stack_named,
        b"R": _reduce,
        b"b": _build,
    }.items()
}
