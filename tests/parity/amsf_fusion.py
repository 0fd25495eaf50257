"""AMSF's ways to fuse texts."""

import numpy as np
import torch

from parity import _fusion as published


@torch.no_grad()
def check(arrays, note, folder):
    given = {name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()}
    texts = given["x/t"]
    for key, told in note["strategies"].items():
        settings = "".join(f"_{name}{value}" for name, value in told["kwargs"].items())
        weights = {
            name.split("/w/")[1]: value
            for name, value in given.items()
            if name.startswith(f"{key}/w/")
        }
        ours = published.loaded(
            key.removesuffix(settings),
            weights,
            texts,
            told["out_dim"],
            heads=told["kwargs"].get("num_heads", 1),
        )
        close(ours(texts), given[f"{key}/y"])
        if f"{key}/y_first3" in given:
            close(ours(texts[:3]), given[f"{key}/y_first3"])


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
