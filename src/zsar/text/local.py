"""Running a text encoder here, so that no text's vectors depend on what is read beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True)
class Network:
    """A loaded encoder; it is given only texts of equally many tokens at a time."""

    count: Callable[[str], int]  # tokens
    embed: Callable[
        [list[str]], tuple[np.ndarray, np.ndarray]
    ]  # "text width" and "text token width"


def read(network: Network, texts: Sequence[str], rows: int) -> Iterator[tuple[str, np.ndarray]]:
    """Each text with its pooled vector above those of its tokens.

    All batches of a length have the same shape: texts of equally many tokens, always `rows` of
    them, the last batch filled up by repetition, read by one thread. Sums are then taken in the
    same order, and a text gets the same bits in any company and on any number of threads; more
    threads would hardly be quicker on so few words.
    """
    for batch in batches([network.count(text) for text in texts], rows):
        with one_thread():
            pooled, tokens = network.embed([texts[place] for place in batch])
        for row, place in enumerate(dict.fromkeys(batch)):
            yield texts[place], _stacked(pooled[row], tokens[row])


@contextmanager
def one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def batches(lengths: Sequence[int], rows: int) -> Iterator[list[int]]:
    """Places of equal length, always so many; the last of a batch may be repeated to fill it."""
    for length in sorted(set(lengths)):
        places = [place for place, each in enumerate(lengths) if each == length]
        for start in range(0, len(places), rows):
            batch = places[start : start + rows]
            yield batch + [batch[-1]] * (rows - len(batch))


def _stacked(
    pooled: Float32[np.ndarray, " width"], tokens: Float32[np.ndarray, "token width"]
) -> Float32[np.ndarray, "row width"]:
    return np.concatenate((pooled[None], tokens))
