"""The text encoder of CLIP, or of a Long-CLIP whose weights are in the format of transformers.

CLIP (Radford et al., ICML 2021, https://arxiv.org/abs/2103.00020).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.bounds import BatchSize
from zsar.errors import UserError
from zsar.text import local_models
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextEncoder, TextFeatures, embed_texts
from zsar.text.local_models import LoadedEncoder, encode

MODEL_TYPES = ("clip", "clip_text_model")
TOKEN_LIMIT = 77  # where the model does not name one


@dataclass(frozen=True)
class CLIPConfig:
    backend: str
    model: str  # such as openai/clip-vit-base-patch32, or a folder
    revision: str
    batch_size: BatchSize  # texts at a time; 1 is quickest on a CPU


Config = CLIPConfig  # the name that the table of backends reads


def embed(config: CLIPConfig, texts: SourceTexts, device: str, cache: Cache) -> TextFeatures:
    return embed_texts(texts, encoder(config, device), cache)


def missing(config: CLIPConfig) -> str:
    """The weights, where they are not on this machine."""
    return local_models.missing(config.model, config.revision)


def token_limit(config: CLIPConfig) -> int | None:
    values = _model_config(local_models.model_folder(config.model, config.revision))
    return values.get("text_config", values).get("max_position_embeddings", TOKEN_LIMIT)


def encoder(config: CLIPConfig, device: str) -> TextEncoder:
    folder = local_models.model_folder(config.model, config.revision)
    kind = _model_config(folder).get("model_type")
    if kind not in MODEL_TYPES:
        raise UserError(
            f"{config.model} is a {kind} model, expected clip;"
            " for other kinds there is the backend sentence_transformers"
        )
    arithmetic = (
        f"{device} {config.batch_size} rows {local_models.versions('torch', 'transformers')}"
    )
    return TextEncoder(
        f"clip {local_models.fingerprint(folder)} {arithmetic}",
        partial(_encode, folder, device, config.batch_size),
    )


def _model_config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise UserError(f"{file}: no such file; it should say what kind of model this is")
    return json.loads(file.read_text(encoding="utf-8"))


def _encode(
    folder: Path, device: str, batch_size: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    model = text_model(folder)
    tokenizer = load_tokenizer(folder, model.config.max_position_embeddings)
    return encode(loaded_encoder(model, tokenizer, device), texts, batch_size)


def text_model(folder: Path) -> Any:
    """The text model, from a folder with the text model alone or with a complete CLIP."""
    import transformers

    with local_models.quiet():
        if "text_config" in _model_config(folder):
            both = transformers.CLIPConfig.from_pretrained(folder, local_files_only=True)
            config: Any = both.text_config
            config.projection_dim = both.projection_dim  # the tower's own entry is not always set
        else:
            config = transformers.CLIPTextConfig.from_pretrained(folder, local_files_only=True)
        return transformers.CLIPTextModelWithProjection.from_pretrained(
            folder, config=config, local_files_only=True
        )


def load_tokenizer(folder: Path, limit: int) -> Any:
    """The tokenizer, which truncates a text to the limit, start and end token included."""
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UserError(f"{file}: no such file; it should hold the tokenizer of the text encoder")
    tokenizer: Any = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit)
    return tokenizer


def loaded_encoder(model: Any, tokenizer: Any, device: str) -> LoadedEncoder:
    """All tokens, projected to the joint space; the last is the pooled feature, not normalised."""
    import torch

    model = model.to(device).float().eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        ids = torch.tensor([tokenizer.encode(text).ids for text in texts], device=device)
        states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        tokens = model.text_projection(states)
        return tokens[:, -1].cpu().numpy(), tokens.cpu().numpy()

    return LoadedEncoder(lambda text: len(tokenizer.encode(text).ids), embed)
