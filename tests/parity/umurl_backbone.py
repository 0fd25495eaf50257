"""UmURL's encoder against the published one: tokens, features alone and fused, logits."""

import torch

from zsar.encoders.umurl import COMPUTED, UmURL
from zsar.encoders.umurl_network import MODALITIES, Backbone, moments, places
from zsar.encoders.umurl_views import to_frame_major


def check(arrays, note, folder):
    clips = to_frame_major(torch.from_numpy(arrays["x/clip"]))
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    backbone, head = built(theirs, clips.shape[1])
    arrays.close(backbone.time.positions, theirs[COMPUTED][0, : clips.shape[1]])
    with torch.no_grad():
        feature = backbone(clips)
        alone = backbone.alone(dict.fromkeys(MODALITIES, clips))
    for name, change in MODALITIES.items():
        for letter, tokens in (("t", moments), ("s", places)):
            arrays.close(tokens(change(clips[:1])), arrays[f"y/{name[0]}{letter}"])
    arrays.close(feature, arrays["y/feature"])
    arrays.close(head(feature), arrays["y/logits"])
    for name, each in zip(MODALITIES, alone, strict=True):
        arrays.close(each, arrays[f"y/uni_{name}"])


def built(theirs, frames):
    width = theirs["backbone.mm_fusion.t_fusion.0.weight"].shape[0]
    backbone = Backbone(width, frames).eval()
    head = torch.nn.Linear(2 * width, len(theirs["fc.bias"]))
    both = torch.nn.ModuleDict({"network": backbone, "head": head})
    both.load_state_dict(UmURL.from_published(theirs))
    return backbone, head
