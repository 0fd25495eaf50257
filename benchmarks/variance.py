"""How much of the variance between runs is the encoder's, and how much the method's.

    dvc repro && python benchmarks/variance.py demo/smie50/unseen5/stgcn devise smie global_clip

Every seed of `run.seeds` has left an encoder; on each of them a method is trained with every seed,
its epoch chosen in the validation phase. The table shows standard deviations of the accuracy in
points, by a two-way analysis of variance with random effects; a negative estimate is 0.
"""

import argparse
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch

from stages.harness.launch import run_trainings
from stages.harness.needs import cell_settings
from zsar import methods
from zsar.cells import PHASES, Cell
from zsar.config.config import load
from zsar.config.settings import Settings, without_layers
from zsar.data.artifacts import SplitFile, read
from zsar.experiment import inputs
from zsar.experiment.alignment import UnseenEvaluation, train_and_select
from zsar.experiment.device import configure_torch, tensor
from zsar.learning.world import Sizes
from zsar.processes import Job, Report
from zsar.reproducible import restart_pinned


def accuracy(cell: Cell, settings: Settings, seed: int, report: Report) -> float:
    """In the test phase, of a method with a seed on the encoder of the cell."""
    device = configure_torch(settings)
    kind = methods.method(without_layers(cell.method))
    config: Any = settings.of("methods", cell.method, kind.Config)
    chosen = None
    for here in map(cell.in_phase, PHASES):
        split = read(here.split_file, SplitFile)
        clips = inputs.load_clips(here, settings, device)
        text = inputs.load_text(here, settings, device)
        seen, novel = (
            clips[tensor(rows, device)] for rows in (split.train_seen, split.test_unseen)
        )
        needed = kind.needs_skeletons(config)
        encoder = inputs.load_encoder(here, settings, device) if needed else None
        torch.manual_seed(seed)
        method = kind(Sizes.of(clips, text), config, encoder).to(device)
        evaluation = UnseenEvaluation(novel, text, tensor(split.unseen, device))
        result = train_and_select(method, seen, evaluation, seed, chosen, report)
        chosen = result.kept
    return 100 * result.accuracies[chosen - 1]


def components(table: np.ndarray) -> tuple[float, float, float]:
    """Standard deviations due to rows, to columns and to the rest."""
    rows, columns = table.shape
    centred = table - table.mean()
    by_row, by_column = centred.mean(1), centred.mean(0)
    rest = centred - by_row[:, None] - by_column
    noise = float((rest**2).sum() / ((rows - 1) * (columns - 1)))
    row = float((by_row**2).sum() / (rows - 1)) - noise / columns
    column = float((by_column**2).sum() / (columns - 1)) - noise / rows
    root: Callable[[float], float] = lambda value: max(0.0, value) ** 0.5
    return root(row), root(column), root(noise)


def main() -> None:
    if load().params.run.reproducible:
        restart_pinned()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cell", help="DATASET/PREPROCESS/SPLIT/ENCODER, run before")
    parser.add_argument("methods", nargs="+")
    given = parser.parse_args()
    print("| method | mean | encoder | method | both together | encoder's share of the variance |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in given.methods:
        cell = Cell.at(given.cell, method=name)
        settings = cell_settings(cell, load())
        seeds = settings.run.seeds
        steps = len(PHASES) * inputs.num_epochs(cell, settings)
        jobs = [
            Job(
                f"encoder {a}, method {b}", partial(accuracy, cell.with_seed(a), settings, b), steps
            )
            for a, b in product(seeds, seeds)
        ]
        found = run_trainings(jobs, name, settings)
        table = np.array(found).reshape(len(seeds), len(seeds))
        encoder, method, rest = components(table)
        total = encoder**2 + method**2 + rest**2
        share = f"{100 * encoder**2 / total:.0f} %" if total else "-"
        values = f"{table.mean():.1f} | {encoder:.1f} | {method:.1f} | {rest:.1f} | {share}"
        print(f"| `{name}` | {values} |", flush=True)


if __name__ == "__main__":
    main()
