"""The readings of a study: each method as it is, and with named layers of its published code."""

from dataclasses import dataclass, replace

from zsar.cells import Cell
from zsar.reproduce.study import StudyRun


@dataclass(frozen=True)
class Readings:
    """A method of a cell, and the layers with which the study runs it, too."""

    plain: Cell
    layers: tuple[str, ...]

    def cell(self, layer: str) -> Cell:
        return replace(self.plain, method=f"{self.plain.method}+{layer}")

    @property
    def cells(self) -> list[Cell]:
        return [self.plain, *map(self.cell, self.layers)]


def readings(runs: list[StudyRun]) -> list[Readings]:
    """In the order of the runs; recognition has none. A method whose name is that of another one
    of its cell and one layer more is a reading of that."""
    cells = [run.cell for run in runs if run.cell.method]
    named = {(cell.key, cell.method): cell for cell in cells}
    layers: dict[Cell, list[str]] = {}
    for cell in cells:
        method, _, layer = cell.method.rpartition("+")
        plain = named.get((cell.key, method))
        if plain is None:
            layers.setdefault(cell, [])
        else:
            layers.setdefault(plain, []).append(layer)
    return [Readings(plain, tuple(some)) for plain, some in layers.items()]
