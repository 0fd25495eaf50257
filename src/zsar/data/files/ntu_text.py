"""NTU skeleton text to arrays, exact to the last bit, or an error that names the damaged line."""

import numpy as np
from jaxtyping import Float64, Int64

from zsar.data.files import ntu_scanner
from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS

EXPECTED = {
    ntu_scanner.FRAMES: f"the number of frames alone, at most {ntu_scanner.MOST_FRAMES}",
    ntu_scanner.BODIES: f"the number of bodies in a frame alone, at most {ntu_scanner.MOST_BODIES}",
    ntu_scanner.BODY: f"the id of a body, above 0, and {ntu_scanner.BODY_FIELDS - 1} more fields",
    ntu_scanner.JOINT_COUNT: f"the joint count {len(JOINTS)} alone",
    ntu_scanner.JOINT: f"x y z as finite numbers and {ntu_scanner.JOINT_FIELDS - 3} more fields",
}
SHOWN = 40  # characters of a damaged line
FARTHEST = float(np.finfo(np.float32).max)  # the largest number of a recording

Coordinates = Float64[np.ndarray, "frame body joint xyz"]
Ids = Int64[np.ndarray, "frame body"]


def scan(text: bytes, where: object) -> tuple[Coordinates, Ids]:
    """Every body in the order of the file; a slot without one is zero, with the id 0.

    There is one slot at least. Damaged text raises Damaged, naming the line of `where`.
    """
    if not text:
        raise Damaged(where, f"is empty, expected {EXPECTED[ntu_scanner.FRAMES]}", 1)
    # Space for as many bodies as a text of this length could hold, even if it claims more.
    room = len(text) // ntu_scanner.BODY_BYTES + 1
    bodies, ids = np.empty((room, len(JOINTS), 3)), np.empty(room, np.int64)
    counts = np.empty(ntu_scanner.MOST_FRAMES, np.uint8)
    start = np.frombuffer(text, np.uint8).ctypes.data
    error, at, frames, found, hard = ntu_scanner.scan(start, start + len(text), bodies, ids, counts)
    if error:
        raise _damaged(text, at - start, EXPECTED[error], where)
    if rest := text[at - start :].strip():
        raise _damaged(text, text.rindex(rest), "nothing after the last frame", where)
    if hard:
        _round(bodies[:found].reshape(-1, 3), text, where)
    return _in_slots(bodies[:found], ids[:found], counts[:frames].astype(np.int64))


def _round(joints: Float64[np.ndarray, "joint xyz"], text: bytes, where: object) -> None:
    """Fill in the joints whose numbers the scanner left to be rounded."""
    for joint in np.flatnonzero(np.isnan(joints[:, 0])):
        line = len(text) - int(joints[joint, 1])
        numbers = [float(field) for field in text[line:].split(maxsplit=3)[:3]]
        if not all(abs(number) <= FARTHEST for number in numbers):
            raise _damaged(text, line, EXPECTED[ntu_scanner.JOINT], where)
        joints[joint] = numbers


def _in_slots(
    bodies: Float64[np.ndarray, "row joint xyz"],
    ids: Int64[np.ndarray, " row"],
    counts: Int64[np.ndarray, " frame"],
) -> tuple[Coordinates, Ids]:
    frame = np.repeat(np.arange(len(counts)), counts)
    slot = np.arange(len(bodies)) - (np.cumsum(counts) - counts)[frame]
    shape = len(counts), int(counts.max(initial=1))
    coordinates, body_ids = np.zeros((*shape, len(JOINTS), 3)), np.zeros(shape, np.int64)
    coordinates[frame, slot], body_ids[frame, slot] = bodies, ids
    return coordinates, body_ids


def _damaged(text: bytes, at: int, expected: str, where: object) -> Damaged:
    line = text.count(b"\n", 0, at) + 1
    if not text[at:].strip():
        return Damaged(where, f"the text ends here, expected {expected}", line)
    shown = text[at : at + SHOWN].split(b"\n")[0].strip().decode("latin-1")
    return Damaged(where, f"found {shown!a}, expected {expected}", line)
