"""Raw files as their owners distribute them: recognised, checked by a reader, put into data/raw."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path
from tempfile import TemporaryDirectory

from zsar.data.formats import available, reader
from zsar.data.recording import Damaged
from zsar.errors import UserError


def formats(path: Path) -> list[str]:
    """The readers that recognise this file or folder."""
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    found, damaged = [], []
    for name in available():
        try:
            found += [name] if reader(name).recognises(path) else []
        except Damaged as one:
            damaged.append(one)  # another reader may still recognise the file
    if damaged and not found:
        raise damaged[0]
    return found


def install(paths: Sequence[Path], wanted: str, folder: Path, copy: bool) -> list[Path]:
    """Link (or copy) files and folders into `folder`, if the wanted reader recognises each of them.

    Nothing is installed unless everything can be; what is there already is left as it is.
    """
    targets = checked_targets(paths, wanted, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path, target in zip(paths, targets, strict=True):
        if not target.exists():
            target.unlink(missing_ok=True)  # a link to what was moved away
            _copied(path, target) if copy else target.symlink_to(path.resolve())
    return targets


def checked_targets(paths: Sequence[Path], wanted: str, folder: Path) -> list[Path]:
    """Where each of them belongs, or an error about the first that cannot be put there."""
    targets: dict[Path, Path] = {}
    for path in paths:
        _recognised(path, wanted)
        target = _target(path, folder)
        other = targets.setdefault(target, path)
        if other.resolve() != path.resolve():
            raise UserError(f"{path}: {other} has the same name; expected different ones")
        if target.exists() and not _same(path, target):
            raise UserError(
                f"{target}: is there already, and is not {path}; remove one of them first"
            )
    return [_target(path, folder) for path in paths]


@contextmanager
def trial(paths: Sequence[Path], wanted: str) -> Iterator[Path]:
    """A folder of links to the files, for a reader to try; errors name the files themselves."""
    with TemporaryDirectory() as folder:
        targets = install(paths, wanted, Path(folder), copy=False)
        try:
            yield Path(folder)
        except UserError as error:
            message = str(error)
            for path, target in zip(paths, targets, strict=True):
                message = message.replace(str(target), str(path))
            all_paths = ", ".join(map(str, paths))
            raise UserError(message.replace(folder, all_paths)) from error


def _target(path: Path, folder: Path) -> Path:
    """Beside the others, unless it is there already."""
    place, home = path.resolve(), folder.resolve()
    if home.is_relative_to(place) and home != place:
        raise UserError(f"{path}: holds {folder} itself; expected the recordings alone")
    return path if place.is_relative_to(home) else folder / place.name


def _recognised(path: Path, wanted: str) -> None:
    found = formats(path)
    if wanted not in found:
        what = f"looks like the format of: {', '.join(found)}" if found else "is of no known format"
        raise UserError(f"{path}: {what}; expected {wanted} ({reader(wanted).home})")


def _same(path: Path, target: Path) -> bool:
    if path.resolve() == target.resolve():
        return True
    ours, theirs = _files(path), _files(target)
    return ours.keys() == theirs.keys() and all(
        cmp(ours[name], theirs[name], shallow=False) for name in ours
    )


def _files(place: Path) -> dict[str, Path]:
    """Every file below a folder by its name there, or the file itself."""
    if place.is_file():
        return {"": place}
    files = (path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path for path in files}


def _copied(path: Path, target: Path) -> None:
    draft = target.with_name(target.name + ".partial")
    if path.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(path, draft)
    else:
        shutil.copyfile(path, draft)
    draft.replace(target)
