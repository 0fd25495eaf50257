"""SynSE's terms, schedule, gradients and predictions."""

import torch

from parity import _vae as published
from zsar.vae.training import loss_weights

PLAN = published.schedule(1700)
TEXTS = ["n_text_", "v_text_"]


def check(arrays, note, folder):
    given = arrays.tensors()
    ours = published.loaded(given, TEXTS)
    text_features = torch.stack((given["x/noun_emb"], given["x/verb_emb"]))
    data = published.batch(ours, given, given["x/skeleton"], text_features, ["noun", "verb"])
    published.check_modalities(ours, data, given, ["nt", "vt"])
    published.check_terms(ours, data, given, ["nt", "vt"])
    for cycle, step in published.totals(given):
        now = loss_weights(PLAN, cycle, step)
        factors = [now.motion_kl, *[now.text_kl] * 2, *[float(now.cross)] * 3]
        theirs = given[f"y/factors_cycle{cycle}_step{step}"]
        given.close(torch.tensor(factors, dtype=torch.float64), theirs)
        published.check_total(ours, data, given, PLAN, cycle, step, TEXTS)
    predictions = published.check_predictions(ours, given, given["x/test_skeleton"])
    assert predictions.equal(given["y/test_pred"])
    given.close((predictions == given["x/test_label"]).float().mean(), given["y/test_acc"])
