"""All that is to be measured on a GPU, in one run of ten minutes.

    python -m benchmarks.gpu FOLDER            writes a file per part into FOLDER, and prints them
    python -m benchmarks.gpu FOLDER --tiny     every part at sizes that a CPU does in a minute each

A part that takes longer than its share is stopped, and the others go on; its first rows are kept.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
MODULE = (PYTHON, "-m")

# By part: seconds, the command, and what the tiny run adds or has instead.
PARTS: dict[str, tuple[int, list[str], list[str]]] = {
    "ablation": (
        150,
        ["benchmarks.ablation", "stgcn", "shift_gcn", "--rounds", "5"],
        ["--batches", "4", "--rounds", "1", "--without", "compiled", "bf16, compiled"],
    ),
    "features": (
        60,
        ["benchmarks.encoders", "--tasks", "features", "features, auto", "--bodies", "0.18"],
        ["--batches", "4", "--rounds", "1"],
    ),
    "methods": (
        120,
        ["benchmarks.methods"],
        ["smie", "cada_vae", "--clips", "128", "--features", "600", "--rounds", "1"],
    ),
    "umurl": (
        60,
        ["benchmarks.umurl"],
        ["--clips", "16", "--width", "32", "--batch", "8", "--workers", "0", "--rounds", "1"],
    ),
    "nccl": (60, ["benchmarks.one_process"], ["--clips", "16"]),
    "cell": (150, ["benchmarks.ntu_size"], ["--clips", "900", "--stages", "prepare", "split"]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    for name in given.parts:
        seconds, words, tiny = PARTS[name]
        command = [*MODULE, *words, *(tiny if given.tiny else [])]
        if name == "cell":
            command.insert(3, str(given.folder / "cell"))
        start, file = time.perf_counter(), given.folder / f"{name}.txt"
        with file.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": paths},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                end = f"status {process.wait(None if given.tiny else seconds)}"
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                end = f"stopped after {seconds} s"
        print(f"## {name}: {end}, {time.perf_counter() - start:.0f} s\n")
        print(file.read_text(encoding="utf-8"), flush=True)


if __name__ == "__main__":
    main()
