"""What PURLS's label leak is worth: the published test, in which the text of the TRUE class guides
the attention, beside ours, in which each candidate guides it.

    python -m benchmarks.purls_leak [--cell demo/smie50/unseen5/stgcn]

Needs the trained `purls` of the cell (`dvc exp run -S method=purls`). The epoch is the one that the
validation phase chose; the leaking scores choose nothing, and no stage asks for them.
"""

import argparse
from dataclasses import replace
from typing import cast

from stages.harness import needs
from zsar.cells import Cell
from zsar.config.config import load
from zsar.data.artifacts import SplitFile, read
from zsar.experiment import inputs
from zsar.experiment.device import configure_torch, tensor
from zsar.learning.losses import positions
from zsar.learning.world import Sizes
from zsar.methods.purls import PURLS
from zsar.reproducible import restart_pinned


def main() -> None:
    given = load()
    if given.params.run.reproducible:
        restart_pinned()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cell", default="demo/smie50/unseen5/stgcn")
    cell = Cell.at(parser.parse_args().cell, "test", "purls")
    settings = needs.cell_settings(cell, given)
    print(f"{cell.key}\n\n| seed | each candidate guides | the true class guides |")
    print("|---|--:|--:|")
    for seed in settings.run.seeds:
        ours, leaking = accuracies(cell.with_seed(seed))
        print(f"| {seed} | {ours:.1f} | {leaking:.1f} |", flush=True)


def accuracies(cell: Cell) -> tuple[float, float]:
    """In per cent, on the test clips of unseen classes."""
    settings = needs.cell_settings(cell, load())
    device, split = configure_torch(settings), read(cell.split_file, SplitFile)
    clips = inputs.load_clips(cell, settings, device)
    text, unseen = inputs.load_text(cell, settings, device), tensor(split.unseen, device)
    method = cast(PURLS, inputs.load_method(cell, settings, Sizes.of(clips, text), device))
    novel = clips[tensor(split.test_unseen, device)]
    novel = replace(novel, labels=positions(novel.labels, unseen))
    tests = method.score(novel, text[unseen]), method.score_guided_by_labels(novel, text[unseen])
    ours, leaking = (
        100 * (scores.argmax(1) == novel.labels).double().mean().item() for scores in tests
    )
    return ours, leaking


if __name__ == "__main__":
    main()
