"""Any text encoder of sentence-transformers by name, such as all-mpnet-base-v2.

Sentence-BERT (Reimers and Gurevych, EMNLP 2019, https://arxiv.org/abs/1908.10084).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.bounds import BatchSize
from zsar.text import local_models
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextEncoder, TextFeatures, embed_texts
from zsar.text.local_models import LoadedEncoder, encode

DEFAULT_OWNER = "sentence-transformers"  # on the model hub


@dataclass(frozen=True)
class SentenceTransformersConfig:
    backend: str
    model: str  # such as all-mpnet-base-v2, or a folder
    revision: str
    batch_size: BatchSize  # texts at a time; 1 is quickest on a CPU


Config = SentenceTransformersConfig  # the name that the table of backends reads


def embed(
    config: SentenceTransformersConfig, texts: SourceTexts, device: str, cache: Cache
) -> TextFeatures:
    return embed_texts(texts, encoder(config, device), cache)


def missing(config: SentenceTransformersConfig) -> str:
    """The weights, where they are not on this machine."""
    return local_models.missing(_name(config), config.revision)


def token_limit(config: SentenceTransformersConfig) -> int | None:
    file = _folder(config) / "sentence_bert_config.json"
    return (
        json.loads(file.read_text(encoding="utf-8")).get("max_seq_length")
        if file.is_file()
        else None
    )


def _folder(config: SentenceTransformersConfig) -> Path:
    return local_models.model_folder(_name(config), config.revision)


def _name(config: SentenceTransformersConfig) -> str:
    named = "/" in config.model or Path(config.model).expanduser().is_dir()
    return config.model if named else f"{DEFAULT_OWNER}/{config.model}"


def encoder(config: SentenceTransformersConfig, device: str) -> TextEncoder:
    folder = _folder(config)
    versions = local_models.versions("torch", "transformers", "sentence-transformers")
    arithmetic = f"{device} {config.batch_size} rows {versions}"
    return TextEncoder(
        f"sentence_transformers {local_models.fingerprint(folder)} {arithmetic}",
        partial(_encode, folder, device, config.batch_size),
    )


def _encode(
    folder: Path, device: str, batch_size: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    from sentence_transformers import SentenceTransformer

    with local_models.quiet():
        model: Any = SentenceTransformer(str(folder), device=device, local_files_only=True)
    tokenize = getattr(model, "preprocess", None) or model.tokenize

    def embed(batch: list[str]) -> tuple[np.ndarray, np.ndarray]:
        made = model.encode(
            batch, batch_size=len(batch), output_value=None, show_progress_bar=False
        )
        pooled = [each["sentence_embedding"].cpu().numpy() for each in made]
        tokens = [each["token_embeddings"].cpu().numpy() for each in made]
        return np.stack(pooled).astype(np.float32), np.stack(tokens).astype(np.float32)

    return encode(
        LoadedEncoder(lambda text: tokenize([text])["input_ids"].shape[1], embed), texts, batch_size
    )
