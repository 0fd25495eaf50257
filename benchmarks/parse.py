"""How fast NTU skeleton text becomes numbers: this parser beside others, on the same files in turn.

Every way gets every file once in every round, on one core; the medians over the rounds are printed.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib

from zsar.config.config import load
from zsar.data.formats import ntu
from zsar.data.parse import recordings
from zsar.data.recording import Part
from zsar.preprocess.pipeline import pipeline
from zsar.processes import executor as workers

ROOT = Path(__file__).parents[1]
BODY = "clipedEdges handLeftConfidence handLeftState handRightConfidence handRightState isResticted"
BODY_KEYS = ["bodyID", *BODY.split(), "leanX", "leanY", "trackingState"]
JOINT = "x y z depthX depthY colorX colorY orientationW orientationX orientationY orientationZ"
JOINT_KEYS = [*JOINT.split(), "trackingState"]
CLASSES = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distinct", type=int, default=40, help="files that differ")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--files", type=int, default=20_000, help="for the memory figure")
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory:
        print_memory(chosen.memory, chosen.workers)
        return
    with tempfile.TemporaryDirectory() as folder:
        loose, zipped, many = generate(Path(folder), chosen.distinct, chosen.files)
        print_speeds(loose, zipped, chosen.rounds)
        print_parallel(ntu.find(many)[:1000], chosen.rounds, chosen.workers)
        # In a process of its own, whose peak is nobody else's.
        again = [sys.executable, __file__, "--memory", f"{many}", "--workers", f"{chosen.workers}"]
        subprocess.run(again, check=True)


def generate(folder: Path, distinct: int, files: int) -> tuple[list[Path], Path, Path]:
    """Loose files, an archive of them, and one that lists the same bytes under many names."""
    random = np.random.default_rng(0)
    (folder / "loose").mkdir()
    paths = [folder / "loose" / f"{name}.skeleton" for name in names(distinct)]
    for path in paths:
        path.write_bytes(text(random))
    zipped, many = folder / "zipped.zip", folder / "many.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, f"nturgb+d_skeletons/{path.name}")
    with zipfile.ZipFile(many, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.name)
        for name, info in zip(names(files)[distinct:], relisted(archive.infolist()), strict=False):
            info.filename = f"{name}.skeleton"
            archive.filelist.append(info)
    return paths, zipped, many


def relisted(members: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    originals = list(members)
    while True:
        yield from map(copy, originals)


def names(count: int) -> list[str]:
    return [
        f"S{k // 36000 + 1:03}C{k // 12000 % 3 + 1:03}P{k // 120 % 100 + 1:03}"
        f"R{k // 60 % 2 + 1:03}A{k % 60 + 1:03}"
        for k in range(count)
    ]


def text(random: np.random.Generator) -> bytes:
    """One or two bodies, 250 to 350 kB, written as the sensor's own program does."""
    bodies = int(random.integers(1, 3))
    frames = int(random.integers(85, 115)) // bodies
    scale = np.array([1, 1, 3, 500, 400, 1900, 1000, 1, 1, 1, 1])
    lines = [f"{frames}"]
    for _ in range(frames):
        lines.append(f"{bodies}")
        for body in range(bodies):
            lines += [f"{72057594037931011 + body} 0 1 1 1 1 0 -0.120431 0.1384442 2", "25"]
            for joint in (random.uniform(-1, 1, (25, 11)) * scale).astype(np.float32):
                lines.append(" ".join(f"{number:.7g}" for number in joint) + " 2")
    return "\r\n".join([*lines, ""]).encode()


def by_line(path: Path) -> dict[str, Any]:
    """What published readers do: every field of every line into dictionaries."""
    with path.open() as file:
        clip: dict[str, Any] = {"numFrame": int(file.readline()), "frameInfo": []}
        for _ in range(clip["numFrame"]):
            frame: dict[str, Any] = {"numBody": int(file.readline()), "bodyInfo": []}
            for _ in range(frame["numBody"]):
                fields = map(float, file.readline().split())
                body: dict[str, Any] = dict(zip(BODY_KEYS, fields, strict=True))
                body |= {"numJoint": int(file.readline()), "jointInfo": []}
                for _ in range(body["numJoint"]):
                    fields = map(float, file.readline().split())
                    body["jointInfo"].append(dict(zip(JOINT_KEYS, fields, strict=True)))
                frame["bodyInfo"].append(body)
            clip["frameInfo"].append(frame)
    return clip


def by_split(path: Path) -> np.ndarray:
    return np.array(path.read_bytes().split(), dtype=np.float64)


def inflated(inflate: Callable[[bytes, int], bytes], archive: Path, info: zipfile.ZipInfo) -> bytes:
    with archive.open("rb", buffering=0) as file:
        file.seek(info.header_offset + 30 + len(info.filename))
        return inflate(file.read(info.compress_size), info.file_size)


def by_zlib(packed: bytes, size: int) -> bytes:
    return zlib.decompress(packed, -15, size)


def by_isal(packed: bytes, size: int) -> bytes:
    return isal_zlib.decompressobj(-15).decompress(packed, size + 1)


def print_speeds(loose: list[Path], zipped: Path, rounds: int) -> None:
    members = ntu.find(zipped)
    with zipfile.ZipFile(zipped) as archive:
        infos = archive.infolist()
    ways: dict[str, tuple[Callable, list]] = {
        "line by line into dictionaries": (by_line, loose),
        "np.array(text.split())": (by_split, loose),
        "zsar, loose files": (ntu.read, [Part(path) for path in loose]),
        "zsar, from the zip": (ntu.read, members),
        "zlib merely inflates": (partial(inflated, by_zlib, zipped), infos),
        "isal merely inflates": (partial(inflated, by_isal, zipped), infos),
    }
    seconds = alternate({name: partial(each, *way) for name, way in ways.items()}, rounds)
    size = sum(path.stat().st_size for path in loose)
    print(f"{len(loose)} files of {size / len(loose) / 1e3:.0f} kB, one core, {rounds} rounds")
    slowest = seconds["line by line into dictionaries"]
    for name, spent in seconds.items():
        speeds = f"{size / spent / 1e6:7.0f} MB/s {len(loose) / spent:7.0f} files/s"
        print(f"  {name:32}{speeds} {slowest / spent:6.1f} x")


def print_parallel(parts: Sequence[Part], rounds: int, count: int) -> None:
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(count) as threads, workers(count) as pool:
        ways = {"1 thread": one, f"{count} threads": threads, f"{count} processes": pool}
        runs = {name: partial(prepare, parts, executor) for name, executor in ways.items()}
        seconds = alternate(runs, rounds)
    print(f"read from the zip and preprocessed (smie50), {len(parts)} files")
    for name, spent in seconds.items():
        speed = f"{len(parts) / spent:7.0f} files/s"
        print(f"  {name:32}{speed} {seconds['1 thread'] / spent:6.2f} x")


def print_memory(archive: Path, count: int) -> None:
    parts = ntu.find(archive)
    start = time.perf_counter()
    with workers(count) as pool:
        prepare(parts, pool)
    spent = time.perf_counter() - start
    own, largest = (
        resource.getrusage(whose).ru_maxrss / 1024
        for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"{len(parts)} files with {count} processes: {spent:.1f} s, peak memory {own:.0f} MiB")
    print(f"  and {largest:.0f} MiB in the largest worker")


def prepare(parts: Sequence[Part], executor: Executor) -> int:
    steps = load(ROOT).steps("smie50")
    clips = recordings(
        ntu.read, parts, executor, CLASSES, pipeline(steps), progress=lambda count: None
    )
    return sum(1 for clip in clips)


def each(way: Callable, items: list) -> None:
    for item in items:
        way(item)


def alternate(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds; the first round, which fills caches, does not count."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            spent[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:]) for name, times in spent.items()}


if __name__ == "__main__":
    main()
