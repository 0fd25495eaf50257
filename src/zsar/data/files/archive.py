"""Raw files in folders and in zip archives, which are never unpacked to disk.

Members are decompressed by isal, twice as fast as `zipfile` (benchmarks/parse.py), and refused
before that if they claim an impossible size (tests/test_archive.py).
"""

import os
import stat
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from isal import isal_zlib

from zsar.data.guard import guarded
from zsar.data.recording import Damaged, Part, printable

LARGEST = 1 << 30  # bytes; no clip comes near, so a file that claims more is an attack or broken
DEFLATED_RATIO = 1032  # the deflate format cannot shrink anything further
LOCAL_HEADER = 30  # bytes, before the name and the extra field
SPECIAL = {
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}
INTEGRITY = "the archive is broken: download it again"


class ArchiveMember(NamedTuple):
    """Where an archive stores a file."""

    header: int
    packed: int
    size: int
    crc: int
    method: int
    encrypted: bool


def members(archive: Path) -> dict[str, ArchiveMember]:
    """The files of an archive by their names."""
    state = archive.stat()
    return _directory(archive, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=8)  # read once per process and archive, and again when the archive changes
def _directory(archive: Path, size: int, changed: int) -> dict[str, ArchiveMember]:
    found: dict[str, ArchiveMember] = {}
    what, advice = "is no readable zip archive", f"; {INTEGRITY}"
    with guarded(archive, what, advice), zipfile.ZipFile(archive) as opened:
        listed = opened.infolist()
    for info in listed:
        if info.filename in found:
            raise Damaged(archive, f"lists {info.filename} twice; expected every member once")
        if not info.is_dir():
            found[info.filename] = ArchiveMember(
                header=info.header_offset,
                packed=info.compress_size,
                size=info.file_size,
                crc=info.CRC,
                method=info.compress_type,
                encrypted=bool(info.flag_bits & 1),
            )
    return found


def unpacked(part: Part, largest: int = LARGEST) -> bytes:
    """The content of a member, if it is as long as the archive says, and no longer than this."""
    listed = members(part.path)
    if part.member not in listed:
        raise Damaged(part, "is not in the archive")
    member = listed[part.member]
    _check(part, member)
    if member.size > largest:
        raise Damaged(part, f"holds {member.size} bytes, expected at most {largest}")
    data = _packed(part, member)
    if member.method == zipfile.ZIP_DEFLATED:
        data = _inflated(part, data, member.size)
    if len(data) != member.size:
        raise Damaged(part, f"unpacks to {len(data)} bytes, expected {member.size}; {INTEGRITY}")
    if isal_zlib.crc32(data) != member.crc:
        raise Damaged(part, f"does not match its checksum; {INTEGRITY}")
    return data


def _check(part: Part, member: ArchiveMember) -> None:
    """Refuse a member that cannot be decompressed before trying to."""
    if member.encrypted:
        raise Damaged(part, "is encrypted; expected an archive without a password")
    if member.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Damaged(part, f"is packed by method {member.method}, expected store or deflate")
    if max(member.size, member.packed) > min(LARGEST, member.packed * DEFLATED_RATIO):
        raise Damaged(part, f"claims {member.size} bytes in {member.packed}; {INTEGRITY}")
    if member.header < 0:
        raise Damaged(part, f"starts before the archive; {INTEGRITY}")


def _packed(part: Part, member: ArchiveMember) -> bytes:
    with part.path.open("rb", buffering=0) as file:
        file.seek(data_start(part, file, member.header))
        packed = file.read(min(member.packed, part.path.stat().st_size))
    if len(packed) != member.packed:
        raise Damaged(part, f"ends {member.packed - len(packed)} bytes early; {INTEGRITY}")
    return packed


def data_start(part: Part, file: BinaryIO, header: int) -> int:
    """Where the content of a member begins, whose local header is at `header`."""
    file.seek(header)
    local = file.read(LOCAL_HEADER)
    if len(local) < LOCAL_HEADER or not local.startswith(b"PK\x03\x04"):
        raise Damaged(part, f"has no header where the archive says it starts; {INTEGRITY}")
    # The lengths of name and extra field: those in the list at the end of the archive may differ.
    lengths = int.from_bytes(local[26:28], "little"), int.from_bytes(local[28:30], "little")
    return header + LOCAL_HEADER + sum(lengths)


def _inflated(part: Part, packed: bytes, size: int) -> bytes:
    try:
        # One byte more than promised would be noticed; no more is ever decompressed.
        return isal_zlib.decompressobj(-15).decompress(packed, size + 1)
    except isal_zlib.error as error:
        raise Damaged(part, f"cannot be inflated ({error}); {INTEGRITY}") from error


def parts(place: Path, *suffixes: str) -> list[Part]:
    """All files below a folder, and all members of the zip archives there, whose names end so.

    `place` may also be one archive or one file. The order depends on names alone, never on where
    the place is. Hidden files, such as those that macOS adds to an archive, are left out; pipes,
    sockets and devices, with a warning. A folder that a link leads to is searched once.
    """
    return [part for file in sorted(_files(place)) for part in _parts_of(file, suffixes)]


def content(part: Part, largest: int = LARGEST) -> bytes:
    """The content of a file or a member; a member is checked against its length and checksum.

    Nothing is read of what would hold more than so many bytes.
    """
    if part.member:
        return unpacked(part, largest)
    if (size := part.path.stat().st_size) > largest:
        raise Damaged(part, f"holds {size} bytes, expected at most {largest}")
    return part.path.read_bytes()


def file_name(part: Part) -> str:
    """The name of the file, without its folder."""
    return Path(part.member or part.path).name


def stem(part: Part) -> str:
    """The name of the file, without folder and suffix."""
    return Path(part.member or part.path).stem


def suffix(part: Part) -> str:
    """What the name of the file ends in, in small letters and without the point."""
    return Path(part.member or part.path).suffix.removeprefix(".").lower()


def unique(parts: Iterable[Part]) -> list[Part]:
    """The parts again, if no two of them are files of the same name."""
    found: dict[str, Part] = {}
    for part in parts:
        name = file_name(part)
        if name in found:
            raise Damaged(part, f"the same file name is already in {found[name]}; expected it once")
        found[name] = part
    return list(found.values())


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif not place.is_dir():
        raise Damaged(place, "does not exist; expected a folder, a zip archive or a file")
    seen: set[tuple[int, int]] = set()
    for folder, below, names in os.walk(place, followlinks=True):
        state = Path(folder).stat()
        if (state.st_dev, state.st_ino) in seen:
            below.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        below[:] = sorted(name for name in below if not _hidden(name))
        files = (os.path.join(folder, name) for name in names if not _hidden(name))  # noqa: PTH118
        yield from (Path(file) for file in files if not _is_special(file))


def _is_special(file: str) -> bool:
    """Whether it is no file that can be read to its end; says so."""
    try:
        mode = os.stat(file).st_mode  # noqa: PTH116 a fifth of the time that a Path takes
    except OSError:  # a link to nothing; reading it says so
        return False
    if stat.S_ISREG(mode):
        return False
    kind = next((word for is_kind, word in SPECIAL.items() if is_kind(mode)), "no file")
    warnings.warn(f"{printable(file)} is left out: it is {kind}", stacklevel=2)
    return True


def _parts_of(file: Path, suffixes: tuple[str, ...]) -> Iterator[Part]:
    if file.name.lower().endswith(suffixes):
        yield Part(file)
    elif _is_archive(file):
        names = (name for name in sorted(members(file)) if name.lower().endswith(suffixes))
        yield from (Part(file, name) for name in names if not _hidden(name))


def _is_archive(file: Path) -> bool:
    return file.suffix.lower() == ".zip"


def _hidden(name: str) -> bool:
    return name.rsplit("/", 1)[-1].startswith(".")
