"""One module per source format; each offers the same names, and a data set names its reader in
settings/datasets.yaml.

    HOME: str                              where the owner distributes the data, for people
    recognises(path: Path) -> bool         quick: does this file or folder look like the format?
    find(folder: Path) -> list[Part]       everything to read below data/raw/<dataset>, in row order
    read(part: Part) -> list[Recording | Damaged]   the clips of one part; raises Damaged
    classes(folder: Path) -> tuple         where files name their classes: by label
    protocol(folder: Path) -> str          where clips cannot be divided by their performers
    keep(folder: Path, to: Path) -> None   where there is more than clips, what goes beside them

`find` raises Damaged if the folder is wrong (empty, wrong archive, a name twice). `read` raises it
if all of a part is wrong, and returns it in place of a clip if only that clip is. Parts are read in
parallel, so `read` keeps no state between calls.
"""

from collections.abc import Sequence
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from zsar.data.recording import Part
from zsar.errors import UserError


def available() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__))


def reader(name: str) -> ModuleType:
    """The module that reads a format; loaded only when asked for."""
    if name not in available():
        raise UserError(f"unknown reader {name!r}; choose one of: {', '.join(available())}")
    return import_module(f"{__name__}.{name}")


def protocol(source: ModuleType, folder: Path) -> str:
    """The protocol that clips of this format allow, where nothing is published of a data set."""
    return source.protocol(folder) if hasattr(source, "protocol") else "xsub"


def find(source: ModuleType, folder: Path, classes: Sequence[str]) -> list[Part]:
    """What the source finds, once the labels in its files are known to mean the same classes."""
    listed = source.classes(folder) if hasattr(source, "classes") else tuple(classes)
    for label, (theirs, ours) in enumerate(zip_longest(listed, classes)):
        if theirs != ours:
            raise UserError(
                f"{folder}: class {label + 1} is {theirs!r}, but {ours!r} in the descriptions'"
                " names.txt; expected the same names in the same order"
            )
    return source.find(folder)
