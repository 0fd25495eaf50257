"""A Long-CLIP checkpoint as its authors distribute it, which reads 248 tokens."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.errors import UserError
from zsar.text import local_models
from zsar.text.backends import clip
from zsar.text.cache import Cache
from zsar.text.embedding import Encoder, Sentences, Vectors, embedded
from zsar.text.local_models import read

KEPT = 20  # positions that are as in CLIP; those behind come from a table of their own
WINDOW = 248  # tokens
HEAD = 64  # width of an attention head in every CLIP
BLOCK = "transformer.resblocks."
RENAMED = {  # of a block: theirs -> transformers'
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


@dataclass(frozen=True)
class Settings:
    backend: str
    weights: str  # file, such as longclip-B.pt
    tokenizer: str  # folder or name of any CLIP, for its tokenizer.json; they all have the same
    revision: str  # of the latter
    rows: int  # texts at a time; 1 is quickest on a CPU


def embed(settings: Settings, sentences: Sentences, device: str, cache: Cache) -> Vectors:
    return embedded(sentences, encoder(settings, device), cache)


def missing(settings: Settings) -> str:
    """The checkpoint or its tokenizer, where they are not on this machine."""
    if not Path(settings.weights).expanduser().is_file():
        return f"no {settings.weights}; https://github.com/beichenzbc/Long-CLIP has it"
    return local_models.missing(settings.tokenizer, settings.revision)


def limit(settings: Settings) -> int | None:
    return WINDOW


def encoder(settings: Settings, device: str) -> Encoder:
    file = Path(settings.weights).expanduser()
    if not file.is_file():
        raise UserError(
            f"{file}: no such file; it should be a checkpoint of Long-CLIP, such as longclip-B.pt"
        )
    folder = local_models.folder(settings.tokenizer, settings.revision)
    tokens = (
        local_models.digest(folder / "tokenizer.json")
        if (folder / "tokenizer.json").is_file()
        else ""
    )
    arithmetic = f"{device} {settings.rows} rows {local_models.versions('torch', 'transformers')}"
    return Encoder(
        f"long_clip {local_models.digest(file)} {tokens} {arithmetic}",
        partial(_read, file, folder, device, settings.rows),
    )


def _read(
    file: Path, folder: Path, device: str, rows: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    model = tower(_state(file), file)
    tokens_of = clip.tokenizer(folder, model.config.max_position_embeddings)
    return read(clip.network(model, tokens_of, device), texts, rows)


def _state(file: Path) -> dict[str, Any]:
    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        raise UserError(f"{file}: not a plain checkpoint; nothing but tensors is loaded") from error
    if not isinstance(state, dict) or "token_embedding.weight" not in state:
        raise UserError(f"{file}: holds no token_embedding.weight, so it is no CLIP")
    return {name: value.float() for name, value in state.items() if hasattr(value, "float")}


def tower(state: dict[str, Any], file: Path) -> Any:
    """The text tower in transformers' terms."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    vocabulary, width = state["token_embedding.weight"].shape
    positions = _positions(state)
    layers = len({name.split(".")[2] for name in state if name.startswith(BLOCK)})
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // HEAD),
        max_position_embeddings=len(positions),
        projection_dim=state["text_projection"].shape[1],
        hidden_act="quick_gelu",
    )
    with local_models.quiet():
        model = CLIPTextModelWithProjection(config)
    own = set(model.state_dict())
    renamed = {_fitting(name, own): value for name, value in _renamed(state, positions).items()}
    missing = own - set(renamed) - {name for name in own if name.endswith("position_ids")}
    if missing:
        raise UserError(
            f"{file}: no weights for {sorted(missing)[0]} and {len(missing) - 1} more,"
            " so it is no CLIP"
        )
    model.load_state_dict(renamed, strict=False)
    return model


def _positions(state: dict[str, Any]) -> Any:
    import torch

    kept = state["positional_embedding"]
    stretched = state.get("positional_embedding_res")
    return kept if stretched is None else torch.cat((kept[:KEPT], stretched[KEPT:]))


def _renamed(state: dict[str, Any], positions: Any) -> dict[str, Any]:
    made = {
        "embeddings.token_embedding.weight": state["token_embedding.weight"],
        "embeddings.position_embedding.weight": positions,
        "final_layer_norm.weight": state["ln_final.weight"],
        "final_layer_norm.bias": state["ln_final.bias"],
        "text_projection.weight": state["text_projection"].T.contiguous(),
    }
    for name, value in state.items():
        if name.startswith(BLOCK):
            number, part = name.removeprefix(BLOCK).split(".", 1)
            made |= {f"encoder.layers.{number}.{each}": v for each, v in _of_block(part, value)}
    return made


def _of_block(part: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A tensor of a block under its new name; query, key and value in one become three."""
    if part.startswith("attn.in_proj_"):
        kind = part.removeprefix("attn.in_proj_")
        for letter, third in zip("qkv", value.chunk(3), strict=True):
            yield f"self_attn.{letter}_proj.{kind}", third
    else:
        module, _, kind = part.rpartition(".")
        yield f"{RENAMED.get(module, module)}.{kind}", value


def _fitting(name: str, own: set[str]) -> str:
    """Versions of transformers differ in the prefix of the tower's tensors."""
    return name if name in own else f"text_model.{name}"
