"""A trained cell as a model: its encoder and method, for any recording and any labels."""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
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
from zsar.kinematics.described import Descriptions, concatenated, from_rows
from zsar.kinematics.known_classes import known_classes, plain
from zsar.kinematics.measure import measure
from zsar.learning.world import Clips, Sizes, Text
from zsar.prediction import bundle as bundles
from zsar.prediction.bundle import Bundle, Manifest
from zsar.prediction.excerpts import Excerpt
from zsar.prediction.kinematic import SYNONYM, kinematic_model
from zsar.prediction.model import Model, Weighed
from zsar.preprocess.pipeline import pipeline
from zsar.text import backends, free_text


class TrainedModel(Model):
    """Labels that are classes of its data set have the texts of these; any other is embedded by the
    text encoder that the cell was trained with. That a clip is none of the labels is weighed by the
    other classes of its data set."""

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
        self.others = lru_cache(maxsize=4)(self._others)
        self.embedded = lru_cache(maxsize=4)(self._embedded)
        self.unsure = _unsure(said)
        self.told: set[tuple[bool, ...]] = set()

    def export(self, folder: Path) -> None:
        bundles.write(self.bundle, folder)

    def weigh(self, some: Sequence[Excerpt], labels: tuple[str, ...]) -> Weighed:
        for each in some:
            self._compare_joints(each.recording)
        clips = self._clips([each.recording for each in some])
        scores, said = self._scores(clips, labels), self.bundle.manifest.calibration
        if said is None:
            return Weighed(scores, np.full((len(scores), len(labels) + 1), np.nan))
        shares, others = said.shares(scores), self.others(labels)
        if said.presence is None or not others:
            return Weighed(scores, np.column_stack([shares, np.full(len(shares), np.nan)]))
        # Again beside all other classes: a method may compare candidates with one another.
        joint = self._scores(clips, (*labels, *others))
        none = said.presence.none(joint[:, : len(labels)], joint[:, len(labels) :])
        return Weighed(scores, np.column_stack([shares * (1 - none[:, None]), none]))

    def _scores(
        self, clips: Clips, labels: tuple[str, ...]
    ) -> Float64[np.ndarray, "excerpt label"]:
        with torch.no_grad():
            found = seeded_scores(self.method, clips, self._text(labels), self.bundle.manifest.seed)
        return found.double().numpy()

    def _others(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Classes of the data set that were not named, but for those that say the same."""
        classes = self.bundle.manifest.classes
        named = {plain(each) for each in labels}
        rest = [each for each in classes if plain(each) not in named]
        known = {plain(each) for each in classes}
        sentences = [each for each in labels if plain(each) not in known]
        return tuple(_unlike(rest, sentences))

    def _encoder(self) -> Any:
        said = self.bundle.manifest
        name = said.cell.rsplit("/", 1)[-1]
        kind = encoders.encoder(without_layers(name))
        if kind.precomputed or kind.measured:
            raise UserError(f"{said.cell}: encoder {name} cannot encode a recording of its own")
        encoder = kind(len(said.seen), self.settings.of("encoders", name, kind.Config))
        _load(encoder, self.bundle.encoder, said.cell)
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
        if method.reads_labels:
            raise UserError(
                f"method {said.method} reads the label of the clip that it is asked for"
            )
        _load(method, self.bundle.method, said.cell)
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
        known = {plain(name): row for row, name in enumerate(said.classes)}
        new = [each for each in labels if plain(each) not in known]
        pooled, tokens = _of_classes(file, [held.index(each) for each in sources])
        if new:
            more = self.embedded(tuple(new), len(sources))
            width = max(tokens.shape[2], more[1].shape[2])
            pooled = torch.cat([pooled, more[0]])
            tokens = torch.cat([_longer(tokens, width), _longer(more[1], width)])
        first = {name: len(said.classes) + row for row, name in enumerate(new)}
        places = [first.get(each, known.get(plain(each), 0)) for each in labels]
        rows = torch.tensor(places)
        groups = rows[:, None].expand(-1, len(sources))
        return Text(pooled[rows], tokens[rows], groups, self._structured(labels, places))

    def _embedded(self, sentences: tuple[str, ...], sources: int) -> tuple[Tensor, Tensor]:
        """Every source of a sentence is the sentence itself."""
        name = self.bundle.manifest.text
        kind = backends.config_class(self.settings.section("texts", name))
        config: Any = self.settings.of("texts", name, kind)
        with TemporaryDirectory() as cache:
            found = backends.embed(config, {"label": list(sentences)}, "cpu", Path(cache))
        pooled, tokens = _of_classes(TextFile(**vars(found)), [0])
        return pooled.expand(-1, sources, -1), tokens.expand(-1, sources, -1, -1)

    def _structured(self, labels: tuple[str, ...], places: list[int]) -> Descriptions | None:
        """Of classes as the cell has them; of any other label as of the model without training."""
        if not self.method.kinematic:
            return None
        try:
            described = from_rows(**self.bundle.structured)
        except (TypeError, ValueError, IndexError) as error:
            raise UserError(
                f"{self.bundle.manifest.cell}: its structured descriptions cannot be"
                f" read ({_said(error)}); export it again"
            ) from error
        new = [each for each, at in zip(labels, places, strict=True) if at >= len(described)]
        if new:
            more = kinematic_model().candidates(tuple(new)).described
            described = concatenated([described, more])
        return described[np.array(places)]

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


def _unsure(said: Manifest) -> str:
    """What the calibration of a cell cannot say."""
    if said.calibration is None:
        return (
            f"{said.cell} has no scores of the validation phase, by which confidence is calibrated:"
            " numbers are scores"
        )
    if said.calibration.presence is None:
        return (
            f"{said.cell} cannot say that it is none of these: in the validation phase nothing told"
        )
    return ""


def _unlike(classes: list[str], sentences: list[str]) -> list[str]:
    """Classes that say the same as no sentence."""
    if not sentences or not classes:
        return classes
    known, features = known_classes(), free_text.features(sentences)
    alike = free_text.trained().similarity(features, len(known.names)).max(0)
    found = {name: known.named(name) for name in classes}
    rest = [name for name, places in found.items() if not len(places)]
    names = free_text.features(rest) @ features.T if rest else np.zeros((0, 1))
    others = dict(zip(rest, names.max(1), strict=True))
    return [
        name
        for name, places in found.items()
        if (alike[places].max() if len(places) else others[name]) < SYNONYM
    ]


def _load(module: torch.nn.Module, arrays: bundles.Arrays, cell: str) -> None:
    try:
        module.load_state_dict(_tensors(arrays))
    except (RuntimeError, TypeError, ValueError) as error:
        raise UserError(
            f"{cell}: its weights are not those of its settings ({_said(error)}); export it again"
        ) from error


def _said(error: Exception) -> str:
    return " ".join(str(error).split())


def _tensors(arrays: bundles.Arrays) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(each)) for name, each in arrays.items()}


def _of_classes(file: TextFile, columns: list[int]) -> tuple[Tensor, Tensor]:
    """Pooled features and tokens of some sources."""
    pooled = np.asarray(file.pooled)[:, columns].astype(np.float32)
    return torch.from_numpy(pooled), torch.from_numpy(padded_tokens(file, columns))


def _longer(tokens: Tensor, length: int) -> Tensor:
    return torch.nn.functional.pad(tokens, (0, 0, 0, length - tokens.shape[2]))
