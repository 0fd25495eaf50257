"""Vectors that people already hold: one .npy file per source, a row per class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from zsar.errors import UserError
from zsar.text.cache import Cache
from zsar.text.embedding import Sentences, Vectors, assembled


@dataclass(frozen=True)
class Settings:
    backend: str
    folder: str
    files: dict[str, str]  # source -> file, such as names: lb_60.npy


def embed(settings: Settings, sentences: Sentences, device: str, cache: Cache) -> Vectors:
    """The vectors of the files; of the texts only their number matters."""
    if not settings.files:
        raise UserError(
            "settings/texts.yaml lists no files for this data set, expected a .npy file per source,"
            " such as files: {names: lb_60.npy}"
        )
    classes = len(next(iter(sentences.values())))
    tables = [
        table(Path(settings.folder).expanduser() / file, source, classes)
        for source, file in settings.files.items()
    ]
    _of_one_width(dict(zip(settings.files.values(), tables, strict=True)))
    rows = [each[k][None].repeat(2, axis=0) for k in range(classes) for each in tables]
    return assembled(list(settings.files), rows, _same(rows))


def missing(settings: Settings) -> str:
    """Files that are not there."""
    paths = [Path(settings.folder).expanduser() / file for file in settings.files.values()]
    gone = [str(path) for path in paths if not path.is_file()]
    return f"no {', '.join(gone)}" if gone else "" if paths else "no files are listed"


def limit(settings: Settings) -> int | None:
    return None


def table(file: Path, source: str, classes: int) -> Float32[np.ndarray, "class width"]:
    """The vectors of one source, checked."""
    if not file.is_file():
        raise UserError(f"{file}: no such file; it should hold the vectors of source {source!r}")
    try:
        held = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{file}: not a plain .npy file of numbers") from error
    if not isinstance(held, np.ndarray) or held.dtype.kind != "f":
        raise UserError(f"{file}: expected an array of floating-point numbers")
    if held.ndim == 3 and held.shape[1] == 1:
        held = held[:, 0]
    if held.ndim != 2 or len(held) != classes:
        raise UserError(
            f"{file}: its shape is {held.shape}, expected ({classes}, width): a row per class"
        )
    if not np.isfinite(held).all():
        raise UserError(f"{file}: holds numbers that are not finite")
    return held.astype(np.float32)


def _of_one_width(tables: dict[str, np.ndarray]) -> None:
    widths = {file: each.shape[1] for file, each in tables.items()}
    if len(set(widths.values())) > 1:
        held = ", ".join(f"{file} is {width}" for file, width in widths.items())
        raise UserError(f"these vectors differ in width, expected one width: {held}")


def _same(rows: list[np.ndarray]) -> list[int]:
    """A number for each vector, equal where the vectors are."""
    numbers: dict[bytes, int] = {}
    return [numbers.setdefault(each.tobytes(), len(numbers)) for each in rows]
