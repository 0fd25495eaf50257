"""Structured descriptions, corrected by how seen classes were described and measured: a method,
and a part of another."""

from collections.abc import Iterator
from dataclasses import fields

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.encoders.base import Encoder
from zsar.kinematics.calibration import Calibrated, CalibrationConfig, calibrated
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method

ARRAYS = [field.name for field in fields(Calibrated)]  # arrays that are kept in a file


class CalibratedKinematics(Method):
    Config = CalibrationConfig
    kinematic = True

    def __init__(self, sizes: Sizes, config: CalibrationConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        for name in ARRAYS:
            self.register_buffer(name, torch.zeros(0, dtype=torch.float64))

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        found = calibrated(seen.measured, seen.labels.cpu().numpy(), text.described, self.config)
        for name, values in vars(found).items():
            setattr(self, name, torch.from_numpy(values))
        yield {}

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        arrays = {name: getattr(self, name).cpu().numpy() for name in ARRAYS}
        scores = Calibrated(**arrays).scores(clips.measured, text.described)
        return torch.from_numpy(scores).to(clips.labels.device)

    def _load_from_state_dict(self, state_dict, prefix, *others) -> None:
        """The widths of what was learned follow from the seen classes."""
        for name in ARRAYS:
            setattr(self, name, torch.zeros_like(state_dict[f"{prefix}{name}"]))
        super()._load_from_state_dict(state_dict, prefix, *others)
