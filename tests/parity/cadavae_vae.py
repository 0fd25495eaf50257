"""CADA-VAE's terms, schedule, gradients and predictions."""

import torch

from parity import _vae as published
from zsar.vae.training import loss_weights

# The text's KL term has the weight of the motion's, in every cycle.
PLAN = published.schedule(1700, text_kl_after=1000, text_kl_cycle=0)


def check(arrays, note, folder):
    given = arrays.tensors()
    ours = published.loaded(given, ["text_"])
    text_features = given["x/label_emb"][None]
    data = published.batch(ours, given, given["x/skeleton"], text_features, ["t"])
    published.check_modalities(ours, data, given, ["t"])
    terms = published.check_terms(ours, data, given, ["t"])
    given.close(terms["distribution"], given["y/l_wass"])
    for cycle, step in published.totals(given):
        now = loss_weights(PLAN, cycle, step)
        factors = [now.motion_kl, now.text_kl, float(now.cross), now.distribution]
        theirs = given[f"y/factors_cycle{cycle}_step{step}"]
        given.close(torch.tensor(factors, dtype=torch.float64), theirs)
        published.check_total(ours, data, given, PLAN, cycle, step, ["text_"])
    predictions = published.check_predictions(ours, given, given["x/test_skeleton"])
    assert predictions.equal(given["y/test_pred"])
    given.close((predictions == given["x/test_label"]).float().mean(), given["y/test_acc"])
