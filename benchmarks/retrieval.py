"""What the nearest of many vectors cost: seconds, and the most memory that the process ever held.

    python -m benchmarks.retrieval [--queries 51000] [--gallery 63000] [--width 2048]

The sizes are those of NTU-120 by subjects, and of UmURL's features. Both sides lie in memory all
the time; the search adds what a block needs.
"""

import argparse
import time

import torch

from benchmarks.memory import held
from stages.retrieval import Search
from zsar.cells import Cell
from zsar.config.config import load
from zsar.learning.downstream import nearest_neighbours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=51_000)
    parser.add_argument("--gallery", type=int, default=63_000)
    parser.add_argument("--width", type=int, default=2048)
    asked = parser.parse_args()
    given = load().at(Cell("ntu120"))
    torch.set_num_threads(given.run.threads)
    block = given.of("protocols", "retrieval", Search).block
    torch.manual_seed(0)
    queries, gallery = (torch.randn(rows, asked.width) for rows in (asked.queries, asked.gallery))
    before, start = held("VmHWM"), time.perf_counter()
    nearest_neighbours(queries, gallery, 1, block)
    passed = time.perf_counter() - start
    print(f"{asked.queries:,} x {asked.gallery:,} of width {asked.width:,}, blocks of {block:,}")
    print(f"{passed:.1f} s, {before:.2f} GiB before, {held('VmHWM'):.2f} GiB at most")


if __name__ == "__main__":
    main()
