"""Training in cycles of so many steps each, as diffusion and flow models are published. Flora, TDSM
and FDSM share it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from zsar.bounds import BatchSize, Count
from zsar.learning.optim import AdamConfig
from zsar.learning.training import Losses, Row, descend, so_many
from zsar.learning.world import Clips
from zsar.methods.base import Method


@dataclass(frozen=True)
class CycleConfig:
    cycles: Count
    steps: Count  # of each


@dataclass(frozen=True)
class CyclicConfig:
    optimizer: AdamConfig
    batch_size: BatchSize
    schedule: CycleConfig


class CyclicMethod(Method):
    config: CyclicConfig

    @classmethod
    def num_epochs(cls, config: CyclicConfig) -> int:
        return config.schedule.cycles

    def descend(
        self,
        loss: Callable[[Tensor], Losses],
        optimizer: Optimizer,
        seen: Clips,
        cycles: CycleConfig,
        schedule: LRScheduler | None = None,
    ) -> Iterator[Row]:
        """Take a step per batch, all of one size; yield the mean of each loss after a cycle."""
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=cycles.cycles,
            schedule=schedule,
            batches=so_many(cycles.steps),
        )
