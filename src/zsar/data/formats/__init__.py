"""One module per source format; each offers the same names, and a data set names its reader in
settings/datasets.yaml.

    HOME: str                              where the owner distributes the data, for people
    recognises(path: Path) -> bool         quick: does this file or folder look like the format?
    find(folder: Path) -> list[Part]       everything to read below data/raw/<dataset>, in row order
    read(part: Part) -> list[Recording | Damaged]   the clips of one part; raises Damaged
    classes(folder: Path) -> tuple         where files name their classes: by label
    protocol(folder: Path) -> str          where clips cannot be divided by their performers
    keep(folder: Path, to: Path) -> None   where there is more than clips, what goes beside them

The rest of the program sees a module through `reader(name)`, which turns whatever it raises into
Damaged.

`find` raises Damaged if the folder is wrong (empty, wrong archive, a name twice). `read` raises it
if all of a part is wrong, and returns it in place of a clip if only that clip is. Parts are read in
parallel, so `read` keeps no state between calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from zsar.data.guard import guarded, named_printably
from zsar.data.recording import Damaged, Part, Recording, Unreadable
from zsar.errors import UserError


def available() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__))


@dataclass(frozen=True)
class Reader:
    """A module that reads a format, loaded only when asked for something: whatever it raises is
    UserError or Damaged, with the file. It can be pickled."""

    name: str

    @property
    def module(self) -> ModuleType:
        return import_module(f"{__name__}.{self.name}")

    @property
    def home(self) -> str:
        """Where the owner distributes the data, for people."""
        return self.module.HOME

    def recognises(self, path: Path) -> bool:
        with guarded(path):
            return self.module.recognises(path)

    def find(self, folder: Path) -> list[Part]:
        with guarded(folder):
            return self.module.find(folder)

    def read(self, part: Part) -> list[Recording | Damaged]:
        if isinstance(part, Unreadable):
            raise part.why
        with guarded(part):
            return named_printably(self.module.read(part))

    @property
    def names_classes(self) -> bool:
        """Whether files name their classes."""
        return hasattr(self.module, "classes")

    def classes(self, folder: Path) -> tuple[str, ...]:
        """Their names by label, of a reader that says so."""
        with guarded(folder):
            return self.module.classes(folder)

    def protocol(self, folder: Path) -> str:
        """What clips of this format allow, where nothing is published of a data set."""
        with guarded(folder):
            return self.module.protocol(folder) if hasattr(self.module, "protocol") else "xsub"

    def keep(self, folder: Path, to: Path) -> None:
        """Copy what stages read later beside the clips, if there is any."""
        if hasattr(self.module, "keep"):
            self.module.keep(folder, to)


def reader(name: str) -> Reader:
    """The reader of a format, by the name of its module."""
    if name not in available():
        raise UserError(f"unknown reader {name!r}; choose one of: {', '.join(available())}")
    return Reader(name)


def find(source: Reader, folder: Path, classes: Sequence[str]) -> list[Part]:
    """What the source finds, once the labels in its files are known to mean the same classes."""
    listed = source.classes(folder) if source.names_classes else tuple(classes)
    for label, (theirs, ours) in enumerate(zip_longest(listed, classes)):
        if theirs != ours:
            raise UserError(
                f"{folder}: class {label + 1} is {theirs!r}, but {ours!r} in the descriptions'"
                " names.txt; expected the same names in the same order"
            )
    return source.find(folder)
