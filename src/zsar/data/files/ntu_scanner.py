"""A compiled scanner of NTU skeleton text, eight bytes at a time.

It is 18 times as fast as reading line by line and 7 times as fast as `np.array(text.split())`
(benchmarks/parse.py), and as exact as `float` (tests/test_scan.py).

The text is in memory from the address `at` up to `end`. Only `_byte` and `_word` read it; behind
the end they return a line feed, then zeros. All compiled functions are in one file, because numba
renews its cache only when the file that holds a function changes.
"""

import inspect
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from zsar.data.skeleton import JOINTS

FRAMES, BODIES, BODY, JOINT_COUNT, JOINT = range(1, 6)  # what was expected where scanning stopped
MOST_FRAMES, MOST_BODIES = 10_000, 16  # five minutes; the sensor itself tracks six bodies
BODY_FIELDS, JOINT_FIELDS, BODY_JOINTS = 10, 12, len(JOINTS)
# The shortest text of a body: no text can hold more bodies than its length allows.
BODY_BYTES = 2 * BODY_FIELDS + len("25\n") + BODY_JOINTS * 2 * JOINT_FIELDS

TENS = 10.0 ** np.arange(23)  # all powers of ten that a double holds exactly
WHOLE_TENS = np.uint64(10) ** np.arange(9, dtype=np.uint64)
LARGEST_EXACT = 2**53
MINUS, PLUS, POINT, SPACE, TAB, RETURN, FEED = (ord(sign) for sign in "-+. \t\r\n")
CAPITAL_E, SMALL_E = ord("E"), ord("e")


def _every(byte: int) -> np.uint64:
    return np.uint64(byte * 0x0101010101010101)


NONE, ONE, TEN, BYTE = np.uint64(0), np.uint64(1), np.uint64(10), np.uint64(0xFF)
EIGHT_DIGITS = np.uint64(10**8)
ONES, LOW, HIGH, ZEROS, FEEDS = (_every(byte) for byte in (1, 0x7F, 0x80, ord("0"), FEED))
ABOVE_NINE, ABOVE_BLANK = _every(0x80 - 10), _every(0x80 - SPACE - 1)  # carry into the high bit
PLACES = np.uint64(0x0001020304050607)
PAIRS = np.uint64(0x000000FF000000FF)
ODD_PAIRS, EVEN_PAIRS = np.uint64(100 + (10**6 << 32)), np.uint64(1 + (10**4 << 32))


def _compiled(function: Callable) -> Callable:
    # Tests wrap every function to check its types; the compiler needs it unwrapped.
    return njit(nogil=True, error_model="numpy")(inspect.unwrap(function))


def _cached(function: Callable) -> Callable:
    """Compiled once per machine: cached beside the package, else in the user's cache folder."""
    try:
        return njit(nogil=True, error_model="numpy", cache=True)(inspect.unwrap(function))
    except RuntimeError:  # neither place can be written to: compiled once per process
        return _compiled(function)


def _loaded(bits: int) -> Callable:
    @intrinsic
    def load(context, address):
        def generate(_, builder, signature, arguments):
            pointer = builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer())
            return builder.zext(builder.load(pointer, align=1), ir.IntType(64))

        return types.uint64(types.int64), generate

    return load


_one_byte, _eight_bytes = _loaded(8), _loaded(64)


@_compiled
def _byte(at, end):
    if at < end:
        return np.int64(_one_byte(at))
    return FEED if at == end else 0


@_compiled
def _word(at, end):
    """Eight bytes, the first of them lowest."""
    if at + 8 <= end:
        return _eight_bytes(at)
    word = NONE
    for place in range(8):
        word |= np.uint64(_byte(at + place, end)) << (8 * place)
    return word


@_compiled
def _first(flags):
    """Which byte is the first with its high bit set."""
    return np.int64((((flags & (~flags + ONE)) >> 7) * PLACES) >> 56)


@_compiled
def _eight(digits):
    """The number that eight decimal digits make: pairs of them first, then all pairs at once."""
    pairs = digits * TEN + (digits >> 8)
    return ((pairs & PAIRS) * ODD_PAIRS + ((pairs >> 16) & PAIRS) * EVEN_PAIRS) >> 32


@_compiled
def _digits(at, end, value):
    """The first byte that is no digit, and `value` with the digits before it appended."""
    digits = _word(at, end) ^ ZEROS
    others = (((digits & LOW) + ABOVE_NINE) | digits) & HIGH
    while others == NONE:
        value = value * EIGHT_DIGITS + _eight(digits)
        at += 8
        digits = _word(at, end) ^ ZEROS
        others = (((digits & LOW) + ABOVE_NINE) | digits) & HIGH
    count = _first(others)
    if count > 0:
        value = value * WHOLE_TENS[count] + _eight(digits << (64 - 8 * count))
    return at + count, value


@_compiled
def _after_blanks(at, end):
    while _byte(at, end) in (SPACE, TAB, RETURN):
        at += 1
    return at


@_compiled
def _ends_field(at, end):
    return _byte(at, end) in (SPACE, TAB, RETURN, FEED)


@_compiled
def _integer(at, end):
    """The byte after a whole number of at most 18 digits, and the number, or -1 if it is none."""
    start = _after_blanks(at, end)
    at, value = _digits(start, end, NONE)
    if start < at <= start + 18 and _ends_field(at, end):
        return at, np.int64(value)
    return at, -1


@_compiled
def _number(at, end):
    """The byte after a decimal number, and the number, rounded as the standard demands.

    Infinite where there is none; not a number where rounding takes more than one exact operation.
    """
    start = _after_blanks(at, end)
    negative = _byte(start, end) == MINUS
    first = start + (negative or _byte(start, end) == PLUS)
    at, mantissa = _digits(first, end, NONE)
    count, power = at - first, 0
    if _byte(at, end) == POINT:
        first = at + 1
        at, mantissa = _digits(first, end, mantissa)
        power = first - at
        count -= power
    if count == 0:
        return start, np.inf
    if _byte(at, end) in (CAPITAL_E, SMALL_E):
        at, exponent = _exponent(at + 1, end)
        power += exponent
    if not _ends_field(at, end):
        return start, np.inf
    whole = np.int64(mantissa)
    if count > 18 or whole > LARGEST_EXACT or abs(power) > 22:
        return at, np.nan
    value = whole / TENS[-power] if power < 0 else whole * TENS[power]
    return at, -value if negative else value


@_compiled
def _exponent(at, end):
    negative = _byte(at, end) == MINUS
    first = at + (negative or _byte(at, end) == PLUS)
    at, value = _digits(first, end, NONE)
    if at == first:
        return first - 1, 0  # not at the end of a field, so that the number is refused
    # Beyond four digits any value serves that is left to be rounded elsewhere.
    size = np.int64(value) if at - first <= 4 else 9999
    return at, -size if negative else size


@_compiled
def _rest(at, end, fields):
    """Where the next line starts, if the line goes on with so many fields; otherwise 0."""
    found, before = NONE, NONE
    while True:
        word = _word(at, end)
        visible = (((word & LOW) + ABOVE_BLANK) | word) & HIGH
        starts = visible & ~((visible << 8) | before)
        others = word ^ FEEDS
        feeds = ~(((others & LOW) + LOW) | others) & HIGH
        this_line = (feeds & (~feeds + ONE)) - ONE
        found += (((starts & this_line) >> 7) * ONES) >> 56
        if feeds != NONE:
            return at + _first(feeds) + 1 if np.int64(found) == fields else 0
        before = visible >> 56
        at += 8


@_compiled
def _leading(at, end, fields):
    """Where the next line starts, and the whole number a line of so many fields begins with."""
    at, value = _integer(at, end)
    line = _rest(at, end, fields - 1) if value >= 0 else 0
    return line, value if line > 0 else -1


@_compiled
def _body(at, end, place):
    """Scan one body as `scan` does: what was expected at which line, its id, and hard joints."""
    hard = 0
    line, identity = _leading(at, end, BODY_FIELDS)
    if identity < 1:
        return BODY, at, 0, 0
    at = line
    line, joints = _leading(at, end, 1)
    if joints != BODY_JOINTS:
        return JOINT_COUNT, at, 0, 0
    for joint in range(BODY_JOINTS):
        start = at = line
        easy = True
        for axis in range(3):
            at, value = _number(at, end)
            if value == np.inf:
                return JOINT, start, 0, 0
            easy = easy and value == value
            place[joint, axis] = value
        if not easy:
            place[joint, 0], place[joint, 1] = np.nan, end - start
            hard += 1
        line = _rest(at, end, JOINT_FIELDS - 3)
        if line == 0:
            return JOINT, start, 0, 0
    return 0, line, identity, hard


@_cached
def scan(at, end, coordinates, ids, counts):
    """Fill the arrays: what was expected at which line; how many frames, bodies and hard joints.

    No error is 0. A hard joint has a number that takes more than one exact operation to round;
    what is filled in for it is nan, and how far from the end its line starts.
    """
    bodies = hard = 0
    line, frames = _leading(at, end, 1)
    if not 0 <= frames <= MOST_FRAMES:
        return FRAMES, at, 0, 0, 0
    for frame in range(frames):
        at = line
        line, present = _leading(at, end, 1)
        if not 0 <= present <= MOST_BODIES:
            return BODIES, at, frame, bodies, hard
        counts[frame] = present
        for _ in range(present):
            at = line
            error, line, ids[bodies], more = _body(at, end, coordinates[bodies])
            if error:
                return error, line, frame, bodies, hard
            hard += more
            bodies += 1
    return 0, line, frames, bodies, hard
