"""Speed of UmURL: our pre-training and feature extraction, and a plain loop of the same, in turn.

    python -m benchmarks.umurl [--clips 2048] [--frames 100] [--width 1024] [--batch 512] ...

The clips are random; settings come from params.yaml. The plain loop computes in float32,
on a GPU in fp16 as published; ours as the settings say. Memory is what two turns need in a process
of their own, the workers of the plain loop not counted.
"""

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import torch

from benchmarks import plain_umurl
from benchmarks.memory import peak
from zsar.cells import Cell
from zsar.config.config import load
from zsar.encoders.umurl import UmURL, UmURLConfig
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.encoders.umurl_pretraining import PretrainingConfig, batch_loss
from zsar.learning.optim import adam
from zsar.learning.training import full

CLASSES = 60


@dataclass(frozen=True)
class Comparison:
    """The input of both programs."""

    skeletons: np.ndarray
    config: UmURLConfig
    batch: int
    workers: int
    device: torch.device

    def network(self) -> Projected:
        backbone = Backbone(self.config.width, self.config.frames)
        made = Projected(backbone, self.config.pretraining.projection)
        return made.to(self.device).train()

    def encoder(self) -> UmURL:
        return UmURL(CLASSES, self.config).to(self.device).eval()

    def clips(self) -> torch.Tensor:
        return torch.from_numpy(self.skeletons).to(self.device)


def plain_pretraining(comparison: Comparison) -> Callable[[], object]:
    config = comparison.config.pretraining
    return plain_umurl.steps(
        comparison.network(), comparison.skeletons, config, comparison.workers
    ).__next__


def our_pretraining(comparison: Comparison) -> Callable[[], object]:
    return _steps(comparison.network(), comparison.clips(), comparison.config.pretraining).__next__


def plain_extraction(comparison: Comparison) -> Callable[[], object]:
    backbone, given = comparison.encoder().network, (comparison.batch, comparison.workers)
    return lambda: plain_umurl.features(backbone, comparison.skeletons, *given)


def our_extraction(comparison: Comparison) -> Callable[[], object]:
    encoder, clips = comparison.encoder(), comparison.clips()
    return lambda: encoder.encode(clips)


TASKS = {
    "pre-training": (plain_pretraining, our_pretraining),
    "extraction": (plain_extraction, our_extraction),
}


def main() -> None:
    args = _arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = load().at(Cell("ntu60")).of("encoders", "umurl", UmURL.Config)
    pretraining = replace(config.pretraining, batch_size=args.batch, projection=4 * args.width)
    config = replace(config, width=args.width, pretraining=pretraining)
    torch.manual_seed(0)
    skeletons = torch.randn(args.clips, 3, args.frames, 25, 2).numpy()
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, {device}, torch"
        f" {torch.__version__}; {args.clips} clips of {args.frames} frames, batches of"
        f" {args.batch}, width {args.width}, {pretraining.precision}, {args.workers} workers"
    )
    comparison = Comparison(skeletons, config, args.batch, args.workers, device)
    _compare("pre-training", comparison, args.batch, args.rounds)
    _compare("extraction", comparison, args.clips, args.rounds)


def _steps(
    network: Projected, skeletons: torch.Tensor, config: PretrainingConfig
) -> Iterator[None]:
    loss = batch_loss(network, skeletons, config)
    optimizer = adam(network, config.optimizer)
    while True:
        for rows in full(len(skeletons), config.batch_size, skeletons.device):
            optimizer.zero_grad(set_to_none=True)
            sum(loss(rows).values()).backward()
            optimizer.step()
            yield


def _compare(task: str, comparison: Comparison, clips: int, rounds: int) -> None:
    """Alternate, after a round that does not count."""
    spaces = [peak(comparison.device, side, comparison) for side in TASKS[task]]
    steps = [side(comparison) for side in TASKS[task]]
    times = [[_seconds(step, comparison.device) for step in steps] for _ in range(1 + rounds)][1:]
    for side, found, space in zip(("plain", "ours"), zip(*times, strict=True), spaces, strict=True):
        speeds = [clips / each for each in found]
        print(
            f"{task:13} {side:6} {median(speeds):9.1f} clips/s"
            f" ({min(speeds):.1f} to {max(speeds):.1f}), {space:.2f} GiB"
        )
    ratio = median(plain / ours for plain, ours in times)
    print(f"{task:13} ours is {ratio:.2f} times as fast", flush=True)


def _seconds(step: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=2048)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
