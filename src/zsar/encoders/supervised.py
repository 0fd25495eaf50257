"""Supervised training of an encoder on the seen classes; validation clips choose the epoch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from zsar.bounds import Amount, BatchSize, BelowOne, Epochs, Positive, Rate, Whole
from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.learning.augment import AugmentationConfig, augment
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.distributed import all_sum, per_rank_rng, rank, row_blocks, shard, world_size
from zsar.learning.optim import (
    AdamConfig,
    SGDConfig,
    cosine_decay,
    fused_adam,
    multi_step,
    nesterov_sgd,
)
from zsar.learning.training import Losses, Row, descend


@dataclass(frozen=True)
class SupervisedConfig:
    optimizer: Literal["adam", "sgd"]
    lr: Rate
    momentum: BelowOne  # of sgd, which is Nesterov's where it is not 0
    weight_decay: Amount
    schedule: Literal["cosine", "steps"]
    milestones: tuple[Whole, ...]  # epochs after which steps take a tenth of the rate
    epochs: Epochs
    batch_size: BatchSize
    augmentation: AugmentationConfig
    learns: Literal["everything", "heads"]  # heads alone behind networks that are given
    ceiling: Positive  # a mean loss above it counts as an explosion


def _adam(module: nn.Module, config: SupervisedConfig) -> Optimizer:
    return fused_adam(module, AdamConfig(config.lr, config.weight_decay))


def _sgd(module: nn.Module, config: SupervisedConfig) -> Optimizer:
    return nesterov_sgd(module, SGDConfig(config.lr, config.momentum, config.weight_decay))


OPTIMIZERS = {"adam": _adam, "sgd": _sgd}
SCHEDULES: dict[str, Callable[[int, SupervisedConfig], float]] = {
    "cosine": lambda epoch, config: cosine_decay(epoch, config.epochs),
    "steps": lambda epoch, config: multi_step(epoch, config.milestones, 0.1),
}


class TrainingState:
    """A training with all of its state, so that it can be interrupted and resumed."""

    def __init__(self, encoder: Encoder, config: SupervisedConfig):
        self.encoder, self.config = encoder, config
        encoder.train()
        self.optimizer = OPTIMIZERS[config.optimizer](encoder, config)
        # The rate changes between epochs only, as published.
        self.schedule = LambdaLR(
            self.optimizer, lambda epoch: SCHEDULES[config.schedule](epoch, config)
        )
        self.rows: list[Row] = []
        self.best = -1.0
        self.kept: dict[str, Tensor] = {}

    def epochs(
        self, losses: Callable[[LabelledClips], Losses], train: LabelledClips
    ) -> Iterator[Row]:
        """Train for the epochs that are left; several processes share every batch."""
        config = self.config
        loss_of = losses if world_size() == 1 else sharded(self.encoder, losses)
        batches = count()

        def loss(rows: Tensor) -> Losses:
            skeletons = augment(train.skeletons[rows], config.augmentation)
            with per_rank_rng(skeletons.device, len(self.rows), next(batches)):
                return loss_of(LabelledClips(skeletons, train.labels[rows]))

        for row in descend(
            self.encoder,
            loss,
            self.optimizer,
            rows=len(train),
            batch_size=config.batch_size,
            epochs=config.epochs,
            done=len(self.rows),
            ceiling=config.ceiling,
        ):
            self.schedule.step()
            batches = count()
            yield row

    def keep_best(self, row: Row) -> None:
        """Of equally good epochs the later one is kept, which has trained longer at a lower rate;
        without validation clips all are equally good."""
        self.rows.append(row)
        accuracy = row.get("val_accuracy", self.best)
        if accuracy >= self.best:
            self.best = accuracy
            weights = self.encoder.state_dict().items()
            self.kept = {name: weight.detach().clone() for name, weight in weights}

    def state(self) -> dict[str, Any]:
        return {
            "encoder": self.encoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rows": self.rows,
            "best": self.best,
            "kept": self.kept,
        }

    def resume(self, state: dict[str, Any]) -> None:
        self.encoder.load_state_dict(state["encoder"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.rows, self.best, self.kept = state["rows"], state["best"], state["kept"]


class _WithLosses(nn.Module):
    """An encoder and its losses as one module, whose gradients are averaged when it is called."""

    def __init__(self, encoder: Encoder, losses: Callable[[LabelledClips], Losses]):
        super().__init__()
        self.encoder, self.losses = encoder, losses

    def forward(self, skeletons: Tensor, labels: Tensor) -> Losses:
        return self.losses(LabelledClips(skeletons, labels))


def sharded(
    encoder: Encoder, losses: Callable[[LabelledClips], Losses]
) -> Callable[[LabelledClips], Losses]:
    """The losses of a batch, to which each process contributes those of its own clips.

    Statistics are the same everywhere, so there is nothing to broadcast.
    """
    parallel = DistributedDataParallel(_WithLosses(encoder, losses), broadcast_buffers=False)

    def loss_of(clips: LabelledClips) -> Losses:
        mine = shard(torch.arange(len(clips), device=clips.labels.device))
        own = parallel(clips.skeletons[mine], clips.labels[mine])
        return {name: all_sum(loss * (len(mine) / len(clips))) for name, loss in own.items()}

    return loss_of


def train_supervised(
    encoder: Encoder,
    losses: Callable[[LabelledClips], Losses],
    train: LabelledClips,
    val: LabelledClips,
    config: SupervisedConfig,
    checkpoint_dir: Path | None,
) -> Iterator[Row]:
    """Yield losses and, with validation clips, the accuracy on them per epoch, those of before an
    interruption too."""
    if len(train) < world_size():
        raise UserError(f"{len(train)} clips to train on cannot be shared by {world_size()}")
    device = train.skeletons.device
    depends = config, world_size()
    checkpoint = None
    if checkpoint_dir:
        checkpoint = Checkpoint.of(checkpoint_dir, encoder, train.skeletons, depends)
    state = TrainingState(encoder, config)
    if checkpoint and (saved := checkpoint.load(device)):
        state.resume(saved)
    yield from state.rows
    for row in state.epochs(losses, train):
        if len(val):
            row["val_accuracy"] = accuracy(encoder, val, config.batch_size)
        state.keep_best(row)
        if checkpoint and rank() == 0:
            checkpoint.save(state.state(), device)
        yield state.rows[-1]
    encoder.load_state_dict(state.kept)
    encoder.eval()


@torch.no_grad()
def accuracy(encoder: Encoder, clips: LabelledClips, batch_size: int) -> float:
    """Of all clips; several processes look at some batches each."""
    hits = clips.labels.new_zeros(())
    for start in row_blocks(len(clips), batch_size)[rank()]:
        some = slice(start, start + batch_size)
        hits += (
            encoder.classify(encoder(clips.skeletons[some])).argmax(1) == clips.labels[some]
        ).sum()
    return all_sum(hits.double()).item() / len(clips)
