"""CLIP's text towers by name, and a Long-CLIP whose weights are in the format of transformers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.errors import UserError
from zsar.text import local_models
from zsar.text.cache import Cache
from zsar.text.embedding import Encoder, Sentences, Vectors, embedded
from zsar.text.local_models import Network, read

KINDS = ("clip", "clip_text_model")
WINDOW = 77  # tokens, where the model does not say


@dataclass(frozen=True)
class Settings:
    backend: str
    model: str  # openai/clip-vit-base-patch32 and its like, or a folder
    revision: str
    rows: int  # texts at a time; 1 is quickest on a CPU


def embed(settings: Settings, sentences: Sentences, device: str, cache: Cache) -> Vectors:
    return embedded(sentences, encoder(settings, device), cache)


def missing(settings: Settings) -> str:
    """Weights that are not on this machine."""
    return local_models.missing(settings.model, settings.revision)


def limit(settings: Settings) -> int | None:
    held = _config(local_models.folder(settings.model, settings.revision))
    return held.get("text_config", held).get("max_position_embeddings", WINDOW)


def encoder(settings: Settings, device: str) -> Encoder:
    folder = local_models.folder(settings.model, settings.revision)
    kind = _config(folder).get("model_type")
    if kind not in KINDS:
        raise UserError(
            f"{settings.model} is a {kind} model, expected clip;"
            " for other kinds there is the backend sentence_transformers"
        )
    arithmetic = f"{device} {settings.rows} rows {local_models.versions('torch', 'transformers')}"
    return Encoder(
        f"clip {local_models.fingerprint(folder)} {arithmetic}",
        partial(_read, folder, device, settings.rows),
    )


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise UserError(f"{file}: no such file; it should say what kind of model this is")
    return json.loads(file.read_text(encoding="utf-8"))


def _read(
    folder: Path, device: str, rows: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    model = tower(folder)
    tokens_of = tokenizer(folder, model.config.max_position_embeddings)
    return read(network(model, tokens_of, device), texts, rows)


def tower(folder: Path) -> Any:
    """The text tower, out of a folder that holds it alone or both."""
    from transformers import CLIPConfig, CLIPTextConfig, CLIPTextModelWithProjection

    with local_models.quiet():
        if "text_config" in _config(folder):
            both = CLIPConfig.from_pretrained(folder, local_files_only=True)
            config: Any = both.text_config
            config.projection_dim = both.projection_dim  # the tower's own entry is not always set
        else:
            config = CLIPTextConfig.from_pretrained(folder, local_files_only=True)
        return CLIPTextModelWithProjection.from_pretrained(
            folder, config=config, local_files_only=True
        )


def tokenizer(folder: Path, limit: int) -> Any:
    """Texts as ids between the two that mark start and end; what is beyond the limit is cut off."""
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UserError(f"{file}: no such file; it should hold the tokenizer of the text encoder")
    made: Any = Tokenizer.from_file(str(file))
    made.no_padding()
    made.enable_truncation(limit)
    return made


def network(model: Any, tokens_of: Any, device: str) -> Network:
    """All tokens in the space shared with pictures; the last stands for the text, unscaled."""
    import torch

    model = model.to(device).float().eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        ids = torch.tensor([tokens_of.encode(text).ids for text in texts], device=device)
        states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        tokens = model.text_projection(states)
        return tokens[:, -1].cpu().numpy(), tokens.cpu().numpy()

    return Network(lambda text: len(tokens_of.encode(text).ids), embed)
