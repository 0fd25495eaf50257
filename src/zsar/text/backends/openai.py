"""An embedding model behind an OpenAI-compatible endpoint; its only token is the whole text."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from zsar.errors import UserError
from zsar.text import endpoint
from zsar.text.cache import Cache
from zsar.text.embedding import Encoder, Sentences, Vectors, embedded
from zsar.text.endpoint import Endpoint, Tokens


@dataclass(frozen=True)
class Settings:
    backend: str
    model: str
    dimensions: int | None  # null: as many as the model has
    rows: int  # texts in a request
    endpoint: endpoint.EndpointConfig


def embed(settings: Settings, sentences: Sentences, device: str, cache: Cache) -> Vectors:
    return embedded(sentences, encoder(settings, os.environ), cache)


def missing(settings: Settings) -> str:
    """The key, where the environment has none."""
    name = settings.endpoint.key_variable
    return f"${name} is not set" if name and not os.environ.get(name) else ""


def limit(settings: Settings) -> int | None:
    return None


def encoder(settings: Settings, environment: Mapping[str, str]) -> Encoder:
    asked = Endpoint(settings.endpoint, environment)
    body = _parameters(settings)
    # What one host calls by this name need not be what another does.
    identity = f"openai {asked.host} {json.dumps(body, sort_keys=True)}"
    return Encoder(identity, partial(_read, settings, asked))


def _parameters(settings: Settings) -> dict[str, Any]:
    width = {} if settings.dimensions is None else {"dimensions": settings.dimensions}
    return {"model": settings.model, "encoding_format": "float"} | width


def _read(
    settings: Settings, asked: Endpoint, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """One request after the other, so that an interrupted run keeps all that it paid for."""
    for start in range(0, len(texts), settings.rows):
        some = list(texts[start : start + settings.rows])
        most = Tokens(sum(map(asked.tokens, some)), 0)
        reply = asked.ask("embeddings", _parameters(settings) | {"input": some}, most)
        for text, vector in zip(
            some, _vectors(reply, len(some), settings, asked.host), strict=True
        ):
            yield text, np.stack((vector, vector))


def _vectors(reply: dict[str, Any], count: int, settings: Settings, host: str) -> list[np.ndarray]:
    """The vectors of a reply in the order of the texts asked about."""
    try:
        held = {
            each["index"]: np.array(each["embedding"], dtype=np.float32) for each in reply["data"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{host}: the answer of {settings.model} holds no vectors") from error
    if sorted(held) != list(range(count)):
        raise UserError(f"{host}: {settings.model} gave {len(held)} vectors for {count} texts")
    vectors = [held[place] for place in range(count)]
    wanted = settings.dimensions or vectors[0].size
    for vector in vectors:
        if vector.shape != (wanted,) or not np.isfinite(vector).all():
            raise UserError(
                f"{host}: a vector of {settings.model} is {vector.shape},"
                f" expected {wanted} finite numbers"
            )
    return vectors
