"""Raw data where it lies: files of folders, members of zip archives that are never unpacked."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from zsar.data.recording import Damaged, Part
from zsar.data.zipped import LARGEST, members, unpacked


def parts(place: Path, *suffixes: str) -> list[Part]:
    """All files below a folder, and all members of the zip archives there, whose names end so.

    `place` may also be one archive or one file. The order depends on names alone, never on where
    the place lies. Hidden files, such as those that a Mac adds to an archive, do not count.
    """
    return [part for file in sorted(_files(place)) for part in _parts_of(file, suffixes)]


def content(part: Part) -> bytes:
    """What a file or a member holds; a member is checked against its length and checksum."""
    if part.member:
        return unpacked(part)
    if (size := part.path.stat().st_size) > LARGEST:
        raise Damaged(part, f"holds {size} bytes, expected at most {LARGEST}")
    return part.path.read_bytes()


def stem(part: Part) -> str:
    """The name of the file, without folder and suffix."""
    return Path(part.member or part.path).stem


def unique(parts: Iterable[Part]) -> list[Part]:
    """The parts again, if no two of them are files of the same name."""
    seen: dict[str, Part] = {}
    for part in parts:
        name = Path(part.member or part.path).name
        if name in seen:
            raise Damaged(part, f"the same file name is already in {seen[name]}; expected it once")
        seen[name] = part
    return list(seen.values())


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif not place.is_dir():
        raise Damaged(place, "does not exist; expected a folder, a zip archive or a file")
    for folder, below, names in os.walk(place, followlinks=True):
        below[:] = [name for name in below if not _hidden(name)]
        yield from (Path(folder, name) for name in names if not _hidden(name))


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
