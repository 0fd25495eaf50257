"""Checkpoints, from which an interrupted training resumes exactly."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zsar.atomic import atomic_write
from zsar.learning.distributed import world_size
from zsar.learning.mapped_clips import BATCH, ClipSource

# The code of a training; with other code it starts again.
CODE = [Path(__file__).parents[1] / room for room in ("encoders", "learning")]


@dataclass(frozen=True)
class Checkpoint:
    """A file that is named after all that the training depends on; it may be deleted
    once nothing has to resume."""

    path: Path

    @classmethod
    def of(cls, folder: Path, module: nn.Module, data: ClipSource, settings: Any) -> "Checkpoint":
        digest = hashlib.sha256(repr((settings, tuple(data.shape), world_size())).encode())
        for source in sorted(path for room in CODE for path in room.glob("*.py")):
            digest.update(source.read_bytes())
        sums = [some.flatten(1).sum(1) for some in data.split(BATCH)]
        weights = module.state_dict().values()
        for value in (*sums, *random(data.device), *weights):
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return cls(folder / f"{digest.hexdigest()[:20]}.pt")

    def save(self, state: dict[str, Any], device: torch.device) -> None:
        with atomic_write(self.path) as draft:
            torch.save(state | {"random": random(device)}, draft)

    def load(self, device: torch.device) -> dict[str, Any]:
        """The saved state, empty without one; the random state is restored."""
        if not self.path.is_file():
            return {}
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        torch.set_rng_state(state["random"][0])
        if device.type == "cuda":
            torch.cuda.set_rng_state(state["random"][1], device)
        return state


def random(device: torch.device) -> list[Tensor]:
    """The states of the random generators of a training on the device."""
    states = [torch.get_rng_state()]
    return states + ([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])
