"""Evaluation of a self-supervised encoder on all classes, by an official protocol: linear probe,
nearest neighbour, fine-tuning, transfer to another data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float32
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from zsar import encoders
from zsar.bounds import BatchSize, Count, Epochs, Positive, Share
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings, without_layers
from zsar.data.artifacts import ClipFile, read
from zsar.data.protocols import sides
from zsar.dataset_info import dataset_info
from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.evaluation import mean_and_std
from zsar.experiment.device import clip_source, tensor
from zsar.experiment.state_files import load_state
from zsar.learning.downstream import labelled_rows, nearest_neighbours, probe_accuracy, train_probe
from zsar.learning.mapped_clips import subset
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.training import Losses, Row, descend
from zsar.processes import Report


@dataclass(frozen=True)
class RetrievalConfig:
    block: Count  # clips on either side that are compared at once


@dataclass(frozen=True)
class TuningConfig:
    optimizer: AdamConfig
    epochs: Epochs
    batch_size: BatchSize


@dataclass(frozen=True)
class FinetuneConfig:
    labels: Annotated[
        tuple[Share, ...], Field(min_length=1)
    ]  # shares of the training clips of each class
    tuning: TuningConfig


@dataclass(frozen=True)
class TSNEConfig:
    classes: Count  # evenly spaced among all
    perplexity: Positive


def load_sides(
    cell: RecognitionCell, settings: Settings, device: torch.device
) -> tuple[LabelledClips, LabelledClips]:
    """The training and the test clips of the protocol; a label is the class's own number."""
    clips = read(cell.clips, ClipFile)
    known = dataset_info(cell.dataset, settings.dataset, clips.subjects)
    found = sides(clips.origins, dataset=known, protocol=cell.protocol)
    train, test = (
        LabelledClips(
            clip_source(clips.skeletons, rows, device), tensor(clips.labels[rows], device)
        )
        for rows in (found.train, found.test)
    )
    return train, test


def build_encoder(cell: RecognitionCell, settings: Settings, num_classes: int) -> Encoder:
    """The untrained encoder of the cell."""
    kind = encoders.encoder(without_layers(cell.encoder))
    if not kind.self_supervised:
        raise UserError(
            f"{cell.encoder} is not pre-trained without labels; expected a self-supervised encoder,"
            " such as umurl"
        )
    return kind(num_classes, settings.of("encoders", cell.encoder, kind.Config))


def load_pretrained(
    cell: RecognitionCell, settings: Settings, num_classes: int, device: torch.device
) -> Encoder:
    """The encoder with the backbone that was pre-trained in this cell, and a new head."""
    encoder = build_encoder(cell, settings, num_classes)
    load_state(encoder.backbone(), cell.weights)
    return encoder.to(device).eval()


def probe_epochs(cell: RecognitionCell, settings: Settings) -> int:
    """Of the training of a linear classifier."""
    return build_encoder(cell, settings, 1).probe_config.epochs


def num_classes(*clips: LabelledClips) -> int:
    return 1 + max(int(each.labels.max()) for each in clips)


def linear_probe(
    encoder: Encoder, train: LabelledClips, test: LabelledClips, seed: int, report: Report
) -> dict[str, float]:
    """The accuracy after the last epoch, and, as published, that of the best test epoch."""
    features, test_features = encoder.encode(train.skeletons), encoder.encode(test.skeletons)
    torch.manual_seed(seed)
    head = nn.Linear(encoder.width, num_classes(train, test)).to(features.device)
    accuracies = []
    for row in train_probe(head, features, train.labels, encoder.probe_config):
        accuracies.append(100 * probe_accuracy(head, test_features, test.labels))
        report(row)
    return {"linear_last": accuracies[-1], "linear_as_published": max(accuracies)}


def retrieval(
    encoder: Encoder, train: LabelledClips, test: LabelledClips, config: RetrievalConfig
) -> float:
    """How often the training clip nearest to a test clip has its class, by cosine of features."""
    features, test_features = encoder.encode(train.skeletons), encoder.encode(test.skeletons)
    return _nearest_accuracy(features, test_features, train, test, config)


def coordinate_retrieval(
    train: LabelledClips, test: LabelledClips, config: RetrievalConfig
) -> float:
    """The same by cosine of the bare coordinates."""
    flat, test_flat = train.skeletons[:].flatten(1), test.skeletons[:].flatten(1)
    return _nearest_accuracy(flat, test_flat, train, test, config)


def _nearest_accuracy(
    gallery: Tensor,
    queries: Tensor,
    train: LabelledClips,
    test: LabelledClips,
    config: RetrievalConfig,
) -> float:
    nearest = nearest_neighbours(queries, gallery, 1, config.block)[:, 0]
    return _per_cent(train.labels[nearest], test.labels)


def few_labels(train: LabelledClips, share: float, seed: int) -> LabelledClips:
    """A share of the clips of each class."""
    torch.manual_seed(seed)
    rows = labelled_rows(train.labels, share)
    return LabelledClips(subset(train.skeletons, rows), train.labels[rows])


def finetuned(
    encoder: Encoder,
    train: LabelledClips,
    test: LabelledClips,
    config: TuningConfig,
    seed: int,
    report: Report,
) -> float:
    """The accuracy after the last epoch of fine-tuning."""
    torch.manual_seed(seed)
    for row in finetune(encoder, train, config):
        report(row)
    return _per_cent(encoder.classify(encoder.encode(test.skeletons)).argmax(1), test.labels)


def seed_statistics(values: list[float]) -> dict[str, float]:
    """Over seeds, each of which has pre-trained an encoder of its own."""
    mean, deviation = mean_and_std(values)
    return {"mean": mean, "std": deviation}


def _per_cent(answers: Tensor, labels: Tensor) -> float:
    return 100 * (answers == labels).double().mean().item()


def spaced_classes(count: int, most: int) -> Tensor:
    """Class numbers, evenly spaced among all."""
    return torch.linspace(0, count - 1, min(most, count)).long().unique()


def tsne(
    features: Float32[np.ndarray, "clip dim"], perplexity: float, seed: int
) -> Float32[np.ndarray, "clip two"]:
    """Positions in the unit square; clips with close features lie close."""
    from sklearn.manifold import TSNE

    perplexity = min(perplexity, (len(features) - 1) / 3)
    search = TSNE(perplexity=perplexity, metric="cosine", init="pca", random_state=seed)
    placed = search.fit_transform(features)
    least, most = placed.min(0), placed.max(0)
    return ((placed - least) / np.maximum(most - least, 1e-9)).astype(np.float32)


def finetune(encoder: Encoder, train: LabelledClips, settings: TuningConfig) -> Iterator[Row]:
    """Train encoder and head together; the last epoch is kept."""

    def loss(rows: Tensor) -> Losses:
        logits = encoder.classify(encoder(train.skeletons[rows]))
        return {"cross_entropy": F.cross_entropy(logits, train.labels[rows])}

    yield from descend(
        encoder,
        loss,
        adam(encoder, settings.optimizer),
        rows=len(train),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
    )
