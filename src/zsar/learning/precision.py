"""The precision in which a network computes."""

from contextlib import AbstractContextManager
from typing import Literal

import torch
from torch.amp import GradScaler

from zsar.reproducible import pinned

# auto: bf16 where the device has units for it and the run need not be the same on every processor
Precision = Literal["float32", "bf16", "auto"]
# fp16 wants its loss scaled; auto: as above, and fp16 on a GPU that has no bf16
LossPrecision = Literal["float32", "bf16", "fp16", "auto"]
TYPES = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(device: torch.device, precision: LossPrecision) -> AbstractContextManager:
    """Weights stay in float32; inside, matrix products and convolutions have this precision."""
    if precision == "auto":
        precision = "bf16" if has_bf16(device) else "float32"
    kind = TYPES[precision]
    halved = kind != torch.float32
    return torch.autocast(device.type, kind if halved else None, enabled=halved)


def loss_precision(device: torch.device, precision: LossPrecision) -> LossPrecision:
    """What `auto` stands for where a loss is scaled."""
    if precision != "auto":
        return precision
    return "bf16" if has_bf16(device) else ("fp16" if device.type == "cuda" else "float32")


def scaler(device: torch.device, precision: LossPrecision) -> GradScaler:
    """Keeps the small gradients of fp16 from vanishing; otherwise it changes nothing."""
    return GradScaler(device.type, enabled=precision == "fp16")


def has_bf16(device: torch.device) -> bool:
    """Whether there are units for it, and the run may use them."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if pinned():
        return False
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
