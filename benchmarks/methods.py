"""Speed of training: our methods and a plain loop of the same, epoch by epoch in turn.

    python -m benchmarks.methods [--clips 512] [--features 36000] [--rounds 5] [NAME ...]

The clips are random, of the size of NTU-60's, as many of them with a second body; settings come
from params.yaml. Methods that learn from features alone get as many as NTU-60 has: a loader that
is created in every step shuffles all of them every step.
"""

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any, Literal

import torch

from benchmarks import plain_methods, plain_vae
from zsar import encoders, methods
from zsar.cells import Cell
from zsar.config.config import load
from zsar.config.settings import Settings
from zsar.encoders.base import Encoder
from zsar.experiment.device import configure_torch
from zsar.learning.world import Clips, Sizes, Text

Train = Callable[[Clips, Text, Any, Encoder | None], Iterator[Any]]  # an epoch at a time, endless
DATASET, CLASSES, FRAMES, WIDTH = "ntu60", 55, 50, 384
TWO_BODIES = 11 / 60  # classes of NTU-60 that two persons act
ENDLESS = 10**6


@dataclass(frozen=True)
class Comparison:
    plain: Train
    method: str  # ours
    adapted: Callable[[Any], Any]  # its published settings -> those of the comparison
    inputs: Literal["skeletons", "features"]

    def config(self, settings: Settings) -> Any:
        kind = methods.method(self.method)
        return self.adapted(settings.of("methods", self.method, kind.Config))

    def ours(self, seen: Clips, text: Text, config: Any, encoder: Encoder | None) -> Iterator[Any]:
        method = methods.method(self.method)(Sizes.of(seen, text), config, encoder)
        yield from method.to(seen.labels.device).fit(seen, text)


def endless(config: Any, **changes: Any) -> Any:
    return replace(config, **changes, epochs=ENDLESS)


def short(config: Any) -> Any:
    """Cycles of a tenth of the length, their terms in proportion."""
    schedule = config.schedule
    steps = ("steps", "motion_kl_after", "text_kl_after", "cross_after")
    tenths = {name: getattr(schedule, name) // 10 for name in steps}
    return replace(config, schedule=replace(schedule, cycles=ENDLESS, **tenths))


COMPARISONS = {
    "pgfa": Comparison(
        plain_methods.pgfa, "pgfa", partial(endless, encoder="from_scratch"), "skeletons"
    ),
    "smie": Comparison(plain_methods.smie, "smie", endless, "skeletons"),
    "smie, features precomputed": Comparison(
        plain_methods.smie_on_features, "smie", endless, "skeletons"
    ),
    "cada_vae": Comparison(plain_vae.cada_vae, "cada_vae", short, "features"),
    "synse": Comparison(plain_vae.synse, "synse", short, "features"),
    "msf": Comparison(plain_vae.msf, "msf", short, "features"),
    "amsf": Comparison(plain_vae.amsf, "amsf", short, "features"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(COMPARISONS)}")
    parser.add_argument("--clips", type=int, default=512)
    parser.add_argument("--features", type=int, default=36_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    settings = load().at(Cell(DATASET))
    settings.values["run"]["reproducible"] = False  # both may use all that the processor has
    device = configure_torch(settings)
    names = args.names or list(COMPARISONS)
    counts = {"skeletons": args.clips, "features": args.features}
    worlds = {
        kind: INPUTS[kind](counts[kind], settings, device)
        for kind in dict.fromkeys(COMPARISONS[name].inputs for name in names)
    }
    where = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    print(f"{counts}, {where or platform.machine()}, torch {torch.__version__}")
    print(f"{'seconds per epoch (median)':30} {'plain':>9} {'ours':>9} {'ratio':>9}")
    for name in names:
        comparison = COMPARISONS[name]
        seen, encoder = worlds[comparison.inputs]
        plain, ours = compare(comparison, seen, encoder, settings, args.rounds)
        print(f"{name:30} {plain:9.3f} {ours:9.3f} {plain / ours:8.2f}x", flush=True)


def compare(
    comparison: Comparison, seen: Clips, encoder: Encoder | None, settings: Settings, rounds: int
) -> tuple[float, float]:
    """The median seconds of an epoch of either; the first epoch, which sets up, does not count."""
    config = comparison.config(settings)
    text = random_text(len(settings.sources(comparison.method)), seen.labels.device)
    times: list[tuple[float, float]] = []
    both = [train(seen, text, config, encoder) for train in (comparison.plain, comparison.ours)]
    for _ in range(1 + rounds):
        times.append(tuple(seconds(each, seen.labels.device) for each in both))
    plain, ours = zip(*times[1:], strict=True)
    return median(plain), median(ours)


def seconds(training: Iterator[Any], device: torch.device) -> float:
    start = time.perf_counter()
    next(training)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def clips(count: int, settings: Settings, device: torch.device) -> tuple[Clips, Encoder | None]:
    torch.manual_seed(0)
    kind = encoders.encoder("stgcn")
    encoder = kind(CLASSES, settings.of("encoders", "stgcn", kind.Config))
    encoder = encoder.to(device).eval().requires_grad_(False)
    labels = torch.arange(count, device=device) % CLASSES
    skeletons = torch.randn(count, 3, FRAMES, 25, 2, device=device)
    skeletons[torch.rand(count) > TWO_BODIES, ..., 1] = 0
    features = torch.cat([encoder(part) for part in skeletons.split(256)])
    return Clips(labels, features, skeletons), encoder


def features(count: int, settings: Settings, device: torch.device) -> tuple[Clips, Encoder | None]:
    """Clips that have features and classes only."""
    torch.manual_seed(0)
    labels = torch.arange(count, device=device) % CLASSES
    no_frames = torch.zeros(count, 3, 0, 25, 2, device=device)
    return Clips(labels, torch.randn(count, 256, device=device).relu(), no_frames), None


INPUTS = {"skeletons": clips, "features": features}


def random_text(sources: int, device: torch.device) -> Text:
    pooled = torch.randn(CLASSES, sources, WIDTH, device=device)
    groups = torch.arange(CLASSES, device=device)[:, None].expand(-1, sources)
    return Text(pooled, pooled[:, :, None], groups)


if __name__ == "__main__":
    main()
