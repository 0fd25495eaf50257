"""AMSF's ways to fuse texts that its own configuration cannot choose."""

import torch

from parity import _fusion as published


@torch.no_grad()
def check(arrays, note, folder):
    given = arrays.tensors()
    texts = given["x/t"]
    keys = sorted(name.removesuffix("/y") for name in given if name.endswith("/y"))
    assert keys
    for key in keys:
        weights = {
            name.split("/w/")[1]: value
            for name, value in given.items()
            if name.startswith(f"{key}/w/")
        }
        theirs = given[f"{key}/y"]
        ours = published.loaded(key, weights, texts, theirs.shape[1])
        given.close(ours(texts), theirs)
