"""Neuron's logits, losses, their gradients, and its scores beside those of each branch."""

import torch

from parity._joint_maps import TRAINING
from toys import encoder
from zsar.learning.world import Sizes, Text
from zsar.methods.neuron import LEVELS, Neuron, NeuronConfig

PUBLISHED = [f"{kind}_{grain}" for kind in ("spatial", "temporal") for grain in ("cg", "mg", "fg")]
NAMES = {  # of our modules
    "spatial_prototype.weight": "space.prototypes",
    "temporal_prototype.weight": "time.prototypes",
    "spatial_project": "space.project",
    "temporal_project": "time.project",
    "update_spatial": "space.update",
    "update_temporal": "time.update",
    "memory_temporal": "time.memory",
    "recall_temporal": "time.recall",
}


def check(arrays, note, folder):
    given = arrays.tensors()
    sentences = [given[f"x/{kind}_text_{grain}"] for kind, grain in map(split, PUBLISHED)]
    method = published(given, sentences)
    texts = method.level_texts(torch.cat(sentences, 1))
    logits = method.logits(given["x/cube"], texts)
    for ours, name in zip(logits, PUBLISHED, strict=True):
        given.close(ours, given[f"y/logits_{name}"])
    losses = method.losses(logits, given["x/label"])
    branches = torch.stack(list(losses.values())).view(2, -1).sum(1)
    given.close(branches, torch.stack((given["y/loss_spatial"], given["y/loss_temporal"])) / 2)
    given.close(branches.sum(), given["y/loss"])
    wanted = (method.space.prototypes, method.time.prototypes)
    for ours, kind in zip(
        torch.autograd.grad(branches.sum(), wanted), ("spatial", "temporal"), strict=True
    ):
        given.close(ours, given[f"y/grad_{kind}_prototype"])
    _scores(method, given, sentences, logits)


def split(name):
    return name.split("_")


def published(given, sentences):
    prototypes, dim = given["w/spatial_prototype.weight"].shape
    config = NeuronConfig(
        **TRAINING,
        sentences=tuple(each.shape[1] for each in sentences),
        prototypes=prototypes,
        faded=20,
        scale=0.1,
        answer="mean",
    )
    sizes = Sizes(dim, sentences[0].shape[2], sum(config.sentences))
    method = Neuron(sizes, config, encoder())
    weights = {}
    for name, value in given.items():
        for theirs, ours in NAMES.items():
            if name.startswith(f"w/{theirs}"):
                weights[name.replace(f"w/{theirs}", ours)] = value
    method.load_state_dict(weights)
    return method


def _scores(method, given, sentences, logits):
    """By both branches: the mean of their softmaxes, not what either of them answers."""
    pooled = torch.cat(sentences, 1)
    text = Text(pooled, pooled[:, :, None], torch.zeros(pooled.shape[:2], dtype=torch.long))
    last = logits[[LEVELS.index("space_3"), LEVELS.index("time_3")]]
    given.close(method.score_maps(given["x/cube"], text).exp(), last.softmax(2).mean(0))
    branches = torch.stack((given["x/score_spatial"], given["x/score_temporal"]))
    labels = given["x/score_label"]
    hits = branches.argmax(2) == labels
    for right, name in zip(hits, ("spatial", "temporal"), strict=True):
        given.close(right.double().mean(), given[f"y/acc_{name}"])
    given.close(hits.any(0).double().mean(), given["y/acc_or_published"])
