"""PGFA's prototypes and what they predict, for every alpha of the fixture."""

import torch

from zsar.learning.losses import cosine
from zsar.learning.prototypes import entropy, least_entropy, prototypes


def check(arrays, note, folder):
    given = arrays.tensors()
    features, text_features, classes = (
        given[f"x/{name}"] for name in ("feature", "unseen_text", "unseen_label")
    )
    cosines = cosine(features, text_features)
    given.close(entropy(cosines), given["y/entropy"])
    assert torch.equal(cosines.argmax(1), given["y/class_before"])
    assert torch.equal(classes[cosines.argmax(1)], given["y/pred_before"])
    given.close(accuracy(cosines, given), given["y/acc_before_all"])
    alphas = [
        name.removeprefix("y/prototypes_") for name in given if name.startswith("y/prototypes_")
    ]
    assert alphas
    for alpha in alphas:
        share = float(alpha.removeprefix("alpha").replace("p", "."))
        ours = prototypes(features, text_features, share)
        given.close(ours, given[f"y/prototypes_{alpha}"])
        assert torch.equal(least_entropy(cosines, share).sum(0), given[f"y/support_size_{alpha}"])
        after = cosine(features, ours)
        assert torch.equal(classes[after.argmax(1)], given[f"y/pred_after_{alpha}"])
        given.close(accuracy(after, given), given[f"y/acc_after_{alpha}_all"])


def accuracy(scores, given):
    return (given["x/unseen_label"][scores.argmax(1)] == given["x/label"]).float().mean()
