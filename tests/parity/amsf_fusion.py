"""AMSF's ways to fuse texts."""

import torch

from parity import _fusion as published


@torch.no_grad()
def check(arrays, note, folder):
    given = arrays.tensors()
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
        given.close(ours(texts), given[f"{key}/y"])
        if f"{key}/y_first3" in given:
            given.close(ours(texts[:3]), given[f"{key}/y_first3"])
