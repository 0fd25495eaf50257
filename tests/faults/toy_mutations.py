"""Wrong inputs by the thousand: a file or its values changed at random, the same on every run."""

import os
import random
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

COUNT = int(os.environ.get("ZSAR_MUTATIONS", "0"))  # 0: as many as each test takes by itself
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 3.5, -0.0, float("nan"), float("inf"), 1e308, 2**31, 2**63,
    10**400,
    "", "x", "auto", "../x", "a/b/c/d", "+", "a+b", "x" * 500, "é\u2028", "\x00", "{}", [], [[]],
    ["x"], [0], [None], [float("nan")], {}, {"x": 1}, {"x": {}}, {1: 2}, {None: None}, {"": ""},
    date(2020, 1, 3), b"\xff", {"a", "b"},
]  # fmt: skip
LOOSE = [
    b"", b"\x00", b"\xff\xfe", b"\xc3", b"\n", b"\t", b" ", b": ", b"- ", b"#", b"'", b'"', b"[",
    b"]", b"{", b"}", b"&a ", b"*a", b"!!int ", b"!!float x", b"!x ", b"2020-13-45", b".nan", b"-1",
    b"9" * 30, b"\r", "é\u2028\ud7ff".encode(), b"%YAML 9", b"---\n", b"...", b"|", b">",
    b"<<: ", b"\\",
]  # fmt: skip


def count(default: int) -> int:
    return COUNT or default


def of_bytes(content: bytes, number: int) -> Iterator[bytes]:
    """Cut off, parts left out, doubled, overwritten, bits turned, odd pieces put in."""
    rng = random.Random(number)
    for _ in range(number):
        found = bytearray(content)
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            at = rng.randrange(len(found) + 1)
            end = min(len(found), at + rng.choice((1, 1, 4, 40, 400)))
            change = rng.randrange(6)
            if change == 0:
                del found[at:]
            elif change == 1:
                del found[at:end]
            elif change == 2:
                found[at:at] = found[at:end]
            elif change == 3 and at < len(found):
                found[at] ^= 1 << rng.randrange(8)
            elif change == 4:
                found[at:end] = rng.randbytes(end - at)
            else:
                found[at:at] = rng.choice(LOOSE)
        yield bytes(found)


def of_values(values: Any, number: int) -> Iterator[Any]:
    """A value replaced by an odd one, a key left out, renamed or added, somewhere in the tree."""
    rng = random.Random(number)
    for _ in range(number):
        found = deepcopy(values)
        for _ in range(rng.choice((1, 1, 1, 2))):
            found = changed(found, rng)
        yield found


def changed(values: Any, rng: random.Random) -> Any:
    """The values themselves, changed in one place."""
    places = list(_places(values))
    if not places or rng.random() < 0.01:
        return deepcopy(rng.choice(ODD))
    inside, key = rng.choice(places)
    change = rng.randrange(8)
    if change == 0:
        del inside[key]
    elif change == 1 and isinstance(inside, dict):
        inside[rng.choice((f"{key}x", 1, "", None, "x"))] = inside.pop(key)
    elif change == 2:
        inside[key] = [inside[key]]
    else:
        inside[key] = deepcopy(rng.choice(ODD))
    return values


def _places(values: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(values, dict | list):
        for key in list(values) if isinstance(values, dict) else range(len(values)):
            yield values, key
            yield from _places(values[key])
