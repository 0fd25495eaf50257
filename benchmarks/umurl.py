"""How fast UmURL is pre-trained and used: ours and a straightforward loop of the same, in turn.

    python -m benchmarks.umurl [--clips 2048] [--frames 100] [--width 1024] [--batch 512] ...

The clips are random; settings come from params.yaml. The straightforward loop computes in float32,
on a GPU in fp16 as published; ours as the settings say. Memory is the peak of a GPU, and where
there is none that of the process so far.
"""

import argparse
import platform
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

import numpy as np
import torch

from benchmarks import plain_umurl
from zsar import params
from zsar.encoders.pretraining import Pretext, agreement
from zsar.encoders.umurl import UmURL
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.learning.training import adam, full
from zsar.learning.views import filmed

CLASSES = 60


def main() -> None:
    asked = _arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    given = params.load().of("encoders", "umurl", "ntu60", UmURL.Settings)
    pretext = replace(given.pretraining, batch_size=asked.batch, projection=4 * asked.width)
    given = replace(given, width=asked.width, pretraining=pretext)
    torch.manual_seed(0)
    skeletons = torch.randn(asked.clips, 3, asked.frames, 25, 2).numpy()
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, {device}, torch"
        f" {torch.__version__}; {asked.clips} clips of {asked.frames} frames, batches of"
        f" {asked.batch}, width {asked.width}, {pretext.precision}, {asked.workers} workers"
    )
    _pretraining(skeletons, given, asked, device)
    _extraction(skeletons, given, asked, device)


def _pretraining(skeletons, given, asked, device) -> None:
    def network() -> Projected:
        backbone = Backbone(asked.width, given.frames)
        return Projected(backbone, given.pretraining.projection).to(device).train()

    plain = plain_umurl.steps(network(), skeletons, given.pretraining, asked.workers)
    ours = _steps(network(), torch.from_numpy(skeletons).to(device), given.pretraining)
    _compare("pre-training", plain.__next__, ours.__next__, asked.batch, asked.rounds, device)


def _steps(network: Projected, skeletons: torch.Tensor, settings: Pretext) -> Iterator[None]:
    film = filmed(skeletons)
    loss = agreement(network, film, settings)
    optimizer = adam(network, settings.optimizer)
    while True:
        for rows in full(len(film), settings.batch_size, film.device):
            optimizer.zero_grad(set_to_none=True)
            sum(loss(rows).values()).backward()
            optimizer.step()
            yield


def _extraction(skeletons, given, asked, device) -> None:
    network = UmURL(CLASSES, given).to(device).eval()
    clips = torch.from_numpy(skeletons).to(device)
    _compare(
        "extraction",
        lambda: plain_umurl.features(network, skeletons, asked.batch, asked.workers),
        lambda: network.features(clips),
        len(skeletons),
        asked.rounds,
        device,
    )


def _compare(name, plain, ours, clips: int, rounds: int, device: torch.device) -> None:
    """Alternate, after a round that does not count."""
    speeds: dict[str, list[float]] = {"plain": [], "ours": []}
    peaks = {}
    for turn in range(rounds + 1):
        for side, step in (("plain", plain), ("ours", ours)):
            seconds, peaks[side] = _timed(step, device)
            if turn:
                speeds[side].append(clips / seconds)
    for side, found in speeds.items():
        low, high = np.min(found), np.max(found)
        print(
            f"{name:13} {side:6} {median(found):9.1f} clips/s ({low:.1f} to {high:.1f}),"
            f" {peaks[side]:.2f} GiB"
        )
    print(f"{name:13} ours is {median(speeds['ours']) / median(speeds['plain']):.2f} times as fast")


def _timed(step: Callable[[], object], device: torch.device) -> tuple[float, float]:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.synchronize()
    start = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter() - start, torch.cuda.max_memory_allocated() / 2**30
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return time.perf_counter() - start, peak


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
