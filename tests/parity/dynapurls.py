"""DynaPURLS's refinement at test, batch by batch: gradients, texts, buffers and scores.

As published the true labels guide the attention; they are an argument of the same functions.
"""

import re

import torch
from torch import nn

from parity._purls import loaded
from zsar.learning.purls_network import guided_scores
from zsar.methods.dyna_purls import RefinedTexts, RefinementConfig


class Kept(nn.Module):
    """Dropout by stored masks, in the order of the calls."""

    def __init__(self, masks):
        super().__init__()
        self.masks = iter(masks)

    def forward(self, values):
        return values * next(self.masks) * 2


def check(arrays, note, folder):
    given = arrays.tensors()
    least = float(re.search(r"confidence > ([.\d]+)", " ".join(note["definition"]))[1])
    network, count = loaded(given).train(), len(given["x/grid"])
    calls = [f"batch{batch}_call{call}" for batch in range(count) for call in range(3)]
    for layer, place in enumerate((1, 5)):
        masks = [given[f"x/keep_{call}_layer{layer}"] for call in calls]
        network.project[place] = Kept(masks)
    config = RefinementConfig(
        rates=(0.01, 0.001),
        weight_decay=1e-3,
        batch_size=given["x/grid"].shape[1],
        confidence=least,
        buffer=given["y/buffer_loss_batch0"].shape[1],
    )
    refined = RefinedTexts(given["x/text"][given["x/unseen_classes"]], config)
    hits = []
    for batch in range(count):
        cells, target = given["x/grid"][batch].flatten(1, 2), given["x/target"][batch]

        def scores(cells=cells, target=target):
            return guided_scores(network, cells, target, refined())

        with torch.no_grad():
            before = scores()
            _pseudo_labels(given, before, batch, least)
            refined.step(network, cells, before)
            _texts(given, refined, batch)
            after = scores()
        given.close(after, given[f"y/test_logits_batch{batch}"])
        assert after.argmax(1).equal(given[f"y/test_pred_batch{batch}"])
        hits.append(after.argmax(1) == target)
    given.close(torch.cat(hits).double().mean(), given["y/acc_published"])


def _pseudo_labels(given, scores, batch, least):
    given.close(scores, given[f"y/pseudo_logits_batch{batch}"])
    confidence, label = scores.softmax(1).max(1)
    assert label.equal(given[f"y/pseudo_label_batch{batch}"])
    assert (confidence > least).equal(given[f"y/confident_batch{batch}"])


def _texts(given, refined, batch):
    for name in ("scale", "shift"):
        weight = getattr(refined, name)
        given.close(weight.grad, given[f"y/grad_{name}_batch{batch}"])
        given.close(weight, given[f"y/{name}_batch{batch}"], "scale and shift")
    empty = (-1.0, torch.tensor(-1.0))
    rows = [
        (each + [empty] * refined.config.buffer)[: refined.config.buffer]
        for each in refined.buffers
    ]
    losses = torch.stack([torch.stack([loss for _, loss in row]) for row in rows])
    given.close(losses, given[f"y/buffer_loss_batch{batch}"])
    theirs, full = given[f"y/buffer_confidence_batch{batch}"], losses >= 0
    ours = torch.tensor([[confidence for confidence, _ in row] for row in rows])
    given.close(ours[full], theirs[full])
