"""The table of text encoders; a backend is one module with the names below.

`Config` (its settings), `embed` (texts to features), `missing` (what this machine lacks)
and `token_limit` (how many tokens of a text it reads).
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from zsar.errors import UserError
from zsar.text.backends import arrays, clip, long_clip, minilm, openai, sentence_transformers
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextFeatures

BACKENDS: dict[str, ModuleType] = {
    "minilm": minilm,
    "sentence_transformers": sentence_transformers,
    "clip": clip,
    "long_clip": long_clip,
    "openai": openai,
    "arrays": arrays,
}


def config_class(values: Mapping[str, Any]) -> type:
    """The dataclass for settings with this `backend`."""
    return _backend(values.get("backend")).Config


def embed(config: Any, texts: SourceTexts, device: str, cache: Path) -> TextFeatures:
    """The features of all texts; those in the folder `cache` are not computed again."""
    return _backend(config.backend).embed(config, texts, device, Cache(cache / "vectors"))


def missing(config: Any) -> str:
    """What the encoder needs and this machine lacks, with the way to get it; empty: nothing."""
    return _backend(config.backend).missing(config)


def token_limit(config: Any) -> int | None:
    """How many tokens of a text the encoder reads; None: not known."""
    return _backend(config.backend).token_limit(config)


def _backend(name: Any) -> ModuleType:
    if name not in tuple(BACKENDS):
        raise UserError(f"unknown text backend {name!r}; choose one of: {', '.join(BACKENDS)}")
    return BACKENDS[name]
