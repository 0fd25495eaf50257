"""An embedding model of an OpenAI-compatible endpoint; it gives a pooled feature and no tokens.

The pooled feature stands in for the tokens, so that every text has one.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from zsar.bounds import BatchSize, Count
from zsar.errors import UserError
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextEncoder, TextFeatures, embed_texts
from zsar.text.endpoint import Endpoint, EndpointConfig, Tokens


@dataclass(frozen=True)
class OpenAIEmbeddingConfig:
    backend: str
    model: str
    dimensions: Count | None  # null: as many as the model has
    batch_size: BatchSize  # texts in a request
    endpoint: EndpointConfig


Config = OpenAIEmbeddingConfig  # the name that the table of backends reads


def embed(
    config: OpenAIEmbeddingConfig, texts: SourceTexts, device: str, cache: Cache
) -> TextFeatures:
    return embed_texts(texts, encoder(config, os.environ), cache)


def missing(config: OpenAIEmbeddingConfig) -> str:
    """The variable of the key, where it is not set."""
    name = config.endpoint.key_variable
    return f"${name} is not set" if name and not os.environ.get(name) else ""


def token_limit(config: OpenAIEmbeddingConfig) -> int | None:
    return None


def encoder(config: OpenAIEmbeddingConfig, environment: Mapping[str, str]) -> TextEncoder:
    endpoint = Endpoint(config.endpoint, environment)
    parameters = json.dumps(_parameters(config), sort_keys=True)
    # The host is part of it: two hosts may call different models by one name.
    identity = f"openai {endpoint.host} {parameters}"
    return TextEncoder(identity, partial(_encode, config, endpoint))


def _parameters(config: OpenAIEmbeddingConfig) -> dict[str, Any]:
    width = {} if config.dimensions is None else {"dimensions": config.dimensions}
    return {"model": config.model, "encoding_format": "float"} | width


def _encode(
    config: OpenAIEmbeddingConfig, endpoint: Endpoint, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """One request after the other, so that an interrupted run keeps every answer it paid for."""
    width = 0
    for start in range(0, len(texts), config.batch_size):
        batch = list(texts[start : start + config.batch_size])
        max_tokens = Tokens(sum(map(endpoint.count_tokens, batch)), 0)
        body = _parameters(config) | {"input": batch}
        reply = endpoint.request("embeddings", body, max_tokens)
        vectors = _vectors(reply, len(batch), config, endpoint.host, width)
        width = vectors[0].size
        for text, vector in zip(batch, vectors, strict=True):
            yield text, np.stack((vector, vector))


def _vectors(
    reply: dict[str, Any], count: int, config: OpenAIEmbeddingConfig, host: str, width: int
) -> list[np.ndarray]:
    """The vectors of a reply, in the order of the texts in the request, as wide as those before
    them; 0: there are none."""
    try:
        found = [(each["index"], _vector(each["embedding"])) for each in reply["data"]]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{host}: the answer of {config.model} holds no vectors") from error
    wrong = [index for index, _ in found if type(index) is not int]
    if wrong or sorted(index for index, _ in found) != list(range(count)):
        raise UserError(
            f"{host}: {config.model} gave {len(found)} vectors for {count} texts, expected one for"
            " each, with its index"
        )
    vectors = [vector for _, vector in sorted(found, key=lambda each: each[0])]
    expected = width or config.dimensions or vectors[0].size
    for vector in vectors:
        if vector.shape != (expected,) or not expected or not np.isfinite(vector).all():
            raise UserError(
                f"{host}: a vector of {config.model} is {vector.shape},"
                f" expected {expected or 'some'} finite numbers"
            )
    return vectors


def _vector(numbers: Any) -> np.ndarray:
    if not isinstance(numbers, list) or any(type(each) not in (int, float) for each in numbers):
        raise TypeError("expected a list of numbers")
    with np.errstate(over="ignore"):  # then it is infinite, and refused as such
        return np.array(numbers, dtype=np.float64).astype(np.float32)
