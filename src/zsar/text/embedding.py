"""Vectors of texts, each made once: the cache knows what an encoder has read before."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from zsar.errors import UserError
from zsar.text.cache import Cache, key

Rows = Float32[np.ndarray, "row width"]  # of one text: the pooled vector, then those of its tokens


@dataclass(frozen=True)
class Encoder:
    """An encoder before it is loaded, which happens only when a text is new to the cache."""

    identity: str  # all that its vectors depend on beside the text
    read: Callable[
        [Sequence[str]], Iterator[tuple[str, np.ndarray]]
    ]  # texts with their Rows, in any order


@dataclass(frozen=True)
class Vectors:
    """What is said of each class, embedded; the fields are those of the artifact."""

    sources: Shaped[np.ndarray, " source"]
    pooled: Float32[np.ndarray, "class source width"]
    tokens: Float32[
        np.ndarray, "token width"
    ]  # those of class 0, source by source, then class 1, ...
    counts: Int64[np.ndarray, "class source"]
    groups: Int64[np.ndarray, "class source"]  # equal where two classes share the very sentence


Sentences = Mapping[str, Sequence[str]]  # source -> the text of each class


def embedded(sentences: Sentences, encoder: Encoder, cache: Cache) -> Vectors:
    """Every text as the encoder sees it; a text that several classes share is read once."""
    every = [text for each in zip(*sentences.values(), strict=True) for text in each]
    distinct = sorted(set(every))
    rows = known(distinct, encoder, cache)
    number = {text: place for place, text in enumerate(distinct)}
    return assembled(
        list(sentences), [rows[text] for text in every], [number[text] for text in every]
    )


def known(texts: Sequence[str], encoder: Encoder, cache: Cache) -> dict[str, np.ndarray]:
    """The rows of each text; those that the cache lacks are made, and added to it one by one."""
    names = {text: key(encoder.identity, text) for text in texts}
    rows = {text: _rows(entry) for text in texts if (entry := cache.get(names[text])) is not None}
    new = [text for text in texts if text not in rows]
    if new:
        for text, made in encoder.read(new):
            cache.put(names[text], _entry(made))
            rows[text] = made
    return rows


def assembled(sources: list[str], rows: Sequence[np.ndarray], which: Sequence[int]) -> Vectors:
    """Rows of class 0, source by source, then class 1, ...; `which` tells equal texts."""
    widths = sorted({each.shape[1] for each in rows})
    if len(widths) > 1:
        raise UserError(
            f"the vectors of these texts are {' and '.join(map(str, widths))} wide,"
            " expected one width"
        )
    shape = (-1, len(sources))
    return Vectors(
        sources=np.array(sources),
        pooled=np.stack([each[0] for each in rows]).reshape(*shape, widths[0]),
        tokens=np.concatenate([each[1:] for each in rows]),
        counts=np.array([len(each) - 1 for each in rows], dtype=np.int64).reshape(shape),
        groups=np.array(which, dtype=np.int64).reshape(shape),
    )


def _entry(rows: Rows) -> bytes:
    file = io.BytesIO()
    np.save(file, rows, allow_pickle=False)
    return file.getvalue()


def _rows(entry: bytes) -> Rows:
    return np.load(io.BytesIO(entry), allow_pickle=False)
