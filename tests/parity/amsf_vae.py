"""AMSF's inputs, terms, schedule, gradients and predictions."""

import re
from dataclasses import replace

import torch
from torch.nn import functional as F

from parity import _fusion
from parity import _vae as published
from zsar.vae.training import loss_weights

TEXTS = ["text_"]


def check(arrays, note, folder):
    given = arrays.tensors()
    ours = published.loaded(given, TEXTS)
    fuse = _fuse(given, note)
    text_features = _text_features(fuse, given)
    data = published.batch(
        ours, given, F.normalize(given["x/skeleton"], dim=1), text_features, ["t"]
    )
    given.close(data.features, given["y/s_input"])
    given.close(text_features[0, data.targets], given["y/t_input"])
    constant = replace(data, text=text_features.detach())
    published.check_modalities(ours, constant, given, ["t"])
    published.check_terms(ours, constant, given, ["t"])
    for cycle, step in published.totals(given):
        fuse.zero_grad()
        plan, learnt = published.schedule(1700), replace(data, text=_text_features(fuse, given))
        published.check_total(ours, learnt, given, plan, cycle, step, TEXTS)
        _gradients(fuse, given, f"y/grad_cycle{cycle}_step{step}/fusion_module.")
    _schedule(given)
    # As published, the features of the test are not normalised.
    _accuracy(published.check_predictions(ours, given, given["x/test_skeleton"]), given)


def _fuse(given, note):
    weights = {
        name.removeprefix("w/fusion_module."): value
        for name, value in given.items()
        if name.startswith("w/fusion_module.")
    }
    strategy, heads = re.search(r"fusion module = (\w+), (\d+) heads", note["weights"]).groups()
    width = given["y/t_input"].shape[1]
    return _fusion.loaded(strategy, weights, given["x/text_feat"], width, heads=int(heads))


def _text_features(fuse, given):
    return F.normalize(fuse(given["x/text_feat"]), dim=1)[None]


def _gradients(fuse, given, prefix):
    for name, gradient in given.items():
        if name.startswith(prefix):
            ours = fuse.get_parameter(_fusion.renamed(name.removeprefix(prefix))).grad
            given.close(ours, gradient)


def _schedule(given):
    for steps, cycle, _, step, *factors in given["y/schedule"].tolist():
        now = loss_weights(published.schedule(int(steps)), int(cycle), int(step))
        given.close(
            torch.tensor([now.motion_kl, now.text_kl, float(now.cross)]),
            torch.tensor(factors),
        )


def _accuracy(predictions, given):
    labels, unseen = given["x/test_label"], given["x/unseen_classes"]
    right = [int((predictions[labels == k] == k).sum()) for k in unseen]
    counts = [int((labels == k).sum()) for k in unseen]
    assert torch.tensor([right, counts]).T.equal(given["y/zsl_matrix"].long())
    given.close(torch.tensor(sum(right) / sum(counts)), given["y/zsl_acc_ova"])
    each = [hits / count for hits, count in zip(right, counts, strict=True)]
    given.close(torch.tensor(sum(each) / len(each)), given["y/zsl_acc_avg"])
