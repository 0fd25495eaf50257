"""NTU skeleton text becomes exactly the numbers it holds, or one sentence about its damage."""

import ctypes
import mmap
import os
import struct
import sys

import numpy as np
import pytest

from zsar.data.files import ntu_scanner
from zsar.data.files.ntu_text import scan
from zsar.data.recording import Damaged

REST = ["277.419", "191.8218", "1036.233", "519.1677", "NaN", "0", "-0.2", "0.96", "2"]
HEAD = "72057594037931011 0 1 1 1 1 0 -0.12 0.13 2"
SEED = 5


def body(numbers=None, identity=None):
    """The lines of one body; `numbers` are 75 pieces of text."""
    numbers = numbers or ["0.5", "-0.25", "3"] * 25
    joints = [" ".join(numbers[k : k + 3] + REST) for k in range(0, 75, 3)]
    return [HEAD if identity is None else f"{identity} 0 1 1 1 1 0 0 0 2", "25", *joints]


def clip(*frames, end="\r\n"):
    """The text of a clip from the bodies of each frame."""
    lines = [str(len(frames))]
    for bodies in frames:
        lines += [str(len(bodies)), *(line for one in bodies for line in one)]
    return (end.join(lines) + end).encode()


def as_written(numbers):
    """Each piece of text through the scanner, 75 at a time."""
    found = []
    for k in range(0, len(numbers), 75):
        some = numbers[k : k + 75]
        text = clip([body(some + ["0"] * (75 - len(some)))])
        found += scan(text, "clip")[0].reshape(-1)[: len(some)].tolist()
    return found


def bits(numbers):
    return [struct.pack("d", number) for number in numbers]


def random_numbers(random, count):
    """Numbers in every notation, of all the lengths and sizes that a recording may hold."""
    notations = ["{:.7g}", "{!r}", "{:.17g}", "{:.25f}", "{:e}", "{:+.3E}", "{:.19e}", "{:.0f}."]
    for _ in range(count):
        value = random.uniform(-1, 1) * 10.0 ** random.integers(-45, 20)
        yield notations[random.integers(len(notations))].format(float(value))


def test_random_numbers_are_rounded_like_python_rounds_them():
    numbers = list(random_numbers(np.random.default_rng(SEED), 6000))
    assert bits(as_written(numbers)) == bits(map(float, numbers))


def test_random_digits_are_rounded_like_python_rounds_them():
    random = np.random.default_rng(SEED)
    numbers = []
    for _ in range(6000):
        digits = "".join(map(str, random.integers(0, 10, random.integers(1, 25))))
        point = random.integers(0, len(digits) + 1)
        sign, power = random.choice(["", "-", "+"]), random.integers(-40, 12)
        exponent = random.choice(["", f"e{power}", f"E{power:+03}"])
        numbers.append(f"{sign}{digits[:point]}.{digits[point:]}{exponent}")
    assert bits(as_written(numbers)) == bits(map(float, numbers))


@pytest.mark.parametrize(
    "number",
    [
        *("0", "-0", "-0.0", "00012", ".5", "5.", "+7", "1e0", "1E-05", "1e+5", "0e99", "0e-999"),
        *("9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995"),
        *("1e22", "1e23", "1e-22", "1e-23", "8.5e22", "123456789012345678", "1234567890123456789"),
        *("0.1234567890123456789", "0.000000000000000000000000012345", "12345678", "123456781"),
        *("5e-324", "2.4e-324", "2.2250738585072014e-308", "1e-99999", "3.4028234e38", "1e00000"),
        *("0.3", "2.998209", "0.08740735", "-0.0034765434", "100000000000000000000"),
    ],
)
def test_a_number_at_the_edge_is_rounded_like_python_rounds_it(number):
    assert bits(as_written([number] * 3)) == bits([float(number)] * 3)


@pytest.mark.parametrize("end", ["\n", "\r\n", " \t\r\n"])
@pytest.mark.parametrize("tail", ["", "\r\n\n \t\n", " "])
@pytest.mark.parametrize("gap", [" ", "  ", "\t"])
def test_line_ends_and_blanks_do_not_matter(end, tail, gap):
    expected, _ = scan(clip([body()], []), "clip")
    text = clip([body()], [], end=end).replace(b" ", gap.encode())
    found, _ = scan(text + tail.encode(), "clip")
    np.testing.assert_array_equal(found, expected)


def test_the_last_line_needs_no_end():
    found, _ = scan(clip([], [body()]).rstrip(), "clip")
    assert found.shape == (2, 1, 25, 3) and found[1].all()


def test_bodies_keep_the_slot_they_have_in_the_file():
    first, second = body(["1"] * 75, identity=72057594037931999), body(["2"] * 75, identity=3)
    found, ids = scan(clip([], [first], [second, first], [second]), "clip")
    assert ids.tolist() == [[0, 0], [72057594037931999, 0], [3, 72057594037931999], [3, 0]]
    assert found[..., 0, 0].tolist() == [[0, 0], [1, 0], [2, 1], [2, 0]]


def test_a_clip_without_a_body_has_an_empty_slot():
    found, ids = scan(clip([], [], []), "clip")
    assert found.shape == (3, 1, 25, 3) and not found.any() and not ids.any()


def changed(line, to, text=None):
    lines = (text or clip([body()], [body(), body()])).split(b"\r\n")
    lines[line - 1] = to
    return b"\r\n".join(lines)


JOINT_LINE = b"0.5 %b 3 277.419 191.8218 1036.233 519.1677 NaN 0 -0.2 0.96 2"
DAMAGE = {
    "empty": (b"", 1, "is empty"),
    "blank": (b"\n \n", 1, "the text ends here, expected the number of frames"),
    "text": (b"hello", 1, "found 'hello', expected the number of frames"),
    "a zip": (b"PK\x03\x04\xff", 1, r"found 'PK\x03\x04\xff', expected the number of frames"),
    "frames below 0": (changed(1, b"-2"), 1, "found '-2', expected the number of frames"),
    "frames beyond reason": (changed(1, b"10001"), 1, "expected the number of frames alone, at"),
    "frames beyond numbers": (changed(1, b"9" * 30), 1, "expected the number of frames"),
    "frames as a fraction": (changed(1, b"2.0"), 1, "expected the number of frames"),
    "frames and more": (changed(1, b"2 2"), 1, "expected the number of frames alone"),
    "a frame too many": (changed(1, b"3"), 85, "the text ends here, expected the number of bod"),
    "a frame too few": (changed(1, b"1"), 30, "found '2', expected nothing after the last"),
    "bodies below 0": (changed(2, b"-1"), 2, "found '-1', expected the number of bodies"),
    "bodies beyond reason": (changed(2, b"17"), 2, "found '17', expected the number of bodies"),
    "bodies beyond numbers": (changed(30, b"9" * 19), 30, "expected the number of bodies"),
    "a body too many": (changed(30, b"3"), 85, "the text ends here, expected the id of a body"),
    "a body too few": (changed(30, b"1"), 58, "expected nothing after the last frame"),
    "no id": (changed(3, b"x" + HEAD.encode()), 3, "expected the id of a body"),
    "id 0": (changed(3, b"0 0 1 1 1 1 0 0 0 2"), 3, "expected the id of a body, above 0"),
    "a body line cut": (changed(3, b"7205 0 1 1"), 3, "and 9 more fields"),
    "a body line too long": (changed(3, HEAD.encode() + b" 1"), 3, "and 9 more fields"),
    "24 joints": (changed(4, b"24"), 4, "found '24', expected the joint count 25"),
    "no joint count": (changed(4, JOINT_LINE % b"1"), 4, "expected the joint count 25 alone"),
    "a word": (changed(5, JOINT_LINE % b"left"), 5, "expected x y z as finite numbers"),
    "nan": (changed(5, JOINT_LINE % b"NaN"), 5, "found '0.5 NaN 3 "),
    "infinity": (changed(40, JOINT_LINE % b"-Infinity"), 40, "x y z as finite"),
    "beyond doubles": (changed(40, JOINT_LINE % b"1e999"), 40, "x y z as finite"),
    "beyond floats": (changed(40, JOINT_LINE % b"-3.5e38"), 40, "x y z as finite"),
    "two points": (changed(5, JOINT_LINE % b"1.2.3"), 5, "x y z as finite"),
    "no digits": (changed(5, JOINT_LINE % b"-."), 5, "x y z as finite"),
    "no exponent": (changed(5, JOINT_LINE % b"1e"), 5, "x y z as finite"),
    "half an exponent": (changed(5, JOINT_LINE % b"1e-"), 5, "x y z as finite"),
    "two signs": (changed(5, JOINT_LINE % b"--1"), 5, "x y z as finite"),
    "a decimal comma": (changed(5, JOINT_LINE % b"1,5"), 5, "x y z as finite"),
    "an underscore": (changed(5, JOINT_LINE % b"1_5"), 5, "x y z as finite"),
    "a form feed": (changed(5, JOINT_LINE % b"1\f2"), 5, "x y z as finite"),
    "a zero byte": (changed(5, JOINT_LINE % b"1\x00"), 5, "x y z as finite"),
    "a joint line cut": (changed(5, b"0.5 0.5 3 277.4"), 5, "and 9 more fields"),
    "a joint line too long": (changed(5, JOINT_LINE % b"1" + b" 2"), 5, "and 9 more fields"),
    "a line lost": (changed(5, b""), 5, "found '', expected x y z"),
}


@pytest.mark.parametrize(("text", "line", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_with_its_line(text, line, sentence):
    with pytest.raises(Damaged) as told:
        scan(text, "a.zip::b.skeleton")
    assert str(told.value).startswith(f"a.zip::b.skeleton:{line}: ")
    assert sentence in str(told.value) and "\n" not in str(told.value)


def test_a_text_cut_anywhere_is_damaged():
    text = clip([body()], [body(), body()])
    for length in range(len(text) - len("\r\n")):
        with pytest.raises(Damaged, match=r"^clip:\d+: "):
            scan(text[:length], "clip")


def mutated(random, text):
    """A few bytes flipped, lost, doubled or made up."""
    text = bytearray(text)
    for _ in range(random.integers(1, 4)):
        at = int(random.integers(len(text)))
        length = int(random.integers(1, 30))
        made = random.choice(list(b"0123456789.-+eE \t\r\n\x00NaN\xff"), length).astype(np.uint8)
        choices = (
            lambda at=at: text.__setitem__(at, text[at] ^ 1 << int(random.integers(8))),
            lambda at=at, length=length: text.__delitem__(slice(at, at + length)),
            lambda at=at, made=made: text.__setitem__(slice(at, at), made.tobytes()),
            lambda at=at, made=made: text.__setitem__(slice(at, at + len(made)), made.tobytes()),
            lambda at=at, length=length: text.extend(text[at : at + 40 * length]),
        )
        choices[random.integers(len(choices))]()
    return bytes(text)


def test_mutated_text_is_a_clip_or_damaged_and_never_anything_else():
    random = np.random.default_rng(SEED)
    text = clip([body(list(random_numbers(random, 75)))], [], [body(), body(identity=7)])
    outcomes = {"clip": 0, "damaged": 0}
    for _ in range(1500):
        try:
            coordinates, ids = scan(mutated(random, text), "clip")
        except Damaged as damaged:
            assert str(damaged).split(":")[1].isdigit()
            outcomes["damaged"] += 1
        else:
            assert np.isfinite(coordinates.astype(np.float32)).all()
            assert coordinates.shape == (*ids.shape, 25, 3)
            outcomes["clip"] += 1
    assert min(outcomes.values()) > 50


@pytest.mark.skipif(sys.platform == "win32", reason="guards memory as Unix does")
def test_nothing_behind_the_text_is_ever_read():
    # The page behind the text may not be touched: the process would end here and now.
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    assert protect(ctypes.c_void_p(start + page), ctypes.c_size_t(page), 0) == 0, os.strerror(
        ctypes.get_errno()
    )
    text = clip([body(["0.12345678", "1e-5", "12345678"] * 25)], [])
    assert len(text) < page
    for length in range(1, len(text) + 1):
        memory[page - length : page] = text[:length]
        room = np.empty((5, 25, 3)), np.empty(5, np.int64), np.empty(10_000, np.uint8)
        fault, at, *_ = ntu_scanner.scan(start + page - length, start + page, *room)
        assert at <= start + page + 1 and (fault > 0) == (length < len(text.rstrip()))


def test_a_clip_of_ten_thousand_frames_takes_no_more_memory_than_they_need():
    frames = [[]] * 9999 + [[body()] * 16]
    found, _ = scan(clip(*frames), "clip")
    assert found.shape == (10_000, 16, 25, 3)


def test_the_scanner_works_where_nothing_can_be_stored(monkeypatch):
    really = ntu_scanner.njit

    def unwilling(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return really(**options)

    monkeypatch.setattr(ntu_scanner, "njit", unwilling)
    assert ntu_scanner._cached(lambda number: number + 1)(1) == 2
