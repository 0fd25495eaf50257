"""UmURL's encoder against the published one: tokens, features alone and fused, logits."""

import torch

from zsar.encoders.umurl import COMPUTED, from_published
from zsar.encoders.umurl_network import MODALITIES, Backbone, moments, places
from zsar.encoders.umurl_views import to_frame_major


def check(arrays, note, folder):
    film = to_frame_major(torch.from_numpy(arrays["x/clip"]))
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    backbone, head = built(theirs, film.shape[1])
    arrays.close(backbone.time.positions, theirs[COMPUTED][0, : film.shape[1]])
    with torch.no_grad():
        feature = backbone(film)
        alone = backbone.alone(dict.fromkeys(MODALITIES, film))
    for name, change in MODALITIES.items():
        for letter, tokens in (("t", moments), ("s", places)):
            arrays.close(tokens(change(film[:1])), arrays[f"y/{name[0]}{letter}"])
    arrays.close(feature, arrays["y/feature"])
    arrays.close(head(feature), arrays["y/logits"])
    for name, each in zip(MODALITIES, alone, strict=True):
        arrays.close(each, arrays[f"y/uni_{name}"])


def built(theirs, frames):
    width = theirs["backbone.mm_fusion.t_fusion.0.weight"].shape[0]
    backbone = Backbone(width, frames).eval()
    head = torch.nn.Linear(2 * width, len(theirs["fc.bias"]))
    torch.nn.ModuleDict({"backbone": backbone, "head": head}).load_state_dict(
        from_published(theirs)
    )
    return backbone, head
