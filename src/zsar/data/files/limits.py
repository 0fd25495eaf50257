"""How large a clip can be. What is larger is broken or an attack and is refused before it is read:
no clip takes more than 256 MiB and five seconds (tests/faults)."""

from zsar.data.recording import Damaged, Part

TEXT = 1 << 25  # bytes of a file of text: five minutes of NTU RGB+D, a quarter of an hour of csv
NUMBERS = 1 << 22  # coordinates: half an hour of 25 joints, 30 times a second
LINES = 1 << 17  # an hour of frames, 30 times a second
LINE = 1 << 18  # characters
CUT = "cut it, or save it as csv: a long one is read in pieces"
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # what `splitlines` divides at


def lines(part: Part, text: str) -> list[str]:
    """The lines of a text, if there are not too many and none is too long."""
    if len(text) <= min(LINES, LINE):
        return text.splitlines()
    if sum(map(text.count, BREAKS)) > 2 * LINES:  # a line may end in two signs
        raise Damaged(part, f"has more than {LINES} lines, too many for a clip")
    found = text.splitlines()
    if max(map(len, found), default=0) > LINE:
        raise Damaged(part, f"has a line of more than {LINE} characters, too many for a frame")
    return found
