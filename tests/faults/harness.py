"""Damage by the thousand: mutated inputs of every kind, full disks and kills of `dvc repro`.

Inputs are read in another process. `damaged` were refused in a line; `caught` are refusals that no
reader foresaw: an exception of a library that zsar.data.guard turned into a line with the file and
the type of the error. An escape, a crash or more than five seconds is wrong, and is printed.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.extend(map(str, Path(__file__).parents[:3]))
from disk import full_disks
from kills import killed
from mutations import WORLDS, outcomes

SOUND = ("read", "damaged", "caught")
WRONG = ("escape", "crash", "slow")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000, help="of all kinds together")
    parser.add_argument("--first", type=int, default=0, help="number of the first of each kind")
    parser.add_argument("--kinds", nargs="+", default=list(WORLDS), help="of inputs")
    parser.add_argument("--disks", type=int, default=20, help="sizes of a full disk")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--caught", action="store_true", help="show what was not foreseen")
    given = parser.parse_args()
    each = -(-given.cases // len(given.kinds))
    wrong = print_mutations(given.kinds, given.first, each, given.caught) if given.cases else 0
    with tempfile.TemporaryDirectory() as place:
        if given.disks:
            wrong += print_wrong("full disks", full_disks(Path(place), given.disks))
        if given.kills:
            wrong += print_wrong("kills", killed(Path(place), given.kills))
    return int(wrong > 0)


def print_mutations(kinds: list[str], first: int, number: int, caught: bool) -> int:
    """A row for each kind; the number of cases that ended wrongly."""
    print(f"{'inputs':22}{'cases':>8}" + "".join(f"{end:>9}" for end in SOUND + WRONG))
    total: Counter[str] = Counter()
    for kind in kinds:
        start = time.perf_counter()
        found = list(outcomes(kind, number, first))
        ends = Counter(each.end for each in found)
        print_row(kind, ends, time.perf_counter() - start)
        total += ends
        for each in found:
            if each.end in WRONG or (caught and each.end == "caught"):
                print(f"    {each.mutation.seed}: {each.end} {each.said}", flush=True)
    print_row("all", total, 0)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"the largest process took {peak:.0f} MiB", flush=True)
    return sum(total[end] for end in WRONG)


def print_row(kind: str, ends: Counter[str], seconds: float) -> None:
    counts = "".join(f"{ends[end]:9}" for end in SOUND + WRONG)
    print(f"{kind:22}{ends.total():8}{counts}{seconds:6.0f} s", flush=True)


def print_wrong(what: str, found: Iterable[str]) -> int:
    """Each case says what was wrong, or nothing; the number of those that do."""
    count = wrong = 0
    for each in found:
        count += 1
        if each:
            wrong += 1
            print(f"    {each}", flush=True)
    print(f"{what:22}{count:8}{count - wrong:9} right, {wrong} wrong", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
