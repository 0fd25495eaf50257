"""Mutated files before every reader: how many are read, refused, or end it some other way.

Each is read in another process. `caught` are refusals that no reader foresaw: an exception of a
library that zsar.data.guard turned into a line with the file and the type of the error.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mutations import WORLDS, outcomes

SOUND = ("read", "damaged", "caught")
WRONG = ("escape", "crash", "slow")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mutations", type=int, default=3000, help="of each kind of files")
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), help="kinds of files")
    parser.add_argument("--caught", action="store_true", help="show what was not foreseen")
    given = parser.parse_args()
    print(f"{'files':22}{'mutations':>10}" + "".join(f"{end:>9}" for end in SOUND + WRONG))
    wrong = 0
    for world in given.worlds:
        start = time.perf_counter()
        found = list(outcomes(world, given.mutations))
        ends = Counter(each.end for each in found)
        counts = "".join(f"{ends[end]:9}" for end in SOUND + WRONG)
        print(f"{world:22}{len(found):10}{counts} {time.perf_counter() - start:6.0f} s", flush=True)
        wrong += sum(ends[end] for end in WRONG)
        for each in found:
            if each.end in WRONG or (given.caught and each.end == "caught"):
                print(f"    {each.mutation.seed}: {each.end} {each.said}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"the largest process took {peak:.0f} MiB")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
