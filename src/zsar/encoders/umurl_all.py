"""UmURL pre-trained on all training clips, unseen classes among them, without their labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zsar.encoders.base import Footage
from zsar.encoders.umurl import UmURL
from zsar.learning.probe import Probe
from zsar.learning.training import Row


@dataclass(frozen=True)
class Recipe:
    width: int  # as it was pre-trained
    frames: int
    probe: Probe


class UmURLAll(UmURL):
    Settings = Recipe
    starts_from = "umurl"  # the encoder whose pre-training on all clips it takes over

    def fit(self, train: Footage, held: Footage, side: Path | None = None) -> Iterator[Row]:
        """Learn only which features have which label."""
        yield from self.tell_apart(train, held)
