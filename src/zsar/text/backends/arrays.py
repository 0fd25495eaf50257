"""Text features from existing files: one .npy file per source, a row per class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from zsar.errors import UserError
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextFeatures, assemble


@dataclass(frozen=True)
class ArraysConfig:
    backend: str
    folder: str
    files: dict[str, str]  # source -> file, such as names: lb_60.npy


Config = ArraysConfig  # the name that the table of backends reads


def embed(config: ArraysConfig, texts: SourceTexts, device: str, cache: Cache) -> TextFeatures:
    """The features in the files; of the texts only the number of classes is used."""
    if not config.files:
        raise UserError(
            "settings/texts.yaml lists no files for this data set, expected a .npy file per source,"
            " such as files: {names: lb_60.npy}"
        )
    classes = len(next(iter(texts.values())))
    arrays = [
        load_array(Path(config.folder).expanduser() / file, source, classes)
        for source, file in config.files.items()
    ]
    _check_widths(dict(zip(config.files.values(), arrays, strict=True)))
    rows = [each[k][None].repeat(2, axis=0) for k in range(classes) for each in arrays]
    return assemble(list(config.files), rows, _groups(rows))


def missing(config: ArraysConfig) -> str:
    """The files that do not exist."""
    paths = [Path(config.folder).expanduser() / file for file in config.files.values()]
    absent = [str(path) for path in paths if not path.is_file()]
    return f"no {', '.join(absent)}" if absent else "" if paths else "no files are listed"


def token_limit(config: ArraysConfig) -> int | None:
    return None


def load_array(file: Path, source: str, classes: int) -> Float32[np.ndarray, "class width"]:
    """The features of one source, checked."""
    if not file.is_file():
        raise UserError(f"{file}: no such file; it should hold the vectors of source {source!r}")
    try:
        array = np.load(file, allow_pickle=False)
    except Exception as error:  # of reading, or what Python says of an odd header
        raise UserError(f"{file}: not a plain .npy file of numbers") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise UserError(f"{file}: expected an array of floating-point numbers")
    if array.ndim == 3 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 2 or len(array) != classes:
        raise UserError(
            f"{file}: its shape is {array.shape}, expected ({classes}, width): a row per class"
        )
    if not np.isfinite(array).all():
        raise UserError(f"{file}: holds numbers that are not finite")
    return array.astype(np.float32)


def _check_widths(arrays: dict[str, np.ndarray]) -> None:
    widths = {file: each.shape[1] for file, each in arrays.items()}
    if len(set(widths.values())) > 1:
        each_width = ", ".join(f"{file} is {width}" for file, width in widths.items())
        raise UserError(f"these vectors differ in width, expected one width: {each_width}")


def _groups(rows: list[np.ndarray]) -> list[int]:
    """A number for each vector, the same for equal vectors."""
    numbers: dict[bytes, int] = {}
    return [numbers.setdefault(each.tobytes(), len(numbers)) for each in rows]
