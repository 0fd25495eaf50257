"""Classify clips of unseen classes where one clip of each is known: PGFA's one-shot protocol."""

from pathlib import Path

from stages.harness.write import numbers
from zsar.cells import METRICS, Cell
from zsar.config.settings import Settings
from zsar.experiment.one_shot import OneShotConfig, one_shot


def main(cell: Cell, settings: Settings) -> None:
    """Write the metrics of the protocol."""
    config = settings.of("protocols", "one_shot", OneShotConfig)
    numbers(metrics(cell), one_shot(cell, settings, config))


def metrics(cell: Cell) -> Path:
    """Apart from the metrics of zero-shot cells: here a clip of each class is known."""
    return METRICS / "one_shot" / cell.metrics.relative_to(METRICS)
