"""Downstream evaluation of frozen features: a linear probe, nearest neighbours, few labels."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import MultiStepLR

from zsar.bounds import Amount, BatchSize, Epochs, Share, Whole
from zsar.learning.optim import SGDConfig, sgd
from zsar.learning.training import Losses, Row, descend


@dataclass(frozen=True)
class ProbeConfig:
    optimizer: SGDConfig
    init_std: Amount  # of the initial weights
    epochs: Epochs
    milestones: tuple[Whole, ...]  # epochs before which the rate drops
    decay: Share  # to this share
    batch_size: BatchSize


def train_probe(
    head: nn.Linear,
    features: Float[Tensor, "clip dim"],
    labels: Int[Tensor, " clip"],
    config: ProbeConfig,
) -> Iterator[Row]:
    """Train the head from new weights."""
    nn.init.normal_(head.weight, std=config.init_std)
    nn.init.zeros_(head.bias)

    def loss(rows: Tensor) -> Losses:
        return {"cross_entropy": F.cross_entropy(head(features[rows]), labels[rows])}

    optimizer = sgd(head, config.optimizer)
    schedule = MultiStepLR(optimizer, config.milestones, config.decay)
    epochs, batch_size = config.epochs, config.batch_size
    for row in descend(
        head, loss, optimizer, rows=len(labels), batch_size=batch_size, epochs=epochs
    ):
        schedule.step()
        yield row


@torch.no_grad()
def probe_accuracy(
    head: nn.Linear, features: Float[Tensor, "clip dim"], labels: Int[Tensor, " clip"]
) -> float:
    return (head(features).argmax(1) == labels).double().mean().item()


@torch.no_grad()
def nearest_neighbours(
    queries: Float[Tensor, "query dim"],
    gallery: Float[Tensor, "entry dim"],
    count: int,
    block: int,
) -> Int[Tensor, "query count"]:
    """The entries of greatest cosine, best first; of equal ones the earlier.

    Blocks keep memory bounded (benchmarks/retrieval.py, memory.py) and it runs on any device.
    """
    return torch.cat(
        [_nearest_neighbours(some, gallery, count, block) for some in queries.split(block)]
    )


def _nearest_neighbours(queries: Tensor, gallery: Tensor, count: int, block: int) -> Tensor:
    unit = F.normalize(queries, dim=1)
    best = queries.new_empty(len(queries), 0)
    found = torch.empty(len(queries), 0, dtype=torch.long, device=queries.device)
    for start in range(0, len(gallery), block):
        cosines = unit @ F.normalize(gallery[start : start + block], dim=1).T
        top, places = _greatest(cosines, count)
        best, order = torch.cat((best, top), 1).sort(dim=1, descending=True, stable=True)
        found = torch.cat((found, places + start), 1).gather(1, order)
        best, found = best[:, :count], found[:, :count]
    return found


def _greatest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    if count == 1:
        top, places = values.max(1, keepdim=True)
        return top, places
    top, places = values.sort(dim=1, descending=True, stable=True)
    return top[:, :count], places[:, :count]


def majority_vote(labels: Int[Tensor, "query count"]) -> Int[Tensor, " query"]:
    """The label that most neighbours have; of equally frequent ones the smallest."""
    votes = F.one_hot(labels, int(labels.max()) + 1).sum(1)
    return votes.argmax(1)


def labelled_rows(labels: Int[Tensor, " clip"], share: float) -> Int[Tensor, " row"]:
    """Rows of a random share of each class, at least one of each, ascending."""
    order = torch.randperm(len(labels), device=labels.device)
    chosen = [_some(order[labels[order] == label], share) for label in labels.unique()]
    return torch.cat(chosen).sort().values


def _some(rows: Int[Tensor, " row"], share: float) -> Int[Tensor, " some"]:
    return rows[: max(1, round(share * len(rows)))]
