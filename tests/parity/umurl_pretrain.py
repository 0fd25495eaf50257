"""UmURL's six projections of four views, with running and with batch statistics."""

import torch

from zsar.encoders.umurl import pretraining_weights
from zsar.encoders.umurl_network import MODALITIES, Backbone, Projected
from zsar.encoders.umurl_views import to_frame_major


def check(arrays, note, folder):
    views = torch.stack(
        [to_frame_major(torch.from_numpy(arrays[f"x/view{k}"])) for k in (1, 2, 3, 4)]
    )
    theirs = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}
    width, leaving = (
        theirs[name].shape[0]
        for name in ("backbone.mm_fusion.t_fusion.0.weight", "j_projector.6.weight")
    )
    network = Projected(Backbone(width, views.shape[2]), leaving)
    network.load_state_dict(
        pretraining_weights({f"module.{name}": weight for name, weight in theirs.items()})
    )
    for mode in ("eval", "train"):
        network.train(mode == "train")
        with torch.no_grad():
            alone, fused = network(views)
        for k, name in enumerate(MODALITIES):
            arrays.close(alone[k], arrays[f"y/{mode}_z_{name[0]}"])
            arrays.close(fused[k], arrays[f"y/{mode}_z_u{name[0]}"])
    after = {k.removeprefix("y/after_train/"): v for k, v in arrays.items() if "after_train" in k}
    assert after
    state = network.state_dict()
    for name, expected in after.items():
        (mine,) = pretraining_weights({name: torch.from_numpy(expected)})
        arrays.close(state[mine], expected)
