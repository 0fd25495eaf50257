"""SMIE's critic, mutual information and scores."""

import torch
from torch.nn import functional as F

from zsar.learning.critic import Critic, mutual_information


def check(arrays, note, folder):
    given = arrays.tensors()
    layers = sorted({name.split(".")[1] for name in given if name.startswith("w/")})
    widths = tuple(len(given[f"w/global_D.{layer}.bias"]) for layer in layers[:-1])
    critic = Critic(given["x/feat0"].shape[1], given["x/language"].shape[1], widths)
    critic.load_state_dict(
        {
            f"layers.{i}.{part}": given[f"w/global_D.{layer}.{part}"]
            for i, layer in enumerate(layers)
            for part in ("weight", "bias")
        }
    )
    language = F.normalize(given["x/language_all_raw"], dim=1)
    given.close(language[given["x/label"]], given["x/language"])
    _training(critic, given)
    _inference(critic, given, language)


def _training(critic, given):
    text_features = given["x/language"]
    whole = F.layer_norm(given["x/feat0"], given["x/feat0"].shape[1:])
    given.close(whole, given["y/feat0_layernorm"])
    unpaired = critic(whole.roll(-1, 0), text_features)
    information = mutual_information(critic(whole, text_features), unpaired)
    given.close(information, given["y/dim0"])
    for case in ("", "_b"):
        low_motion = F.layer_norm(given[f"x/feat1{case}"], whole.shape[1:])
        low_information = mutual_information(critic(low_motion, text_features), unpaired)
        hinge = (0.1 - (information - low_information)).clamp(min=0)
        loss = -information + 0.5 * hinge
        given.close(low_information, given[f"y/dim1{case}"])
        given.close(hinge, given[f"y/hinge{case}"])
        given.close(loss, given[f"y/loss{case}"])
        if not case:
            last, first = critic.layers[-1].weight, critic.layers[0].bias
            gradients = torch.autograd.grad(loss, (last, first), retain_graph=True)
            given.close(gradients[0], given["y/grad_l2_weight"])
            given.close(gradients[1], given["y/grad_l0_bias"])


@torch.no_grad()
def _inference(critic, given, language):
    text_features, features = language[given["x/unseen_label"]], given["x/test_feat"]
    normal = F.layer_norm(features, features.shape[1:])
    for case, inputs in (("", features), ("_with_layernorm", normal)):
        logits = critic.grid(inputs, text_features)
        given.close(logits, given[f"y/test_logit{case}"])
        given.close(given["x/unseen_label"][logits.argmax(1)], given[f"y/test_pred{case}"])
    given.close(-F.softplus(-critic.grid(features, text_features)), given["y/test_score"])
