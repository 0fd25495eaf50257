"""Texts to features, with a cache, so that each text is embedded once by each encoder."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from zsar.errors import UserError
from zsar.text.cache import Cache, cache_key

SourceTexts = Mapping[str, Sequence[str]]  # source -> the text of each class
# The features of one text: the pooled feature, then those of its tokens.
TextRows = Float32[np.ndarray, "row width"]


@dataclass(frozen=True)
class TextEncoder:
    """A text encoder that is loaded only when a text is not in the cache."""

    identity: str  # everything that its features depend on, apart from the text
    encode: Callable[[Sequence[str]], Iterator[tuple[str, np.ndarray]]]  # (text, TextRows)


@dataclass(frozen=True)
class TextFeatures:
    """The features of all texts of all classes; the fields are those of the artifact."""

    sources: Shaped[np.ndarray, " source"]
    pooled: Float32[np.ndarray, "class source width"]
    tokens: Float32[np.ndarray, "token width"]  # of class 0, source by source, then of class 1, ...
    counts: Int64[np.ndarray, "class source"]  # tokens of each text
    groups: Int64[np.ndarray, "class source"]  # equal where two classes have the same text


def embed_texts(texts: SourceTexts, encoder: TextEncoder, cache: Cache) -> TextFeatures:
    """The features of every text; a text that several classes share is embedded once."""
    all_texts = [text for of_class in zip(*texts.values(), strict=True) for text in of_class]
    distinct = sorted(set(all_texts))
    rows = cached_rows(distinct, encoder, cache)
    number = {text: index for index, text in enumerate(distinct)}
    return assemble(
        list(texts), [rows[text] for text in all_texts], [number[text] for text in all_texts]
    )


def cached_rows(texts: Sequence[str], encoder: TextEncoder, cache: Cache) -> dict[str, np.ndarray]:
    """The rows of each text; those missing in the cache are computed and added one by one."""
    keys = {text: cache_key(encoder.identity, text) for text in texts}
    rows = {text: _load(entry) for text in texts if (entry := cache.get(keys[text])) is not None}
    new = [text for text in texts if text not in rows]
    if new:
        for text, computed in encoder.encode(new):
            cache.put(keys[text], _dump(computed))
            rows[text] = computed
    return rows


def assemble(sources: list[str], rows: Sequence[np.ndarray], groups: Sequence[int]) -> TextFeatures:
    """The features from the rows of class 0, source by source, then those of class 1, ..."""
    widths = sorted({each.shape[1] for each in rows})
    if len(widths) > 1:
        raise UserError(
            f"the vectors of these texts are {' and '.join(map(str, widths))} wide,"
            " expected one width"
        )
    shape = (-1, len(sources))
    return TextFeatures(
        sources=np.array(sources),
        pooled=np.stack([each[0] for each in rows]).reshape(*shape, widths[0]),
        tokens=np.concatenate([each[1:] for each in rows]),
        counts=np.array([len(each) - 1 for each in rows], dtype=np.int64).reshape(shape),
        groups=np.array(groups, dtype=np.int64).reshape(shape),
    )


def _dump(rows: TextRows) -> bytes:
    file = io.BytesIO()
    np.save(file, rows, allow_pickle=False)
    return file.getvalue()


def _load(entry: bytes) -> TextRows:
    return np.load(io.BytesIO(entry), allow_pickle=False)
