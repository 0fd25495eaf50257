"""How fast UmURL is pre-trained and used: ours and a straightforward loop of the same, in turn.

    python -m benchmarks.umurl [--clips 2048] [--frames 100] [--width 1024] [--batch 512] ...

The clips are random; settings come from params.yaml. The straightforward loop computes in float32,
on a GPU in fp16 as published; ours as the settings say. Memory is what two turns need in a process
of their own, the workers of the straightforward loop not counted.
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
from zsar.encoders.umurl_pretraining import PretrainingConfig, agreement
from zsar.encoders.umurl_views import to_frame_major
from zsar.learning.optim import adam
from zsar.learning.training import full

CLASSES = 60


@dataclass(frozen=True)
class Race:
    """What both sides are given."""

    skeletons: np.ndarray
    recipe: UmURLConfig
    batch: int
    workers: int
    device: torch.device

    def network(self) -> Projected:
        backbone = Backbone(self.recipe.width, self.recipe.frames)
        made = Projected(backbone, self.recipe.pretraining.projection)
        return made.to(self.device).train()

    def encoder(self) -> UmURL:
        return UmURL(CLASSES, self.recipe).to(self.device).eval()

    def clips(self) -> torch.Tensor:
        return torch.from_numpy(self.skeletons).to(self.device)


def plain_pretraining(race: Race) -> Callable[[], object]:
    settings = race.recipe.pretraining
    return plain_umurl.steps(race.network(), race.skeletons, settings, race.workers).__next__


def our_pretraining(race: Race) -> Callable[[], object]:
    return _steps(race.network(), race.clips(), race.recipe.pretraining).__next__


def plain_extraction(race: Race) -> Callable[[], object]:
    encoder = race.encoder()
    return lambda: plain_umurl.features(encoder, race.skeletons, race.batch, race.workers)


def our_extraction(race: Race) -> Callable[[], object]:
    encoder, clips = race.encoder(), race.clips()
    return lambda: encoder.features(clips)


TASKS = {
    "pre-training": (plain_pretraining, our_pretraining),
    "extraction": (plain_extraction, our_extraction),
}


def main() -> None:
    asked = _arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    given = load().at(Cell("ntu60")).of("encoders", "umurl", UmURL.Config)
    pretext = replace(given.pretraining, batch_size=asked.batch, projection=4 * asked.width)
    given = replace(given, width=asked.width, pretraining=pretext)
    torch.manual_seed(0)
    skeletons = torch.randn(asked.clips, 3, asked.frames, 25, 2).numpy()
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, {device}, torch"
        f" {torch.__version__}; {asked.clips} clips of {asked.frames} frames, batches of"
        f" {asked.batch}, width {asked.width}, {pretext.precision}, {asked.workers} workers"
    )
    race = Race(skeletons, given, asked.batch, asked.workers, device)
    _compare("pre-training", race, asked.batch, asked.rounds)
    _compare("extraction", race, asked.clips, asked.rounds)


def _steps(
    network: Projected, skeletons: torch.Tensor, settings: PretrainingConfig
) -> Iterator[None]:
    film = to_frame_major(skeletons)
    loss = agreement(network, film, settings)
    optimizer = adam(network, settings.optimizer)
    while True:
        for rows in full(len(film), settings.batch_size, film.device):
            optimizer.zero_grad(set_to_none=True)
            sum(loss(rows).values()).backward()
            optimizer.step()
            yield


def _compare(task: str, race: Race, clips: int, rounds: int) -> None:
    """Alternate, after a round that does not count."""
    spaces = [peak(race.device, side, race) for side in TASKS[task]]
    steps = [side(race) for side in TASKS[task]]
    times = [[_seconds(step, race.device) for step in steps] for _ in range(1 + rounds)][1:]
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
