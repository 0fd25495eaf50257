"""Learning to tell the seen classes apart; held-out clips, if there are any, choose the epoch."""

import math
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

from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.learning.augment import AugmentationConfig, augment
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.distributed import all_sum, per_rank_rng, rank, row_blocks, shard, world_size
from zsar.learning.training import Losses, Row, descend


@dataclass(frozen=True)
class SupervisedConfig:
    optimizer: Literal["adam", "sgd"]
    lr: float
    momentum: float  # of sgd, which is Nesterov's where it is not 0
    weight_decay: float
    schedule: Literal["cosine", "steps"]
    milestones: tuple[int, ...]  # epochs after which steps take a tenth of the rate
    epochs: int
    batch_size: int
    augmentation: AugmentationConfig
    learns: Literal["everything", "heads"]  # heads alone behind networks that are given
    ceiling: float  # a mean loss above it counts as an explosion


def adam(weights: Iterator[nn.Parameter], settings: SupervisedConfig) -> Optimizer:
    decay = settings.weight_decay
    return torch.optim.Adam(weights, settings.lr, weight_decay=decay, fused=True)


def sgd(weights: Iterator[nn.Parameter], settings: SupervisedConfig) -> Optimizer:
    momentum, decay = settings.momentum, settings.weight_decay
    return torch.optim.SGD(
        weights, settings.lr, momentum, weight_decay=decay, nesterov=momentum > 0, fused=True
    )


def cosine(epoch: int, settings: SupervisedConfig) -> float:
    return 0.5 * (1 + math.cos(math.pi * epoch / settings.epochs))


def steps(epoch: int, settings: SupervisedConfig) -> float:
    return 0.1 ** sum(epoch >= milestone for milestone in settings.milestones)


OPTIMIZERS = {"adam": adam, "sgd": sgd}
SCHEDULES = {"cosine": cosine, "steps": steps}


class TrainingState:
    """A training with all of its state, so that it can be put down and taken up again."""

    def __init__(self, encoder: Encoder, settings: SupervisedConfig):
        self.encoder, self.settings = encoder, settings
        encoder.train()
        learnt = (weight for weight in encoder.parameters() if weight.requires_grad)
        self.optimizer = OPTIMIZERS[settings.optimizer](learnt, settings)
        # The rate changes between epochs only, as published.
        self.schedule = LambdaLR(
            self.optimizer, lambda epoch: SCHEDULES[settings.schedule](epoch, settings)
        )
        self.rows: list[Row] = []
        self.best = -1.0
        self.kept: dict[str, Tensor] = {}

    def descent(
        self, losses: Callable[[LabelledClips], Losses], train: LabelledClips
    ) -> Iterator[Row]:
        """The epochs that are left; several processes share every batch."""
        settings = self.settings
        learn = losses if world_size() == 1 else _shared(self.encoder, losses)
        turns = count()

        def loss(rows: Tensor) -> Losses:
            skeletons = augment(train.skeletons[rows], settings.augmentation)
            with per_rank_rng(skeletons.device, len(self.rows), next(turns)):
                return learn(LabelledClips(skeletons, train.labels[rows]))

        for row in descend(
            self.encoder,
            loss,
            self.optimizer,
            rows=len(train),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            taken=len(self.rows),
            ceiling=settings.ceiling,
        ):
            self.schedule.step()
            turns = count()
            yield row

    def judge(self, row: Row) -> None:
        """Of equally good epochs the later one is kept, which has learnt longer at a lower rate;
        where nothing is held out, all are equally good."""
        self.rows.append(row)
        right = row.get("held_accuracy", self.best)
        if right >= self.best:
            self.best = right
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
    """An encoder and its losses as one module, whose gradients come together when it is called."""

    def __init__(self, encoder: Encoder, losses: Callable[[LabelledClips], Losses]):
        super().__init__()
        self.encoder, self.losses = encoder, losses

    def forward(self, skeletons: Tensor, labels: Tensor) -> Losses:
        return self.losses(LabelledClips(skeletons, labels))


def _shared(
    encoder: Encoder, losses: Callable[[LabelledClips], Losses]
) -> Callable[[LabelledClips], Losses]:
    """The losses of a batch, to which each process contributes those of its own clips.

    Statistics are the same everywhere, so there is nothing to broadcast.
    """
    whole = DistributedDataParallel(_WithLosses(encoder, losses), broadcast_buffers=False)

    def learn(clips: LabelledClips) -> Losses:
        mine = shard(torch.arange(len(clips), device=clips.labels.device))
        own = whole(clips.skeletons[mine], clips.labels[mine])
        return {name: all_sum(loss * (len(mine) / len(clips))) for name, loss in own.items()}

    return learn


def train_supervised(
    encoder: Encoder,
    losses: Callable[[LabelledClips], Losses],
    train: LabelledClips,
    held: LabelledClips,
    settings: SupervisedConfig,
    side: Path | None,
) -> Iterator[Row]:
    """Yield losses and, where clips are held out, accuracy on them per epoch, those of before an
    interruption too."""
    if len(train) < world_size():
        raise UserError(f"{len(train)} clips to train on cannot be shared by {world_size()}")
    device = train.skeletons.device
    depends = settings, world_size()
    checkpoint = Checkpoint.of(side, encoder, train.skeletons, depends) if side else None
    lesson = TrainingState(encoder, settings)
    if checkpoint and (state := checkpoint.load(device)):
        lesson.resume(state)
    yield from lesson.rows
    for row in lesson.descent(losses, train):
        if len(held):
            row["held_accuracy"] = accuracy(encoder, held, settings.batch_size)
        lesson.judge(row)
        if checkpoint and rank() == 0:
            checkpoint.save(lesson.state(), device)
        yield lesson.rows[-1]
    encoder.load_state_dict(lesson.kept)
    encoder.eval()
    if checkpoint and rank() == 0:
        checkpoint.forget()


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
