"""Any model of sentence-transformers by name, such as all-mpnet-base-v2."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.text import local_models
from zsar.text.cache import Cache
from zsar.text.embedding import Encoder, Sentences, Vectors, embedded
from zsar.text.local_models import Network, read

HOME = "sentence-transformers"  # where a name without an owner is looked for


@dataclass(frozen=True)
class Settings:
    backend: str
    model: str  # all-mpnet-base-v2 and its like, or a folder
    revision: str
    rows: int  # texts at a time; 1 is quickest on a CPU


def embed(settings: Settings, sentences: Sentences, device: str, cache: Cache) -> Vectors:
    return embedded(sentences, encoder(settings, device), cache)


def missing(settings: Settings) -> str:
    """Weights that are not on this machine."""
    return local_models.missing(_name(settings), settings.revision)


def limit(settings: Settings) -> int | None:
    file = _folder(settings) / "sentence_bert_config.json"
    return (
        json.loads(file.read_text(encoding="utf-8")).get("max_seq_length")
        if file.is_file()
        else None
    )


def _folder(settings: Settings) -> Path:
    return local_models.folder(_name(settings), settings.revision)


def _name(settings: Settings) -> str:
    named = "/" in settings.model or Path(settings.model).expanduser().is_dir()
    return settings.model if named else f"{HOME}/{settings.model}"


def encoder(settings: Settings, device: str) -> Encoder:
    folder = _folder(settings)
    packages = local_models.versions("torch", "transformers", "sentence-transformers")
    return Encoder(
        f"sentence_transformers {local_models.fingerprint(folder)} {device} {settings.rows} rows"
        f" {packages}",
        partial(_read, folder, device, settings.rows),
    )


def _read(
    folder: Path, device: str, rows: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    from sentence_transformers import SentenceTransformer

    with local_models.quiet():
        model: Any = SentenceTransformer(str(folder), device=device, local_files_only=True)
    cut = getattr(model, "preprocess", None) or model.tokenize

    def embed(batch: list[str]) -> tuple[np.ndarray, np.ndarray]:
        made = model.encode(
            batch, batch_size=len(batch), output_value=None, show_progress_bar=False
        )
        pooled = [each["sentence_embedding"].cpu().numpy() for each in made]
        tokens = [each["token_embeddings"].cpu().numpy() for each in made]
        return np.stack(pooled).astype(np.float32), np.stack(tokens).astype(np.float32)

    return read(Network(lambda text: cut([text])["input_ids"].shape[1], embed), texts, rows)
