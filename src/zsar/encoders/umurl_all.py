"""UmURL pre-trained on all training clips, unseen classes among them, without their labels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zsar.encoders.base import Footage
from zsar.encoders.umurl import Skeletons, UmURL
from zsar.learning.training import Row


class UmURLAll(UmURL):
    unlabelled = True

    def __init__(self, seen: int, settings: Any):
        super().__init__(seen, settings)
        self.watched: Skeletons | None = None

    def watch(self, skeletons: Skeletons) -> None:
        self.watched = skeletons

    def fit(self, train: Footage, held: Footage, side: Path | None = None) -> Iterator[Row]:
        """Learn from the skeletons watched; with none, only which features have which label."""
        if self.watched is None:
            yield from self.tell_apart(train, held)
        else:
            yield from self.learn(self.watched, train, held, side)
