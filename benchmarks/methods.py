"""How fast methods train: ours and a straightforward loop of the same, epoch by epoch in turn.

    python -m benchmarks.methods [--clips 512] [--features 36000] [--rounds 5] [NAME ...]

The clips are random, of the size of NTU-60's, as many of them with a second body; settings come
from params.yaml. Methods that learn from features alone get as many as NTU-60 has: a loader that
is begun anew every step shuffles all of them every step.
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

from benchmarks import plain_autoencoders, plain_methods
from zsar import encoders, methods
from zsar.cells import Cell
from zsar.config.config import load
from zsar.config.settings import Settings
from zsar.experiment import inputs
from zsar.learning.world import Clips, Sizes, Text

Training = Callable[[Clips, Text, Any], Iterator[Any]]  # an epoch at a time, without end
DATASET, CLASSES, FRAMES, WIDTH = "ntu60", 55, 50, 384
TWO_BODIES = 11 / 60  # classes of NTU-60 that two persons act
ENDLESS = 10**6


@dataclass(frozen=True)
class Contest:
    plain: Training
    method: str  # ours, against it
    adapted: Callable[[Any], Any]  # its published settings, for the contest
    world: Literal["skeletons", "features"]  # what they learn from

    def settings(self, given: Settings) -> Any:
        kind = methods.method(self.method)
        return self.adapted(given.of("methods", self.method, kind.Config))

    def ours(self, seen: Clips, text: Text, settings: Any) -> Iterator[Any]:
        method = methods.method(self.method)(Sizes.of(seen, text), settings)
        yield from method.to(seen.labels.device).fit(seen, text)


def endless(settings: Any, **changes: Any) -> Any:
    return replace(settings, **changes, epochs=ENDLESS)


def short(settings: Any) -> Any:
    """Cycles of a tenth of the length, their terms in proportion."""
    plan = settings.schedule
    steps = ("steps", "motion_kl_after", "text_kl_after", "cross_after")
    tenths = {name: getattr(plan, name) // 10 for name in steps}
    return replace(settings, schedule=replace(plan, cycles=ENDLESS, **tenths))


CONTESTS = {
    "pgfa": Contest(
        plain_methods.pgfa, "pgfa", partial(endless, encoder="from_scratch"), "skeletons"
    ),
    "smie": Contest(plain_methods.smie, "smie", endless, "skeletons"),
    "smie, features at hand": Contest(plain_methods.smie_on_features, "smie", endless, "skeletons"),
    "cada_vae": Contest(plain_autoencoders.cada_vae, "cada_vae", short, "features"),
    "synse": Contest(plain_autoencoders.synse, "synse", short, "features"),
    "msf": Contest(plain_autoencoders.msf, "msf", short, "features"),
    "amsf": Contest(plain_autoencoders.amsf, "amsf", short, "features"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(CONTESTS)}")
    parser.add_argument("--clips", type=int, default=512)
    parser.add_argument("--features", type=int, default=36_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    given = load().at(Cell(DATASET))
    device = inputs.device(given)
    names = asked.names or list(CONTESTS)
    counts = {"skeletons": asked.clips, "features": asked.features}
    worlds = {
        kind: WORLDS[kind](counts[kind], given, device)
        for kind in dict.fromkeys(CONTESTS[name].world for name in names)
    }
    where = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    print(f"{counts}, {where or platform.machine()}, torch {torch.__version__}")
    print(f"{'seconds per epoch (median)':30} {'plain':>9} {'ours':>9} {'ratio':>9}")
    for name in names:
        rivals = CONTESTS[name]
        plain, ours = contest(rivals, worlds[rivals.world], given, asked.rounds)
        print(f"{name:30} {plain:9.3f} {ours:9.3f} {plain / ours:8.2f}x", flush=True)


def contest(rivals: Contest, seen: Clips, given: Settings, rounds: int) -> tuple[float, float]:
    """The median seconds of an epoch of either; the first epoch, which sets up, does not count."""
    settings = rivals.settings(given)
    text = told(len(given.sources(rivals.method)), seen.labels.device)
    times: list[tuple[float, float]] = []
    either = [train(seen, text, settings) for train in (rivals.plain, rivals.ours)]
    for _ in range(1 + rounds):
        times.append(tuple(seconds(each, seen.labels.device) for each in either))
    plain, ours = zip(*times[1:], strict=True)
    return median(plain), median(ours)


def seconds(training: Iterator[Any], device: torch.device) -> float:
    start = time.perf_counter()
    next(training)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def recordings(count: int, given: Settings, device: torch.device) -> Clips:
    torch.manual_seed(0)
    kind = encoders.encoder("stgcn")
    encoder = kind(CLASSES, given.of("encoders", "stgcn", kind.Config))
    encoder = encoder.to(device).eval().requires_grad_(False)
    labels = torch.arange(count, device=device) % CLASSES
    skeletons = torch.randn(count, 3, FRAMES, 25, 2, device=device)
    skeletons[torch.rand(count) > TWO_BODIES, ..., 1] = 0
    features = torch.cat([encoder(part) for part in skeletons.split(256)])
    return Clips(labels, features, skeletons, encoder)


def features(count: int, given: Settings, device: torch.device) -> Clips:
    """Clips of which nothing but features and classes are known."""
    torch.manual_seed(0)
    labels = torch.arange(count, device=device) % CLASSES
    nothing = torch.zeros(count, 3, 0, 25, 2, device=device)
    return Clips(
        labels, torch.randn(count, 256, device=device).relu(), nothing, torch.nn.Identity()
    )


WORLDS = {"skeletons": recordings, "features": features}


def told(sources: int, device: torch.device) -> Text:
    words = torch.randn(CLASSES, sources, WIDTH, device=device)
    groups = torch.arange(CLASSES, device=device)[:, None].expand(-1, sources)
    return Text(words, words[:, :, None], groups)


if __name__ == "__main__":
    main()
