"""Batches of work for any executor: results in order, in bounded memory, whatever ends a worker."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TypeVar

from zsar.processes import separate_executor

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    executor: Executor,
    work: Callable[[Sequence[Item]], list[Result]],
    batches: Sequence[Sequence[Item]],
    ahead: int,
    lost: Callable[[Item], Result],
) -> Iterator[list[Result]]:
    """The results of each batch; no more than so many batches are in work or waiting to be taken.

    Where a worker dies, nobody knows of which item: those of its batch are done one by one in
    another process, and the one that ends this as well has the result of `lost`.
    """
    waiting: deque[tuple[Sequence[Item], Future[list[Result]]]] = deque()

    def taken() -> list[Result]:
        batch, future = waiting.popleft()
        try:
            return future.result()
        except BrokenExecutor:
            return _one_by_one(work, batch, lost)

    try:
        for batch in batches:
            if len(waiting) == ahead:
                yield taken()
            waiting.append((batch, executor.submit(work, batch)))
        while waiting:
            yield taken()
    finally:
        for _, future in waiting:
            future.cancel()


def _one_by_one(
    work: Callable[[Sequence[Item]], list[Result]],
    batch: Sequence[Item],
    lost: Callable[[Item], Result],
) -> list[Result]:
    found: list[Result] = []
    with separate_executor() as alone:
        for item in batch:
            try:
                found += alone.submit(work, [item]).result()
            except BrokenExecutor:
                found.append(lost(item))
    return found
