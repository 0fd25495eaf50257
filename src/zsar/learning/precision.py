"""In how many bits a network computes."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["float32", "bf16", "auto"]  # auto: bf16 where the device has units for it


def precise(device: torch.device, precision: Precision) -> AbstractContextManager:
    """Weights stay in float32; inside, matrix products and convolutions are taken as asked for."""
    halved = precision == "bf16" or (precision == "auto" and has_bf16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=halved)


def has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
