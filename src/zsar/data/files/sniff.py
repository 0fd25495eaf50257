"""What kind of clip a file holds, by its first bytes."""

import re
import zipfile
import zlib

from zsar.data.files.pku_text import WIDTH
from zsar.data.recording import Part

HEAD = 1 << 14  # bytes, more than a line of 150 numbers has
ZIP, NPY = b"PK\x03\x04", b"\x93NUMPY"
COUNTS = re.compile(rb"\s*\d+\s*\n\s*\d+\s*\n\s*(\d+\s|\Z)")  # as NTU text begins
LABEL = re.compile(rb"\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,\s*\d+\s*")  # a line of a label file of PKU-MMD


def kind(content: bytes) -> str:
    """npz, npy, bvh, skeleton (NTU), txt (PKU-MMD) or csv; empty: nothing."""
    head = content[:HEAD]
    if not head.strip():
        return ""
    if head.startswith(ZIP):
        return "npz"
    if head.startswith(NPY):
        return "npy"
    if head.lstrip().upper().startswith(b"HIERARCHY"):
        return "bvh"
    if is_pku_video(head):
        return "txt"
    return "skeleton" if COUNTS.match(head) else "csv"


def is_pku_video(head: bytes) -> bool:
    """Whether the first line has 150 numbers with blanks between them."""
    fields = head.lstrip().split(b"\n")[0].split()
    return len(fields) == WIDTH and b"," not in fields[0]


def is_pku_labels(head: bytes) -> bool:
    """Whether the first line is `label,start,end,confidence`."""
    return bool(LABEL.fullmatch(head.lstrip().split(b"\n")[0]))


def head(part: Part) -> bytes:
    """The first bytes of a file or member; nothing where it cannot be read."""
    try:
        if not part.member:
            with part.path.open("rb") as file:
                return file.read(HEAD)
        with zipfile.ZipFile(part.path) as opened, opened.open(part.member) as member:
            return member.read(HEAD)
    except (zlib.error, zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError):
        return b""
