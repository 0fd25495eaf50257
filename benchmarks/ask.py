"""How long `zsar predict` takes from the start of the process: one clip, and a folder of many.

    python -m benchmarks.ask --clips 1000 --rounds 3

Seconds of wall clock and of processor, medians; the folder holds copies of docs/waves.csv.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

CLIP = Path("docs/waves.csv")
KNOWN = ["--say", "hand waving", "--say", "sit down"]
SENTENCES = ["--say", "swings the raised hand", "--say", "lowers the body onto a chair"]


def seconds(place: Path, words: list[str], rounds: int) -> tuple[float, float]:
    found = []
    for _ in range(rounds):
        before, began = _processor(), time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.ask", "--child", str(place), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append((time.perf_counter() - began, _processor() - before))
    wall, processor = zip(*found, strict=True)
    return statistics.median(wall), statistics.median(processor)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        from zsar.cli.main import main as command

        sys.argv = ["zsar", "predict", *sys.argv[2:], "--csv"]
        command()
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{'':28} wall s  processor s   ({os.cpu_count()} cores)")
    with TemporaryDirectory() as folder:
        for number in range(given.clips):
            shutil.copy(CLIP, Path(folder, f"clip_{number:05}.csv"))
        for name, place, words in (
            ("one clip, known classes", CLIP, KNOWN),
            ("one clip, free sentences", CLIP, SENTENCES),
            (f"{given.clips} clips, known classes", Path(folder), KNOWN),
            (f"{given.clips} clips, sentences", Path(folder), SENTENCES),
        ):
            wall, processor = seconds(place, words, given.rounds)
            print(f"{name:28} {wall:6.1f}  {processor:11.1f}", flush=True)


if __name__ == "__main__":
    main()
