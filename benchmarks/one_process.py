"""What sharing batches costs before there is anybody to share with: a process group of one.

    python -m benchmarks.one_process [--clips 256] [--rounds 20]

The published ST-GCN, a step alone and a step through DistributedDataParallel, in turn, with nccl
on a GPU and gloo on a CPU; and whether both learn the same.
"""

import argparse
import tempfile
from collections.abc import Callable
from statistics import median

import torch
import torch.distributed as dist

from benchmarks.encoders import CLASSES, CLOCKS, DATASET, Comparison, seconds_of
from zsar import encoders
from zsar.cells import Cell
from zsar.config.config import load
from zsar.encoders.base import LabelledClips
from zsar.encoders.supervised import OPTIMIZERS, sharded
from zsar.learning.training import Losses


def steps(comparison: Comparison, together: bool) -> Callable[[], float]:
    """A function that takes a step and says its loss."""
    torch.manual_seed(0)
    encoder = comparison.ours(training="float32").train()
    clips = comparison.clips()
    clips = LabelledClips(*(each.to(comparison.device) for each in (clips.skeletons, clips.labels)))
    losses: Callable[[LabelledClips], Losses] = encoder.losses
    if together:
        losses = sharded(encoder, encoder.losses)
    optimizer = OPTIMIZERS["adam"](encoder, encoder.config.training)

    def step() -> float:
        torch.manual_seed(0)
        loss = torch.stack(tuple(losses(clips).values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    backend = "nccl" if device.type == "cuda" else "gloo"
    settings = load().at(Cell(DATASET))
    config = settings.of("encoders", "stgcn", encoders.encoder("stgcn").Config)
    comparison = Comparison("stgcn", given.clips, 0.18, 0, config, device)
    with tempfile.TemporaryDirectory() as folder:
        dist.init_process_group(backend, f"file://{folder}/meeting", rank=0, world_size=1)
        alone, shared = steps(comparison, False), steps(comparison, True)
        equal = all(abs(alone() - shared()) < 1e-4 for _ in range(3))
        clock = CLOCKS["wall"]
        times = [
            [seconds_of(iter(step, None), device, clock) for step in (alone, shared)]
            for _ in range(given.rounds)
        ]
        dist.destroy_process_group()
    one, other = (median(each) for each in zip(*times, strict=True))
    print(f"{CLASSES} classes, batch {given.clips}, {backend}: the same losses: {equal}")
    print(f"alone {given.clips / one:.1f} clips/s, in a group {given.clips / other:.1f}")


if __name__ == "__main__":
    main()
