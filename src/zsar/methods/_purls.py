"""Training of PURLS's network, which PURLS with and without its refinement at test share."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from zsar.bounds import BatchSize, Count, Epochs
from zsar.encoders.base import Encoder
from zsar.encoders.reuse import PooledMaps
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.purls_network import (
    PURLSNetwork,
    PURLSNetworkConfig,
    grid_cells,
    slot_texts,
)
from zsar.learning.training import Row, descend
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


@dataclass(frozen=True)
class PURLSConfig(PURLSNetworkConfig):
    # Whose texts guide the attention at test; label, as published, knows the TRUE class.
    guide: Literal["candidate", "label"]
    time_cells: Count  # that the frames of a map are averaged to
    optimizer: AdamConfig
    epochs: Epochs
    batch_size: BatchSize


class PURLSMethod(Method):
    """A method that trains this network; what it does at test is its own."""

    Config: ClassVar[type[PURLSConfig]] = PURLSConfig

    @classmethod
    def needs_skeletons(cls, config: PURLSConfig) -> bool:
        return True

    def __init__(self, sizes: Sizes, config: PURLSConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.network = PURLSNetwork(sizes, config)
        self.cells = PooledMaps(encoder, partial(grid_cells, config.time_cells))

    @property
    def reads_labels(self) -> bool:
        return self.config.guide == "label"

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        cells, texts = self.cells(seen.skeletons), slot_texts(text)
        yield from descend(
            self,
            lambda rows: self.network.loss(cells[rows], texts[seen.labels[rows]]),
            # The published rate falls where the loss of seen validation clips does not.
            adam(self, self.config.optimizer),
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=self.config.epochs,
        )
