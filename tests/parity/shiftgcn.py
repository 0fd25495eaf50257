"""Shift-GCN against its authors' own: every unit, the feature, the logits."""

from pathlib import Path

import torch

from toy_encoders import shift_gcn
from zsar.encoders.shift_gcn import ShiftGCN, ShiftNetwork


def check(arrays: dict, note: dict, folder: Path) -> None:
    for bodies in ("separate", "shared"):
        encoder = built(arrays, bodies)
        outputs = record(encoder.networks["joint"])
        with torch.no_grad():
            feature = encoder(torch.from_numpy(arrays["x/x"]))
            logits = encoder.classify(feature)
        arrays.close(feature, arrays["y/feature"])
        arrays.close(logits, arrays["y/logits"])
        for name, value in outputs.items() if bodies == "separate" else ():
            arrays.close(value, arrays[name])


def built(arrays: dict, bodies: str) -> ShiftGCN:
    """As many units, as wide, as the weights say; where they widen after the first, they stride."""
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    units = sum(name.endswith("temporal_linear.weight") for name in theirs)
    channels = tuple(theirs[f"l{i + 1}.tcn1.bn.weight"].shape[0] for i in range(units))
    strides = tuple(2 if f"l{i + 1}.residual.conv.weight" in theirs else 1 for i in range(units))
    classes, frames = len(theirs["fc.bias"]), arrays["x/x"].shape[2]
    encoder = shift_gcn(classes, channels, strides, frames, absent_bodies=bodies)
    weights = ShiftGCN.from_published(theirs)
    encoder.load_state_dict({k.replace("*", "joint"): v for k, v in weights.items()})
    return encoder.eval()


def record(network: ShiftNetwork) -> dict[str, torch.Tensor]:
    outputs: dict[str, torch.Tensor] = {}
    for i, unit in enumerate(network.blocks):
        unit.register_forward_hook(
            lambda module, given, made, i=i: outputs.update(
                {f"y/l{i + 1}_mean": made.mean((1, 3)).T}
            )
        )
    return outputs
