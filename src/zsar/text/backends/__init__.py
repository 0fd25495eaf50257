"""Text encoders, one file per kind, and the table of them."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from zsar.errors import UserError
from zsar.text.backends import arrays, clip, long_clip, minilm, openai, sentence_transformers
from zsar.text.cache import Cache
from zsar.text.embedding import Sentences, Vectors

BACKENDS: dict[str, ModuleType] = {
    "minilm": minilm,
    "sentence_transformers": sentence_transformers,
    "clip": clip,
    "long_clip": long_clip,
    "openai": openai,
    "arrays": arrays,
}


def kind(values: Mapping[str, Any]) -> type:
    """The class that settings with this `backend` are typed as."""
    return _backend(values.get("backend")).Settings


def embed(settings: Any, sentences: Sentences, device: str, cache: Path) -> Vectors:
    """What is said of each class as vectors; what the folder `cache` knows is not made again."""
    return _backend(settings.backend).embed(settings, sentences, device, Cache(cache / "vectors"))


def missing(settings: Any) -> str:
    """What the encoder needs and this machine lacks, and where it is to be had; empty: nothing."""
    return _backend(settings.backend).missing(settings)


def limit(settings: Any) -> int | None:
    """How many tokens of a text the encoder reads; None: not known."""
    return _backend(settings.backend).limit(settings)


def _backend(name: Any) -> ModuleType:
    if name not in BACKENDS:
        raise UserError(f"unknown text backend {name!r}; choose one of: {', '.join(BACKENDS)}")
    return BACKENDS[name]
