"""The text encoder of a Long-CLIP checkpoint as its authors distribute it: 248 tokens.

Long-CLIP (Zhang et al., ECCV 2024, https://arxiv.org/abs/2403.15378).
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zsar.bounds import BatchSize
from zsar.errors import UserError
from zsar.text import local_models
from zsar.text.backends import clip
from zsar.text.cache import Cache
from zsar.text.embedding import SourceTexts, TextEncoder, TextFeatures, embed_texts
from zsar.text.local_models import encode

CLIP_POSITIONS = 20  # positions kept from CLIP; the others come from a second table
TOKEN_LIMIT = 248
HEAD_WIDTH = 64  # width of an attention head in every CLIP
BLOCK = "transformer.resblocks."
MODULE_NAMES = {  # in a block: name in the checkpoint -> name in transformers
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


@dataclass(frozen=True)
class LongCLIPConfig:
    backend: str
    weights: str  # a file, such as longclip-B.pt
    tokenizer: str  # folder or name of any CLIP, for its tokenizer.json; all have the same
    revision: str  # of the tokenizer
    batch_size: BatchSize  # texts at a time; 1 is quickest on a CPU


Config = LongCLIPConfig  # the name that the table of backends reads


def embed(config: LongCLIPConfig, texts: SourceTexts, device: str, cache: Cache) -> TextFeatures:
    return embed_texts(texts, encoder(config, device), cache)


def missing(config: LongCLIPConfig) -> str:
    """The checkpoint or its tokenizer, where they are not on this machine."""
    if not Path(config.weights).expanduser().is_file():
        return f"no {config.weights}; https://github.com/beichenzbc/Long-CLIP has it"
    return local_models.missing(config.tokenizer, config.revision)


def token_limit(config: LongCLIPConfig) -> int | None:
    return TOKEN_LIMIT


def encoder(config: LongCLIPConfig, device: str) -> TextEncoder:
    file = Path(config.weights).expanduser()
    if not file.is_file():
        raise UserError(
            f"{file}: no such file; it should be a checkpoint of Long-CLIP, such as longclip-B.pt"
        )
    folder = local_models.model_folder(config.tokenizer, config.revision)
    tokens = (
        local_models.digest(folder / "tokenizer.json")
        if (folder / "tokenizer.json").is_file()
        else ""
    )
    arithmetic = (
        f"{device} {config.batch_size} rows {local_models.versions('torch', 'transformers')}"
    )
    return TextEncoder(
        f"long_clip {local_models.digest(file)} {tokens} {arithmetic}",
        partial(_encode, file, folder, device, config.batch_size),
    )


def _encode(
    file: Path, folder: Path, device: str, batch_size: int, texts: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    model = text_model(_state(file), file)
    tokenizer = clip.load_tokenizer(folder, model.config.max_position_embeddings)
    return encode(clip.loaded_encoder(model, tokenizer, device), texts, batch_size)


def _state(file: Path) -> dict[str, Any]:
    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        raise UserError(f"{file}: not a plain checkpoint; nothing but tensors is loaded") from error
    if not isinstance(state, dict) or "token_embedding.weight" not in state:
        raise UserError(f"{file}: holds no token_embedding.weight, so it is no CLIP")
    return {name: value.float() for name, value in state.items() if hasattr(value, "float")}


def text_model(state: dict[str, Any], file: Path) -> Any:
    """The text model, as a model of transformers."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    vocabulary, width = state["token_embedding.weight"].shape
    positions = _positions(state)
    layers = len({name.split(".")[2] for name in state if name.startswith(BLOCK)})
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // HEAD_WIDTH),
        max_position_embeddings=len(positions),
        projection_dim=state["text_projection"].shape[1],
        hidden_act="quick_gelu",
    )
    with local_models.quiet():
        model = CLIPTextModelWithProjection(config)
    own = set(model.state_dict())
    found = _renamed(state, positions)
    renamed = {_matching_name(name, own): value for name, value in found.items()}
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
    if stretched is None:
        return kept
    return torch.cat((kept[:CLIP_POSITIONS], stretched[CLIP_POSITIONS:]))


def _renamed(state: dict[str, Any], positions: Any) -> dict[str, Any]:
    renamed = {
        "embeddings.token_embedding.weight": state["token_embedding.weight"],
        "embeddings.position_embedding.weight": positions,
        "final_layer_norm.weight": state["ln_final.weight"],
        "final_layer_norm.bias": state["ln_final.bias"],
        "text_projection.weight": state["text_projection"].T.contiguous(),
    }
    for name, value in state.items():
        if name.startswith(BLOCK):
            number, part = name.removeprefix(BLOCK).split(".", 1)
            tensors = dict(_block_tensors(part, value))
            renamed |= {f"encoder.layers.{number}.{each}": tensors[each] for each in tensors}
    return renamed


def _block_tensors(part: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A tensor of a block under its new name; query, key and value are split into three."""
    if part.startswith("attn.in_proj_"):
        kind = part.removeprefix("attn.in_proj_")
        for letter, third in zip("qkv", value.chunk(3), strict=True):
            yield f"self_attn.{letter}_proj.{kind}", third
    else:
        module, _, kind = part.rpartition(".")
        yield f"{MODULE_NAMES.get(module, module)}.{kind}", value


def _matching_name(name: str, own: set[str]) -> str:
    """The name with the prefix that this version of transformers uses."""
    return name if name in own else f"text_model.{name}"
