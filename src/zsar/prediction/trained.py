"""A trained cell as a model: its encoder and method, for any recording and any labels."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zsar import encoders, methods
from zsar.cells import Cell
from zsar.config.config import load as load_config
from zsar.config.settings import Settings, without_layers
from zsar.data.artifacts import TextFile
from zsar.data.recording import Recording
from zsar.data.skeleton import JOINTS
from zsar.errors import UserError
from zsar.experiment.device import configure_torch
from zsar.experiment.inputs import padded_tokens, seeded_scores
from zsar.kinematics.actors import motion_of
from zsar.kinematics.measure import measure
from zsar.learning.world import Clips, Sizes, Text
from zsar.prediction import bundle as bundles
from zsar.prediction.bundle import Bundle
from zsar.prediction.excerpts import Excerpt
from zsar.prediction.model import Model, Weighed, softmax
from zsar.preprocess.pipeline import pipeline
from zsar.text import backends


class TrainedModel(Model):
    """Labels that are classes of its data set have the texts of these; any other is embedded by the
    text encoder that the cell was trained with. It always chooses: it cannot say that a clip is
    none of the labels."""

    def __init__(self, bundle: Bundle):
        self.bundle = bundle
        said = bundle.manifest
        self.classes = tuple(said.classes[each] for each in said.unseen)
        self.settings = Settings(
            {**said.settings, "run": {**said.settings["run"], "device": "cpu"}}
        )
        configure_torch(self.settings)
        self.encoder = self._encoder()
        self.method = self._method()
        self.prepare = pipeline(self.settings.steps)
        self.told: set[tuple[bool, ...]] = set()

    def export(self, folder: Path) -> None:
        bundles.write(self.bundle, folder)

    def weigh(self, some: Sequence[Excerpt], labels: tuple[str, ...]) -> Weighed:
        for each in some:
            self._compare_joints(each.recording)
        clips, text = self._clips([each.recording for each in some]), self._text(labels)
        seed = self.bundle.manifest.seed
        with torch.no_grad():
            found = seeded_scores(self.method, clips, text, seed)
        scores = found.double().numpy()
        shares = softmax(scores / self.bundle.manifest.temperature)
        return Weighed(scores, np.column_stack([shares, np.full(len(shares), np.nan)]))

    def _encoder(self) -> Any:
        said = self.bundle.manifest
        name = said.cell.rsplit("/", 1)[-1]
        kind = encoders.encoder(without_layers(name))
        if kind.precomputed or kind.measured:
            raise UserError(f"{said.cell}: encoder {name} cannot encode a recording of its own")
        encoder = kind(len(said.seen), self.settings.of("encoders", name, kind.Config))
        encoder.load_state_dict(_tensors(self.bundle.encoder))
        return encoder.eval().requires_grad_(False)

    def _method(self) -> Any:
        said = self.bundle.manifest
        kind = methods.method(without_layers(said.method))
        if kind.transductive:
            raise UserError(
                f"method {said.method} is transductive: it scores the clips of a data set together;"
                " expected an inductive one"
            )
        config: Any = self.settings.of("methods", said.method, kind.Config)
        encoder = self.encoder if kind.needs_skeletons(config) else None
        torch.manual_seed(said.seed)
        method = kind(Sizes(**said.sizes), config, encoder)
        method.load_state_dict(_tensors(self.bundle.method))
        return method.eval()

    def _clips(self, recordings: Sequence[Recording]) -> Clips:
        skeletons = torch.from_numpy(
            np.stack([self.prepare(each).skeletons for each in recordings])
        )
        measured = None
        if self.method.kinematic:
            measured = measure([motion_of(each) for each in recordings])
        labels = torch.zeros(len(recordings), dtype=torch.long)
        return Clips(labels, self.encoder.encode(skeletons), skeletons, measured)

    def _text(self, labels: tuple[str, ...]) -> Text:
        """In the order of the labels."""
        said, file = self.bundle.manifest, TextFile(**self.bundle.texts)
        sources = self.settings.sources(said.method)
        held = [str(each) for each in file.sources]
        if missing := [each for each in sources if each not in held]:
            raise UserError(
                f"{said.cell} reads {missing[0]} beside texts, which a label does not have"
            )
        known = {name: row for row, name in enumerate(said.classes)}
        new = [each for each in labels if each not in known]
        pooled, tokens = _of_classes(file, [held.index(each) for each in sources])
        if new:
            more = self._embedded(new, sources)
            width = max(tokens.shape[2], more[1].shape[2])
            pooled = torch.cat([pooled, more[0]])
            tokens = torch.cat([_longer(tokens, width), _longer(more[1], width)])
        places = known | {name: len(known) + row for row, name in enumerate(new)}
        rows = torch.tensor([places[each] for each in labels])
        groups = rows[:, None].expand(-1, len(sources))
        return Text(pooled[rows], tokens[rows], groups, self._structured(labels))

    def _embedded(self, sentences: list[str], sources: list[str]) -> tuple[Tensor, Tensor]:
        """Every source of a sentence is the sentence itself."""
        name = self.bundle.manifest.text
        kind = backends.config_class(self.settings.section("texts", name))
        config: Any = self.settings.of("texts", name, kind)
        with TemporaryDirectory() as cache:
            found = backends.embed(config, {"label": sentences}, "cpu", Path(cache))
        pooled, tokens = _of_classes(TextFile(**vars(found)), [0])
        many = len(sources)
        return pooled.expand(-1, many, -1), tokens.expand(-1, many, -1, -1)

    def _structured(self, labels: tuple[str, ...]) -> Any:
        if not self.method.kinematic:
            return None
        from zsar.prediction.kinematic import kinematic_model

        return kinematic_model().candidates(labels).described

    def _compare_joints(self, recording: Recording) -> None:
        """Say once of each layout which joints it computes that the encoder knows as measured."""
        key = tuple(recording.derived.tolist())
        if key in self.told:
            return
        self.told.add(key)
        learned = np.array(self.bundle.manifest.derived)
        if names := [JOINTS[k] for k in np.flatnonzero(recording.derived & ~learned)]:
            warnings.warn(
                f"{recording.name}: {', '.join(names)} are computed from other joints, but were"
                f" measured in the clips that {self.bundle.manifest.cell} learned from",
                stacklevel=2,
            )


def of_cell(place: str, method: str) -> TrainedModel:
    """A cell of the study in this repository."""
    config = load_config()
    cell = Cell.at(place.strip("/"), method=method or config.params.method)
    if not cell.encoder:
        raise UserError(
            f"{place!r} is neither a folder that `zsar export` wrote nor a cell, expected"
            " dataset/preprocess/split/encoder"
        )
    config.dataset(cell.dataset)
    return TrainedModel(bundles.of_cell(cell, config))


def of_folder(folder: Path) -> TrainedModel:
    """What `zsar export` wrote."""
    return TrainedModel(bundles.of_folder(folder))


def _tensors(arrays: bundles.Arrays) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(each)) for name, each in arrays.items()}


def _of_classes(file: TextFile, columns: list[int]) -> tuple[Tensor, Tensor]:
    """Pooled features and tokens of some sources."""
    pooled = np.asarray(file.pooled)[:, columns].astype(np.float32)
    return torch.from_numpy(pooled), torch.from_numpy(padded_tokens(file, columns))


def _longer(tokens: Tensor, length: int) -> Tensor:
    return torch.nn.functional.pad(tokens, (0, 0, 0, length - tokens.shape[2]))
