"""Work in processes of its own: none of them outlives this one, however it ends."""

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any, cast

from tqdm import tqdm

from zsar.command_line import end_on_sigterm
from zsar.errors import UserError

PAUSE = 0.5  # seconds between looks at whether the parent is there
SECONDS_TO_END = 2.0  # that workers have to clean up
PATIENCE = 10  # seconds until a scheduler answers
Row = dict[str, float]
Report = Callable[[Row], object]  # called after every step of a job


@dataclass(frozen=True)
class Job:
    """A piece of work; it and its result can be pickled."""

    name: str
    work: Callable[[Report], Any]
    steps: int
    after: str = ""  # the job that it does not begin without


class Workers(Executor):
    """Processes for many short calls. Where one dies, calls that wait fail with BrokenExecutor, and
    new processes do those that come later."""

    def __init__(self, count: int | None, start: str | None):
        self.count, self.context = count, multiprocessing.get_context(start)
        self.pool = self._started()

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.count, self.context, initializer=_follow_parent)

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        try:
            return self.pool.submit(work, *arguments, **named)
        except BrokenExecutor:
            self.pool.shutdown()
            self.pool = self._started()
            return self.pool.submit(work, *arguments, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.pool.shutdown(wait, cancel_futures=cancel_futures)


def executor(count: int | None = None) -> Workers:
    """Workers for many short calls, one for each core unless a count is given."""
    return Workers(count, None)


def separate_executor() -> Workers:
    """One worker that shares nothing with this process, whose threads it could otherwise wait for
    (those of a cluster's client hold locks)."""
    return Workers(1, "spawn")


@contextmanager
def cluster(scheduler: str) -> Iterator[Executor]:
    """The workers of a Dask cluster, for the same calls; they see the same files. What one leaves
    undone when it ends, the others do."""
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError("run.scheduler needs Dask: pip install 'zsar[cluster]'") from error
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise UserError(f"run.scheduler: nothing answers at {scheduler!r} ({error})") from error
    with client:
        yield ClusterWorkers(client.get_executor())


class ClusterWorkers(Executor):
    """The workers of a cluster. Work that its scheduler gives up, because several workers died of
    it, fails with BrokenExecutor as it does in processes of this machine."""

    def __init__(self, plain: Executor):
        self.plain = plain

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        from distributed import KilledWorker

        found: Future[Any] = Future()

        def finish(done: "Future[Any]") -> None:
            if done.cancelled():
                found.cancel()
            elif found.set_running_or_notify_cancel():  # unless nobody waits any more
                error = done.exception()
                if isinstance(error, KilledWorker):
                    error = BrokenExecutor("several workers of the cluster died of it")
                if error:
                    found.set_exception(error)
                else:
                    found.set_result(done.result())

        self.plain.submit(work, *arguments, **named).add_done_callback(finish)
        return found

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.plain.shutdown(wait, cancel_futures=cancel_futures)


def run_jobs(
    jobs: Sequence[Job],
    workers: int,
    title: str,
    gpus: Sequence[str] = (),
    quiet: bool = False,
) -> list[Any]:
    """The results of all jobs, of which as many run at once as there are workers; their progress is
    shown as one.

    A job that others wait for should come before those that none waits for. Worker i sees GPU i
    alone. Whatever ends this call, the first error among it, ends all workers at once.
    """
    with _Progress(jobs, title, quiet) as progress:
        if workers == 1 or len(jobs) == 1:
            return [job.work(progress.of(job)) for job in jobs]
        pool = _Pool(min(workers, len(jobs)), gpus)
        try:
            return pool.run(jobs, progress)
        finally:
            pool.end()


class _Progress:
    """One bar over the steps of all jobs, with the last row of any of them."""

    def __init__(self, jobs: Sequence[Job], title: str, quiet: bool):
        shown = f"{title}, {jobs[0].name}" if len(jobs) == 1 else title
        total = sum(job.steps for job in jobs)
        self.many = len(jobs) > 1
        self.bar = tqdm(total=total, desc=shown, unit="epoch", disable=quiet)

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def of(self, job: Job) -> Report:
        def report(row: Row) -> None:
            values = ", ".join(f"{name}={value:.3f}" for name, value in row.items())
            self.bar.set_postfix_str(f"{job.name}: {values}" if self.many else values, False)
            self.bar.update()

        return report


class _Pool:
    """Processes that take one job after the other, each over a pipe of its own."""

    def __init__(self, count: int, gpus: Sequence[str]):
        context = multiprocessing.get_context("spawn")
        self.workers: dict[Connection, Any] = {}
        for number in range(count):
            here, there = context.Pipe()
            gpu = gpus[number % len(gpus)] if gpus else ""
            process = context.Process(target=_serve, args=(there, gpu), daemon=True)
            process.start()
            there.close()  # so that reading ends when the process does
            self.workers[here] = process

    def run(self, jobs: Sequence[Job], progress: _Progress) -> list[Any]:
        waiting, done = list(jobs), dict[str, Any]()
        free, busy = list(self.workers), dict[Connection, Job]()
        while waiting or busy:
            for job in [each for each in waiting if not each.after or each.after in done]:
                if not free:
                    break
                waiting.remove(job)
                worker = free.pop(0)
                busy[worker] = job
                worker.send(job)
            for ready in wait(list(busy)):
                worker = cast(Connection, ready)
                job = busy[worker]
                kind, value = self._received(worker, job)
                if kind == "row":
                    progress.of(job)(value)
                elif kind == "failed":
                    raise UserError(value)
                else:
                    done[job.name] = value
                    del busy[worker]
                    free.append(worker)
        return [done[job.name] for job in jobs]

    def _received(self, worker: Connection, job: Job) -> tuple[str, Any]:
        try:
            return worker.recv()
        except (EOFError, ConnectionError) as error:
            process = self.workers[worker]
            process.join()
            cause = f"signal {-process.exitcode}" if process.exitcode < 0 else "an error"
            raise UserError(
                f"the process of {job.name} was ended by {cause}; if memory ran out, use fewer:"
                " -S run.workers=1"
            ) from error

    def end(self) -> None:
        """They get a moment to remove their drafts."""
        for process in self.workers.values():
            process.terminate()
        until = time.monotonic() + SECONDS_TO_END
        for process in self.workers.values():
            process.join(max(0.0, until - time.monotonic()))
            process.kill()
            process.join()


def _serve(pipe: Connection, gpu: str) -> None:
    _follow_parent()
    end_on_sigterm()
    if gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    while True:
        job: Job = pipe.recv()
        try:
            found = job.work(lambda row: pipe.send(("row", row)))
            pipe.send(("done", found))
        except Exception as error:  # noqa: BLE001 it ends the call that waits for the job
            if not isinstance(error, UserError):
                traceback.print_exc()
            pipe.send(("failed", one_line(error)))


def _follow_parent() -> None:
    # Ctrl-C is handled by the parent; a parent that was killed could not stop its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def end_with_parent() -> None:
    """End this process soon after the one that started it, however and whenever that ends."""
    started = multiprocessing.parent_process()
    parent = os.getppid() if started is None else started.pid
    Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PAUSE)
    os._exit(1)


def one_line(error: Exception) -> str:
    """What went wrong; where, if it is no fault of the user."""
    said = " ".join(str(error).split())
    if isinstance(error, UserError):
        return said
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {said} ({last.filename}:{last.lineno})"
