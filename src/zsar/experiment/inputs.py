"""The artifacts of a cell as tensors on the device: what encoders and methods are given."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zsar import encoders, methods
from zsar.cells import Cell
from zsar.config.settings import Settings, without_layers
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, TextFile, read
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.experiment import measurements
from zsar.experiment.device import clip_source, tensor
from zsar.experiment.state_files import load_state
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


def load_encoder(cell: Cell, settings: Settings, device: torch.device) -> Encoder:
    """The trained encoder of a cell, frozen."""
    kind = encoders.encoder(without_layers(cell.encoder))
    config: Any = settings.of("encoders", cell.encoder, kind.Config)
    encoder = kind(len(read(cell.split_file, SplitFile).seen), config)
    load_state(encoder, cell.weights)
    return encoder.to(device).eval().requires_grad_(False)


def load_clips(cell: Cell, settings: Settings, device: torch.device) -> Clips:
    """Every clip of the data set with its features; skeletons only if the method needs them. Pick
    rows before learning from it."""
    file, features = read(cell.clips, ClipFile), read(cell.features, FeatureFile)
    skeletons = file.skeletons if _needs_skeletons(cell, settings) else file.skeletons[:, :, :0]
    return Clips(
        labels=tensor(file.labels, device),
        features=tensor(features.features, device),
        skeletons=clip_source(skeletons, np.arange(len(skeletons)), device),
        measurements=measurements.load_measurements(cell) if _is_kinematic(cell) else None,
    )


def load_text(cell: Cell, settings: Settings, device: torch.device) -> Text:
    """The texts of all classes of the data set, with the sources that the method asks for."""
    path, sources = cell.texts(settings.text), settings.sources(cell.method)
    file = read(path, TextFile)
    if measurements.SOURCE in sources:
        file = measurements.with_attributes(file, cell)
    held = list(file.sources)
    for source in sources:
        if source not in held:
            raise UserError(f"{path} has no source {source!r}; it holds: {', '.join(held)}")
    columns = [held.index(source) for source in sources]
    return Text(
        pooled=tensor(file.pooled[:, columns], device),
        tokens=tensor(padded_tokens(file, columns), device),
        groups=tensor(file.groups[:, columns], device),
        structured=measurements.load_descriptions(cell) if _is_kinematic(cell) else None,
    )


def padded_tokens(file: TextFile, columns: list[int]) -> np.ndarray:
    """The tokens of some sources of each class; rows of zeros after the last token."""
    counts = file.counts[:, columns]
    ends = file.counts.cumsum().reshape(file.counts.shape)[:, columns]
    padded = np.zeros((*counts.shape, counts.max(), file.tokens.shape[1]), dtype=np.float32)
    for place in np.ndindex(counts.shape):
        padded[place][: counts[place]] = file.tokens[ends[place] - counts[place] : ends[place]]
    return padded


def build_method(cell: Cell, settings: Settings, sizes: Sizes, device: torch.device) -> Method:
    """An untrained method; everything random in it and in its training follows from the seed of
    the cell, as does the encoder."""
    kind, config = _method(cell, settings)
    encoder = None
    if kind.needs_skeletons(config):
        encoder = load_encoder(cell, settings, device)
    torch.manual_seed(cell.seed)
    return kind(sizes, config, encoder).to(device)


def load_method(cell: Cell, settings: Settings, sizes: Sizes, device: torch.device) -> Method:
    """The trained method of a cell."""
    method = build_method(cell, settings, sizes, device)
    load_state(method, cell.method_weights)
    return method.eval()


def num_epochs(cell: Cell, settings: Settings) -> int:
    """Of the training of the method."""
    kind, config = _method(cell, settings)
    return kind.num_epochs(config)


def seeded_scores(method: Method, clips: Clips, text: Text, seed: int) -> Tensor:
    """Scores that depend on the seed alone, and on no label; the random state of the training is
    left as it was."""
    hidden = replace(clips, labels=torch.full_like(clips.labels, -1))
    with _seeded(seed):
        return method.eval().score(hidden, text)


def scores_among(method: Method, clips: Clips, text: Text, candidates: Tensor, seed: int) -> Tensor:
    """The same of some of the classes of `text`. Labels are shown to no method but one whose
    settings ask for a published test that reads them."""
    if not method.reads_labels:
        return seeded_scores(method, clips, text[candidates], seed)
    same = clips.labels[:, None] == candidates
    truth = torch.where(same.any(1), same.int().argmax(1), -1)
    with _seeded(seed):
        return method.eval().score_knowing(clips, text[candidates], truth)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def reads_structured(cell: Cell, settings: Settings) -> bool:
    """Whether the method reads structured descriptions, as such or as a text."""
    return _is_kinematic(cell) or measurements.SOURCE in settings.sources(cell.method)


def _is_kinematic(cell: Cell) -> bool:
    return methods.method(without_layers(cell.method)).kinematic


def _needs_skeletons(cell: Cell, settings: Settings) -> bool:
    kind, config = _method(cell, settings)
    return kind.needs_skeletons(config)


def _method(cell: Cell, settings: Settings) -> tuple[type[Method], Any]:
    kind = methods.method(without_layers(cell.method))
    return kind, settings.of("methods", cell.method, kind.Config)
