"""What makes the training of an encoder fast: each measure alone and together, in turn.

    python -m benchmarks.ablation [--batches 64 256 1024] [--rounds 5] [NAME ...]

Clips a second of a training step on random clips, and the ratio to the plain loop of
benchmarks/encoders.py. Shares are of the speed of this device in one large product in bf16.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from statistics import median
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.encoders import (
    CLASSES,
    CLOCKS,
    DATASET,
    PLAIN,
    Comparison,
    ceilings,
    seconds_of,
    train_plain,
    work_of,
)
from zsar import encoders
from zsar.cells import Cell
from zsar.config.config import load
from zsar.encoders import graph, layers, stgcn
from zsar.encoders.base import LabelledClips
from zsar.encoders.supervised import TrainingState

VARIANTS: dict[str, dict[str, Any]] = {
    "eager": {"training": "float32"},
    "bf16": {"training": "bf16"},
    "compiled": {"training": "float32", "compile": True},
    "bf16, compiled": {"training": "bf16", "compile": True},
    "bf16, channels first": {"training": "bf16", "channels": "first"},
    "bf16, every body": {"training": "bf16", "absent_bodies": "separate"},
}


@contextmanager
def channels_first() -> Iterator[None]:
    """Undo the order of memory that convolutions like best."""
    with ExitStack() as stack:
        for place in (layers, graph, stgcn):
            undone = patch.object(place, "channels_last", lambda rows: rows.contiguous())
            stack.enter_context(undone)
        yield


def ours(comparison: Comparison, changes: dict[str, Any]) -> Iterator[Any]:
    clips = comparison.clips()
    clips = LabelledClips(*(each.to(comparison.device) for each in (clips.skeletons, clips.labels)))
    encoder = comparison.ours(**{key: each for key, each in changes.items() if key != "channels"})
    steps = TrainingState(encoder, encoder.config.training).epochs(encoder.losses, clips)
    order = channels_first if changes.get("channels") == "first" else nullcontext
    while True:
        with order():
            row = next(steps)
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(PLAIN)}")
    parser.add_argument("--batches", nargs="+", type=int, default=[64, 256, 1024])
    parser.add_argument("--bodies", type=float, default=0.18)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], choices=list(VARIANTS))
    given = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    clock = CLOCKS["wall"]
    matrix, _ = ceilings(device, clock)
    names = [name for name in VARIANTS if name not in given.without]
    settings = load().at(Cell(DATASET))
    print(f"{CLASSES} classes on {device}, {matrix / 1e12:.2f} Tflop/s in bf16")
    print("| encoder | batch | variant | clips/s | to the plain loop | share |")
    print("|---|--:|---|--:|--:|--:|", flush=True)
    for name in given.names or PLAIN:
        config = settings.of("encoders", name, encoders.encoder(name).Config)
        for batch in given.batches:
            comparison = Comparison(name, batch, given.bodies, 0, config, device)
            runs: dict[str, Callable[[], Any]] = {"plain loop": train_plain(comparison).__next__}
            for each in names:
                runs[each] = ours(comparison, VARIANTS[each]).__next__
            times: dict[str, list[float]] = {each: [] for each in runs}
            for _ in range(given.rounds + 1):
                for each, step in runs.items():
                    times[each].append(seconds_of(iter(step, None), device, clock))
            flops, _ = work_of(ours(comparison, VARIANTS["eager"]))
            plain = median(times["plain loop"][1:])
            for each, found in times.items():
                spent = median(found[1:])  # the first sets up
                share = flops / spent / matrix
                print(
                    f"| {name} | {batch} | {each} | {batch / spent:.1f} | {plain / spent:.2f} |"
                    f" {share:.0%} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
