"""ST-GCN against SMIE's own: the adjacency, the first normalisation, every block, the feature."""

from pathlib import Path

import numpy as np
import torch

from zsar.encoders.graph import adjacency
from zsar.encoders.published import renamed
from zsar.encoders.stgcn import STGCN, Settings
from zsar.encoders.supervised import Training
from zsar.learning.training import Adam


def check(arrays: dict, note: dict, folder: Path) -> None:
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    assert np.array_equal(adjacency(1).numpy(), arrays["y/A"])
    assert np.array_equal(adjacency(1).numpy(), theirs.pop("A"))
    encoder = built(theirs)
    missing, unexpected = encoder.load_state_dict(renamed("stgcn", theirs), strict=False)
    assert not unexpected and all("adjacency" in k or "head" in k for k in missing)
    encoder.eval()
    seen = watch(encoder)
    with torch.no_grad():
        feature = encoder(torch.from_numpy(arrays["x/x"]))
    for name, value in seen.items():
        close(value, arrays[name])
    close(feature, arrays["y/feature"])


def built(theirs: dict) -> STGCN:
    """As many blocks, as wide, as the weights say; a shortcut where widths agree means a stride."""
    mixes = [v for k, v in theirs.items() if k.endswith("tcn.2.weight")]
    channels = tuple(v.shape[0] for v in mixes)
    strides = tuple(2 if i in (4, 7) else 1 for i in range(len(channels)))
    training = Training(Adam(0.0, 0.0), 1, 1)
    return STGCN(1, Settings(channels, strides, mixes[0].shape[2], 0.5, 1, training))


def watch(encoder: STGCN) -> dict[str, torch.Tensor]:
    seen: dict[str, torch.Tensor] = {}
    for i, block in enumerate(encoder.blocks):
        block.register_forward_hook(
            lambda module, given, made, i=i: seen.update({f"y/block{i}_mean": made.mean((2, 3))})
        )
    encoder.normalise.register_forward_hook(
        lambda module, given, made: seen.update({"y/data_bn_out_sample0": made[:2]})
    )
    return seen


def close(ours: torch.Tensor, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4, atol=1e-5)
