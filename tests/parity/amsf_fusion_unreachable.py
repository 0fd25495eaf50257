"""AMSF's ways to fuse texts that its own configuration cannot choose."""

import numpy as np
import torch

from parity import _fusion as published


@torch.no_grad()
def check(arrays, note, folder):
    given = {name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()}
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
        torch.testing.assert_close(ours(texts), theirs, rtol=1e-4, atol=1e-5)
