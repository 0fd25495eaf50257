"""Artifacts as tensors on the device: the world that encoders and methods see."""

import os
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zsar import encoders, methods
from zsar.cells import Cell
from zsar.config.settings import Settings, base
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, TextFile, read
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


def device(settings: Settings) -> torch.device:
    """The device of this run, with everything fixed that could make two runs differ."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode(
        "error"
    )  # as use_deterministic_algorithms, without loading a compiler
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(settings.run.threads)
    wanted = settings.run.device
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("params.yaml: run.device is 'cuda', but this machine shows no CUDA device")
    return torch.device(
        "cuda" if wanted == "auto" and torch.cuda.is_available() else wanted.replace("auto", "cpu")
    )


def tensor(array: np.ndarray, where: torch.device) -> Tensor:
    return torch.from_numpy(np.array(array)).to(where)


def trained_encoder(cell: Cell, settings: Settings, where: torch.device) -> Encoder:
    """The encoder of a cell, frozen, with its weights."""
    from safetensors.torch import load_file

    kind = encoders.encoder(base(cell.encoder))
    shape: Any = settings.of("encoders", cell.encoder, kind.Settings)
    network = kind(len(read(cell.classes, SplitFile).seen), shape)
    network.load_state_dict(load_file(cell.weights))
    return network.to(where).eval().requires_grad_(False)


def clips(cell: Cell, settings: Settings, where: torch.device) -> Clips:
    """Every clip of the data set with its features, and what the method of the cell needs beside
    them; pick rows before learning from it."""
    file, seen = read(cell.clips, ClipFile), read(cell.features, FeatureFile)
    kind, own = _method(cell, settings)
    needed = kind.needs_skeletons(own)
    return Clips(
        labels=tensor(file.labels, where),
        features=tensor(seen.features, where),
        skeletons=tensor(file.skeletons if needed else file.skeletons[:, :, :0], where),
        encoder=trained_encoder(cell, settings, where) if needed else torch.nn.Module(),
    )


def text(cell: Cell, settings: Settings, where: torch.device) -> Text:
    """The texts of all classes of the data set, in the order in which the method asks for them."""
    path, sources = cell.texts(settings.text), settings.sources(cell.method)
    file = read(path, TextFile)
    held = list(file.sources)
    for source in sources:
        if source not in held:
            raise UserError(f"{path} has no source {source!r}; it holds: {', '.join(held)}")
    columns = [held.index(source) for source in sources]
    return Text(
        pooled=tensor(file.pooled[:, columns], where),
        tokens=tensor(_padded_tokens(file, columns), where),
        groups=tensor(file.groups[:, columns], where),
    )


def _padded_tokens(file: TextFile, columns: list[int]) -> np.ndarray:
    counts, ends = (
        file.counts[:, columns],
        file.counts.cumsum().reshape(file.counts.shape)[:, columns],
    )
    padded = np.zeros((*counts.shape, counts.max(), file.tokens.shape[1]), dtype=np.float32)
    for place in np.ndindex(counts.shape):
        padded[place][: counts[place]] = file.tokens[ends[place] - counts[place] : ends[place]]
    return padded


def method(cell: Cell, settings: Settings, sizes: Sizes, seed: int) -> Method:
    """A method before it has learnt anything; everything random in it and in its training follows
    from the seed."""
    kind, own = _method(cell, settings)
    torch.manual_seed(seed)
    return kind(sizes, own)


def _method(cell: Cell, settings: Settings) -> tuple[type[Method], Any]:
    kind = methods.method(base(cell.method))
    return kind, settings.of("methods", cell.method, kind.Settings)


def scores(method: Method, clips: Clips, text: Text, seed: int) -> Tensor:
    """Scores that depend on the seed alone, and leave the random numbers of the training as they
    were."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return method.eval().score(clips, text)
