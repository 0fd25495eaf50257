"""ST-GCN against SMIE's own: the adjacency, the first normalisation, every block, the feature."""

from pathlib import Path

import torch

from toy_encoders import stgcn
from zsar.encoders.graph import adjacency
from zsar.encoders.stgcn import STGCN, GraphNetwork


def check(arrays: dict, note: dict, folder: Path) -> None:
    arrays.close(adjacency(1), arrays["y/A"])
    for bodies in ("separate", "shared"):
        encoder = built(arrays, bodies)
        outputs = record(encoder.networks["joint"])
        with torch.no_grad():
            feature = encoder(torch.from_numpy(arrays["x/x"]))
        arrays.close(feature, arrays["y/feature"])
        for name, value in outputs.items() if bodies == "separate" else ():
            arrays.close(value, arrays[name])


def built(arrays: dict, bodies: str) -> STGCN:
    """As many blocks, as wide, as the weights say; a stride of two stands where widths double."""
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    kernels = [v.shape for k, v in theirs.items() if k.endswith("tcn.2.weight")]
    channels = tuple(shape[0] for shape in kernels)
    strides = tuple(
        2 if before * 2 == after else 1
        for before, after in zip((channels[0], *channels), channels, strict=False)
    )
    encoder = stgcn(1, channels, strides, kernels[0][2], absent_bodies=bodies)
    weights = {k.replace("*", "joint"): v for k, v in STGCN.from_published(theirs).items()}
    missing, unknown = encoder.load_state_dict(weights, strict=False)
    assert not unknown and all(name.startswith("heads.") for name in missing)
    return encoder.eval()


def record(network: GraphNetwork) -> dict[str, torch.Tensor]:
    outputs: dict[str, torch.Tensor] = {}
    for i, block in enumerate(network.blocks):
        block.register_forward_hook(
            lambda module, given, made, i=i: outputs.update({f"y/block{i}_mean": made.mean((2, 3))})
        )
    network.normalise.register_forward_hook(
        lambda module, given, made: outputs.update({"y/data_bn_out_sample0": made[:2]})
    )
    return outputs
