"""TDSM's network, noise, losses, gradients, errors and predictions."""

import torch

from parity import _transformer as published
from parity._diffusion import answers, settings
from zsar.learning.diffusion import Noised, kept_shares, noised
from zsar.learning.transformer import waves
from zsar.learning.world import Sizes
from zsar.methods.tdsm import TDSM, TDSMConfig, triplet_losses


def check(arrays, note, folder):
    given = arrays.tensors()
    method = _loaded(given)
    given.close(kept_shares(len(given["y/alphas_cumprod"])), given["y/alphas_cumprod"])
    given.close(waves(given["x/timestep"]), given["y/timestep_embedding"])
    texts = torch.cat((given["x/token_text"], given["x/pooled_text"][:, None]), dim=1)
    steps = given["x/timestep"].long()
    found = method.predict(given["x/feature"][:, 0], steps, texts)
    given.close(found, given["y/noise_pred"][:, 0])
    _training(method, given)
    answers(method, given, given["x/text_table"], "y/test_acc")


def _loaded(given):
    width, features = given["w/x_embedder.weight"].shape
    noises = given["x/test_noise"][:, 0, 0]
    config = TDSMConfig(
        **settings(given, given["x/text_table"], width, 100, (50, 1000)),
        margin=1.0,
    )
    method = TDSM(Sizes(features, given["x/text_table"].shape[2], 1), config, None)
    method.predict.load_state_dict(published.predictor_state(given, ""))
    method.test_noise = noises
    return method


def _training(method, given):
    step, noise = given["x/train_timestep"], given["x/train_noise"][:, 0]
    kept = method.kept[step]
    batch = Noised(given["x/train_feature"], given["x/train_label"], noise, step, kept)
    noisy = noised(batch.features, noise, kept)
    given.close(torch.cat((noisy, noisy)), given["y/train_noisy"][:, 0])
    others = given["x/train_random_label"]
    texts = given["x/text_table"][torch.cat((batch.targets, others))]
    predicted = method.predict(torch.cat((noisy, noisy)), torch.cat((step, step)), texts)
    given.close(predicted, given["y/train_pred"][:, 0])
    losses = triplet_losses(method.predict, batch, given["x/text_table"], others, 1.0)
    given.close(losses["diffusion"], given["y/loss_diff"])
    given.close(losses["triplet"], given["y/loss_triplet"])
    gaps = (given["y/pos"] - given["y/neg"] + 1).clamp(min=0) * given["y/mask"]
    given.close(gaps.mean(), given["y/loss_triplet"])
    total = sum(losses.values())
    given.close(total, given["y/loss"])
    total.backward()
    names = {theirs: ours for ours, theirs in published.diffusion("", 9).items()}
    names["fl_pos_embed"] = "positions"
    for name, gradient in given.items():
        if name.startswith("y/grad_"):
            ours = method.predict.get_parameter(names[name.removeprefix("y/grad_")]).grad
            given.close(ours.view_as(gradient), gradient)
