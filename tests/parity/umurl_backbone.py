"""UmURL's encoder against the published one: tokens, features alone and fused, logits."""

import numpy as np
import torch

from zsar.encoders.umurl_network import MODALITIES, Backbone, moments, places
from zsar.encoders.umurl_weights import COMPUTED, ours
from zsar.learning.views import filmed

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


def check(arrays, note, folder):
    film = filmed(torch.from_numpy(arrays["x/clip"]))
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    backbone, head = built(theirs, film.shape[1])
    with torch.no_grad():
        feature = backbone(film)
        alone = backbone.alone(dict.fromkeys(MODALITIES, film))
    for name, change in MODALITIES.items():
        for letter, tokens in (("t", moments), ("s", places)):
            close(tokens(change(film[:1])), arrays[f"y/{name[0]}{letter}"])
    close(feature, arrays["y/feature"])
    close(head(feature).detach(), arrays["y/logits"])
    for name, each in zip(MODALITIES, alone, strict=True):
        close(each, arrays[f"y/uni_{name}"])


def built(theirs, frames):
    width = theirs["backbone.mm_fusion.t_fusion.0.weight"].shape[0]
    backbone = Backbone(width, frames).eval()
    close(backbone.time.positions, theirs[COMPUTED][0, :frames].numpy())
    head = torch.nn.Linear(2 * width, len(theirs["fc.bias"]))
    torch.nn.ModuleDict({"backbone": backbone, "head": head}).load_state_dict(ours(theirs))
    return backbone, head


def close(found, expected):
    np.testing.assert_allclose(found.numpy(), expected, **TOLERANCE)
