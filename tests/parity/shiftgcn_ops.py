"""The shifts of Shift-GCN: through time at both strides, and between joints."""

import re
from pathlib import Path

import numpy as np
import torch

from zsar.encoders.shift import TimeShift, origins


def check(arrays: dict, note: dict, folder: Path) -> None:
    signals = torch.from_numpy(arrays["x/x"])
    for stride in (1, 2):
        shift = TimeShift(signals.shape[1], stride, None)
        with torch.no_grad():
            shift.offsets.copy_(torch.from_numpy(arrays["w/ypos"]))
            shifted = shift(signals.permute(1, 3, 0, 2)).permute(2, 0, 3, 1)
        arrays.close(shifted, arrays[f"y/stride{stride}"])
    for name, index in arrays.items():
        found = re.fullmatch(r"y/shift_(in|out)_C(\d+)", name)
        if found:
            assert np.array_equal(
                flat(int(found[2]), len(index), 1 if found[1] == "in" else -1), index
            )
    there = arrays["x/iota_C3"][:, flat(3, arrays["x/iota_C3"].shape[1], 1)]
    assert np.array_equal(there, arrays["y/iota_C3_shifted_in"])
    back = there[:, flat(3, there.shape[1], -1)]
    assert np.array_equal(back, arrays["y/iota_C3_shifted_in_out"])


def flat(channels: int, places: int, step: int) -> np.ndarray:
    """Our rule as an index into joints of channels."""
    joints = places // channels
    return (
        (origins(channels, joints, step) * channels + torch.arange(channels)[:, None])
        .T.flatten()
        .numpy()
    )
