"""Speed of training and encoding: our encoders and plain ones of the same shape, in turn.

    python -m benchmarks.encoders [--batches 64 256 1024] [--rounds 5] [--bodies 0 0.18 1] [NAME
    ...]
    python -m benchmarks.encoders --quick  # minutes: ST-GCN, one body a clip and two

The clips are random; settings come from params.yaml, as for NTU-60. The plain one runs
layer by layer in float32 behind a DataLoader, computes every body, and reads its loss each step.
GiB are what each adds to a process of its own; shares are of the measured
speed of this device in one large matrix product and in one large copy.
"""

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.memory import peak
from benchmarks.plain_shift_gcn import PlainShiftGCN
from benchmarks.plain_stgcn import PlainSTGCN
from benchmarks.traffic import Traffic
from zsar import encoders
from zsar.cells import Cell
from zsar.config.config import load
from zsar.encoders.base import Encoder, LabelledClips
from zsar.encoders.supervised import TrainingState

DATASET, CLASSES = "ntu60", 55
FRAMES = {"stgcn": 50, "shift_gcn": 64}
PLAIN = {"stgcn": PlainSTGCN, "shift_gcn": PlainShiftGCN}
# Clips without second bodies and clips that all have one, in rows of their own.
QUICK = {
    "names": ["stgcn"],
    "tasks": ["training", "features"],
    "batches": [64],
    "bodies": [0.0, 1.0],
    "rounds": 3,
}
Clock = Callable[[], float]
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Comparison:
    """One row of the table."""

    encoder: str
    batch: int
    bodies: float  # share of clips with a second body
    workers: int
    config: Any  # of the encoder
    device: torch.device

    def clips(self) -> LabelledClips:
        torch.manual_seed(0)
        skeletons = torch.randn(self.batch, 3, FRAMES[self.encoder], 25, 2)
        skeletons[round(self.bodies * self.batch) :, ..., 1] = 0
        return LabelledClips(skeletons, torch.randint(CLASSES, (self.batch,)))

    def plain(self) -> nn.Module:
        network = PLAIN[self.encoder](self.config)
        return nn.Sequential(network, nn.Linear(network.width, CLASSES)).to(self.device)

    def ours(self, **changes: str) -> Encoder:
        training = replace(self.config.training, batch_size=self.batch, epochs=10**6)
        speed = replace(self.config.speed, **changes)
        config = replace(self.config, training=training, speed=speed)
        return encoders.encoder(self.encoder)(CLASSES, config).to(self.device)


def train_plain(comparison: Comparison) -> Iterator[Any]:
    clips, model = comparison.clips(), comparison.plain().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    data = TensorDataset(clips.skeletons, clips.labels)
    loader = DataLoader(data, comparison.batch, True, num_workers=comparison.workers)
    while True:
        for skeletons, labels in loader:
            optimizer.zero_grad()
            logits = model(skeletons.to(comparison.device))
            loss = F.cross_entropy(logits, labels.to(comparison.device))
            loss.backward()
            optimizer.step()
            yield loss.item()


def train(comparison: Comparison) -> Iterator[Any]:
    clips, encoder = comparison.clips(), comparison.ours()
    clips = LabelledClips(*(each.to(comparison.device) for each in (clips.skeletons, clips.labels)))
    yield from TrainingState(encoder, encoder.config.training).epochs(encoder.losses, clips)


@torch.no_grad()
def encode_plain(comparison: Comparison) -> Iterator[Any]:
    clips, model = comparison.clips(), comparison.plain().eval()
    while True:
        loader = DataLoader(clips.skeletons, comparison.batch, num_workers=comparison.workers)
        yield [model[0](skeletons.to(comparison.device)).cpu() for skeletons in loader]


def encode(precision: str) -> Callable[[Comparison], Iterator[Any]]:
    def encoding(comparison: Comparison) -> Iterator[Any]:
        encoder = comparison.ours(features=precision).eval()
        skeletons = comparison.clips().skeletons.to(comparison.device)
        while True:
            with torch.no_grad():
                made = encoder(skeletons).cpu()
            yield made

    return encoding


TASKS = {
    "training": (train_plain, train),
    "features": (encode_plain, encode("float32")),
    "features, auto": (encode_plain, encode("auto")),
}


def main() -> None:
    args = _arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    chip = torch.cuda.get_device_name() if device.type == "cuda" else platform.machine()
    print(f"{chip}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    matrix, copy = ceilings(device, CLOCKS[args.clock])
    print(f"ceilings: {matrix / 1e12:.2f} Tflop/s in bf16, {copy / 1e9:.1f} GB/s\n")
    print("| encoder | task | batch | second bodies | plain | ours | ratio | GiB | share |")
    print("|---|---|---|---|---|---|---|---|---|")
    settings = load(args.root).at(Cell(DATASET))
    for name in args.names or PLAIN:
        config = settings.of("encoders", name, encoders.encoder(name).Config)
        for task, batch, bodies in product(args.tasks, args.batches, args.bodies):
            comparison = Comparison(name, batch, bodies, args.workers, config, device)
            _report(comparison, task, args, matrix, copy)


def _report(
    comparison: Comparison, task: str, args: argparse.Namespace, matrix: float, copy: float
) -> None:
    head = f"| {comparison.encoder} | {task} | {comparison.batch} | {comparison.bodies:.0%} "
    small = replace(comparison, batch=min(args.batches))
    if peak(comparison.device, _turn, task, 0, small) * comparison.batch / small.batch > args.most:
        print(f"{head}| - | - | - | over {args.most:g} | - |", flush=True)
        return
    spaces = [peak(comparison.device, _turn, task, side, comparison) for side in (0, 1)]
    runs = [side(comparison) for side in TASKS[task]]
    clock = CLOCKS[args.clock]
    times = [
        [seconds_of(run, comparison.device, clock) for run in runs] for _ in range(args.rounds + 1)
    ]
    times = times[1:]  # the first sets up
    plain, ours = (comparison.batch / median(each) for each in zip(*times, strict=True))
    ratio = median(slow / fast for slow, fast in times)
    flops, moved = work_of(runs[1])
    speed = ours / comparison.batch
    share = f"{flops * speed / matrix:.0%} / {moved * speed / copy:.0%}"
    space = f"{spaces[0]:.1f} / {spaces[1]:.1f}"
    print(f"{head}| {plain:.1f} | {ours:.1f} | {ratio:.2f} | {space} | {share} |", flush=True)


def seconds_of(run: Iterator[Any], device: torch.device, clock: Clock) -> float:
    start = clock()
    next(run)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def work_of(run: Iterator[Any]) -> tuple[int, int]:
    """Floating-point operations, and bytes that operators read and write, of one turn."""
    with FlopCounterMode(display=False) as counter:
        next(run)
    with Traffic() as traffic:
        next(run)
    return counter.get_total_flops(), traffic.bytes


def _turn(task: str, side: int, comparison: Comparison) -> Callable[[], Any]:
    return TASKS[task][side](comparison).__next__


def ceilings(device: torch.device, clock: Clock) -> tuple[float, float]:
    """The best of several: floating-point operations a second, and bytes read or written."""
    side = 8192 if device.type == "cuda" else 2048
    one = torch.randn(side, side, device=device).bfloat16()
    large = torch.empty(2**28 if device.type == "cuda" else 2**26, device=device)
    target = torch.empty_like(large)
    steps = (lambda: one @ one), (lambda: target.copy_(large))
    multiply, copy = (
        min(seconds_of(iter(step, None), device, clock) for _ in range(8)) for step in steps
    )
    return 2 * side**3 / multiply, 2 * large.numel() * large.element_size() / copy


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(PLAIN)}")
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--batches", nargs="+", type=int, default=[64, 256, 1024])
    parser.add_argument("--bodies", nargs="+", type=float, default=[0.0, 0.18, 1.0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=0, help="of the DataLoader")
    parser.add_argument("--most", type=float, default=1e9, help="GiB that a comparison may need")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="cpu if busy")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of params.yaml")
    parser.add_argument("--quick", action="store_true", help="few rows, unless others are named")
    if parser.parse_args().quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


if __name__ == "__main__":
    main()
