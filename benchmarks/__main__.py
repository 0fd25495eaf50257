"""Every measurement, one after the other, as tables.

    python -m benchmarks FOLDER          on a CPU, in about half an hour
    python -m benchmarks FOLDER --gpu    what wants a GPU, in ten minutes
    python -m benchmarks FOLDER --tiny   either at sizes that a CPU does in a minute each

A file per part goes into FOLDER, and everything is printed. A part that takes longer than its share
is stopped, and the others go on; its first rows are kept.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DONE = "status 0"


@dataclass(frozen=True)
class Part:
    seconds: int
    words: str  # a module and what it is called with
    tiny: str  # what the tiny run adds, or has instead: of two values the last one counts


TINY_BATCH = "--batches 4 --rounds 1"
TINY_METHODS = "smie cada_vae --clips 128 --features 600 --rounds 1"
TINY_UMURL = "--clips 16 --width 32 --batch 8 --workers 0 --rounds 1"
CPU = {
    "parse": Part(300, "parse", "--distinct 2 --files 20 --rounds 1"),
    "encoders": Part(
        900, "encoders --tasks training features --bodies 0.18 --rounds 3 --most 8", TINY_BATCH
    ),
    "methods": Part(600, "methods --rounds 3", TINY_METHODS),
    "umurl": Part(300, "umurl --clips 128 --width 512 --batch 32 --rounds 3", TINY_UMURL),
    "retrieval": Part(200, "retrieval", "--queries 200 --gallery 300"),
    "processors": Part(60, "processors", ""),
}
GPU = {
    "ablation": Part(
        150,
        "ablation stgcn shift_gcn --rounds 5",
        f"{TINY_BATCH} --without compiled 'bf16, compiled'",
    ),
    "features": Part(60, "encoders --tasks features 'features, auto' --bodies 0.18", TINY_BATCH),
    "methods": Part(120, "methods", TINY_METHODS),
    "umurl": Part(60, "umurl", TINY_UMURL),
    "nccl": Part(60, "one_process", "--clips 16"),
    "cell": Part(150, "ntu_size FOLDER/cell", "--clips 900 --stages prepare split"),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--parts", nargs="+", metavar="PART", help=f"of: {', '.join(CPU | GPU)}")
    given = parser.parse_args()
    known = GPU if given.gpu else CPU
    names = given.parts or list(known)
    if unknown := set(names) - set(known):
        parser.error(f"no part {', '.join(sorted(unknown))}; expected some of: {', '.join(known)}")
    given.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in names:
        start = time.perf_counter()
        file = given.folder.resolve() / f"{name}.txt"
        end = measure(known[name], file, given.tiny)
        failed |= end != DONE
        print(f"## {name}: {end}, {time.perf_counter() - start:.0f} s\n")
        print(file.read_text(encoding="utf-8"), flush=True)
    return int(failed)


def measure(part: Part, file: Path, tiny: bool) -> str:
    """Write what a part prints to the file; say how it ended."""
    asked = f"{part.words} {part.tiny if tiny else ''}"
    module, *words = (each.replace("FOLDER", f"{file.parent}") for each in shlex.split(asked))
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    with file.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}", *words],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return f"status {process.wait(None if tiny else part.seconds)}"
        except subprocess.TimeoutExpired:
            return f"stopped after {part.seconds} s"
        finally:  # with all that it has started
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
