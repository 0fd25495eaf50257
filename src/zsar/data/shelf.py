"""The owner's raw files: recognised, put where the pipeline looks for them, and taken stock of."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from zsar.data.readers import available, reader
from zsar.errors import Complaint


def formats(path: Path) -> list[str]:
    """The readers that know this file or folder."""
    return [name for name in available() if reader(name).recognises(path)]


def put(paths: Sequence[Path], wanted: str, folder: Path, copy: bool) -> list[Path]:
    """Link (or copy) files and folders into `folder`, if the wanted reader recognises each of them.

    Nothing is put anywhere unless everything can be; a thing that is there already is left as it
    is.
    """
    for path in paths:
        _recognised(path, wanted)
    targets = [folder / path.resolve().name for path in paths]
    for path, target in zip(paths, targets, strict=True):
        if target.exists() and not _same(path, target):
            raise Complaint(
                f"{target}: is there already, and is not {path}; remove one of them first"
            )
    folder.mkdir(parents=True, exist_ok=True)
    for path, target in zip(paths, targets, strict=True):
        if not target.exists():
            _copied(path, target) if copy else target.symlink_to(path.resolve())
    return targets


def _recognised(path: Path, wanted: str) -> None:
    if not path.exists():
        raise Complaint(f"{path}: no such file or folder")
    found = formats(path)
    if wanted not in found:
        what = f"looks like the format of: {', '.join(found)}" if found else "is of no known format"
        raise Complaint(f"{path}: {what}; expected {wanted} ({reader(wanted).HOME})")


def _same(path: Path, target: Path) -> bool:
    if path.resolve() == target.resolve():
        return True
    return path.is_file() and target.is_file() and path.stat().st_size == target.stat().st_size


def _copied(path: Path, target: Path) -> None:
    draft = target.with_name(target.name + ".partial")
    if path.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(path, draft)
    else:
        shutil.copyfile(path, draft)
    draft.replace(target)
