"""Parts become results in their order, whoever does the work and whatever is damaged."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from zsar import processes
from zsar.data import parse
from zsar.data.parse import recordings
from zsar.data.recording import Damaged, Part, Recording
from zsar.errors import UserError
from zsar.processes import executor as workers

CLASSES = 5


class AtOnce(Executor):
    """Does the work on submission, and remembers how much of it was not asked for yet."""

    def __init__(self):
        self.waiting, self.most = 0, 0

    def submit(self, work, /, *arguments):
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        future = Asked(self)
        future.set_result(work(*arguments))
        return future


class Asked(Future):
    def __init__(self, executor):
        super().__init__()
        self.executor = executor

    def result(self, timeout=None):
        self.executor.waiting -= 1
        return super().result(timeout)


def parts(count):
    return [Part(Path("clips.zip"), f"{number}.txt") for number in range(count)]


def toy(name, label=0, frames=3):
    bodies = np.ones((frames, 1, 25, 3), np.float32)
    return Recording(name, label, 1, 1, 1, bodies, np.ones((frames, 1), np.int64))


def number(part):
    return int(part.member.removesuffix(".txt"))


def read(part):
    """Two clips a part; every seventh part is damaged."""
    if number(part) % 7 == 3:
        raise Damaged(part, "is damaged", 2)
    return [toy(f"{number(part)}{letter}", number(part) % CLASSES) for letter in "ab"]


def name(recording):
    return recording.name


def ignore(count):
    pass


def results(read, count=1, then=name, executor=None, progress=ignore):
    found = recordings(read, parts(count), executor or AtOnce(), CLASSES, then, progress)
    return [str(one) for one in found]


def expected(count):
    for part in parts(count):
        if number(part) % 7 == 3:
            yield f"{part}:2: is damaged"
        else:
            yield from (f"{number(part)}{letter}" for letter in "ab")


@pytest.mark.parametrize("kind", [AtOnce, partial(ThreadPoolExecutor, 3), partial(workers, 2)])
@pytest.mark.parametrize("count", [0, 1, 17, 1300])
def test_results_come_in_the_order_of_the_parts(kind, count):
    with kind() as executor:
        assert results(read, count, executor=executor) == list(expected(count))


def test_only_so_much_is_read_ahead():
    executor = AtOnce()
    found = recordings(read, parts(3000), executor, CLASSES, name, ignore)
    for _ in found:
        assert executor.waiting <= parse.AHEAD
    assert executor.most == parse.AHEAD


def test_whoever_stops_early_has_the_rest_not_done():
    begun = []

    def slow(part):
        begun.append(part)
        return read(part)

    with ThreadPoolExecutor(1) as executor:
        found = recordings(slow, parts(3000), executor, CLASSES, name, ignore)
        next(found)
        found.close()
    assert len(begun) <= (parse.AHEAD + 1) * parse.BATCH


def test_progress_counts_every_part_once():
    steps = []
    results(read, 1300, progress=steps.append)
    assert sum(steps) == 1300 and len(steps) > 50


def test_a_file_that_cannot_be_read_is_damaged():
    def gone(part):
        raise FileNotFoundError(2, "No such file or directory")

    assert results(gone) == ["clips.zip::0.txt: cannot be read: No such file or directory"]


def test_whatever_a_reader_raises_is_damage_with_the_file_and_the_type():
    def surprised(part):
        raise KeyError("a surprise")

    assert results(surprised) == ["clips.zip::0.txt: cannot be read (KeyError: 'a surprise')"]


def test_a_defect_after_reading_is_not_taken_for_damage():
    def defective(recording):
        raise KeyError("a defect")

    with pytest.raises(KeyError, match="a defect"):
        results(read, then=defective)


def deadly(part):
    """Parts 5 and 100 end the process that reads them."""
    if number(part) in (5, 100):
        os._exit(11)
    return read(part)


def test_a_part_that_ends_its_worker_is_named_and_all_others_are_read():
    with workers(2) as executor:
        found = results(deadly, 300, executor=executor)
    ended = "ended the process that read it"
    assert [each.split(":")[2] for each in found if ended in each] == ["5.txt", "100.txt"]
    sound = [each for each in expected(300) if each[:-1] not in ("5", "100")]
    assert [each for each in found if ended not in each] == sound


def test_damage_in_the_place_of_a_clip_concerns_that_clip():
    told = results(lambda part: [toy("one"), Damaged(part, "is damaged", 2), toy("two")])
    assert told == ["one", "clips.zip::0.txt:2: is damaged", "two"]


def test_damage_found_while_preprocessing_concerns_one_clip():
    def choosy(recording):
        if recording.name == "0a":
            raise Damaged(recording.name, "no body left")
        return recording.name

    assert results(read, then=choosy) == ["0a: no body left", "0b"]


@pytest.mark.parametrize("label", [-1, CLASSES, 119])
def test_a_label_out_of_range_is_damaged(label):
    told = results(lambda part: [toy("clip", label), toy("next")])
    assert told == [f"clips.zip::0.txt: clip clip: label {label}, expected 0 to 4", "next"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_coordinates_that_are_no_numbers_are_damaged(value):
    clip = toy("clip")
    clip.bodies[1, 0, 4, 2] = value
    (told,) = results(lambda part: [clip])
    assert told.startswith(
        "clips.zip::0.txt: clip clip: frame 2, body 1, left_shoulder is not finite"
    )


def test_a_clip_without_frames_is_damaged():
    (told,) = results(lambda part: [toy("clip", frames=0)])
    assert told == "clips.zip::0.txt: clip clip: no frame, expected at least one"


def test_a_clip_name_seen_before_is_damaged_wherever_it_was_seen():
    told = results(lambda part: [replace(toy("clip"), label=number(part))], count=3)
    assert told == ["clip"] + [
        f"clips.zip::{k}.txt: clip clip was there already, in clips.zip::0.txt" for k in (1, 2)
    ]


FORSAKEN = """
import os, time
from zsar.errors import UserError
from zsar.processes import executor as workers
pool = workers(2)
busy = [pool.submit(time.sleep, 0.05) for _ in range(8)]
print(*pool.pool._processes, flush=True)
time.sleep(600)
"""


def running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_workers_end_with_a_parent_that_was_killed():
    command = [sys.executable, "-c", FORSAKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        children = list(map(int, parent.stdout.readline().split()))
        assert len(children) == 2 and all(map(running, children))
        os.kill(parent.pid, signal.SIGKILL)
    patience = time.monotonic() + 60
    while any(map(running, children)) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not any(map(running, children))


@pytest.fixture
def dask():
    """A cluster of two workers, each a process that can be killed."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
    ) as found:
        yield found


def slowly(part: Part) -> list[Recording]:
    time.sleep(0.02)
    return [toy(f"clip {number(part)}")]


def test_a_cluster_does_the_same_and_survives_a_worker_that_is_killed(dask):
    parts = [Part(Path("clips.zip"), f"{k}.txt") for k in range(120)]
    victim, found = 0, []
    with processes.cluster(dask.scheduler_address) as pool:
        for done in recordings(slowly, parts, pool, CLASSES, name, ignore):
            found.append(done)
            if not victim:
                victim = next(iter(pool.plain._client.run(os.getpid).values()))
                os.kill(victim, signal.SIGKILL)
    assert found == [f"clip {k}" for k in range(120)]


class GivesUp(Executor):
    """A cluster whose workers die of some work."""

    def submit(self, work, /, *arguments):
        from distributed import KilledWorker

        done: Future = Future()
        if any(number(part) == 5 for part in arguments[0]):
            done.set_exception(KilledWorker("work-1", "tcp://127.0.0.1:1", 3))
        else:
            done.set_result(work(*arguments))
        return done


def test_a_clip_that_kills_the_workers_of_a_cluster_is_named_and_no_other_is_lost():
    parts = [Part(Path("clips.zip"), f"{k}.txt") for k in range(40)]
    pool = processes.ClusterWorkers(GivesUp())
    found = list(map(str, recordings(deadly, parts, pool, CLASSES, name, ignore)))
    (ended,) = (each for each in found if "ended the process that read it" in each)
    assert ended.startswith("clips.zip::5.txt: ") and len(found) == 73


def test_a_cluster_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE", 0.2)
    said = "^run.scheduler: nothing answers at 'tcp://127.0.0.1:1'"
    with pytest.raises(UserError, match=said), processes.cluster("tcp://127.0.0.1:1"):
        pass
