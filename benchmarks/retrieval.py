"""The cost of a nearest-neighbour search: seconds, and the peak memory of the process.

    python -m benchmarks.retrieval [--queries 51000] [--gallery 63000] [--width 2048]

The sizes are those of NTU-120 by subjects, and of UmURL's features. Both sets are in memory all
the time; the search adds the memory of a block.
"""

import argparse
import time

import torch

from benchmarks.memory import held
from zsar.cells import Cell
from zsar.config.config import load
from zsar.experiment.recognition import RetrievalConfig
from zsar.learning.downstream import nearest_neighbours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=51_000)
    parser.add_argument("--gallery", type=int, default=63_000)
    parser.add_argument("--width", type=int, default=2048)
    args = parser.parse_args()
    settings = load().at(Cell("ntu120"))
    torch.set_num_threads(settings.run.threads)
    block = settings.of("protocols", "retrieval", RetrievalConfig).block
    torch.manual_seed(0)
    queries, gallery = (torch.randn(rows, args.width) for rows in (args.queries, args.gallery))
    before, start = held("VmHWM"), time.perf_counter()
    nearest_neighbours(queries, gallery, 1, block)
    passed = time.perf_counter() - start
    print(f"{args.queries:,} x {args.gallery:,} of width {args.width:,}, blocks of {block:,}")
    print(f"{passed:.1f} s, {before:.2f} GiB before, {held('VmHWM'):.2f} GiB at most")


if __name__ == "__main__":
    main()
