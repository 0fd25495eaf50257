"""JPoSE's embeddings, losses, their gradients, and its scores."""

import re

import torch

from zsar.learning.losses import triplet_loss
from zsar.learning.optim import AdamConfig
from zsar.learning.world import Sizes
from zsar.methods.jpose import JPoSE, JPoSEConfig

SPACES = ("verb", "noun", "joint")
NAMES = {
    "VerbPosMmen.VisArch.0": "motion.0.0",
    "NounPosMmen.VisArch.0": "motion.1.0",
    "VerbPosMmen.TextArch.0": "text.0.0.0",
    "NounPosMmen.TextArch.0": "text.1.0.0",
    "VerbPosMmen.TextArch.2": "text.0.1",
    "NounPosMmen.TextArch.2": "text.1.1",
    "JointMmen.VisArch.0": "joint_motion.0",
    "JointMmen.TextArch.0": "joint_text.0",
}


def check(arrays, note, folder):
    given = arrays.tensors()
    method = published(given)
    method.load_state_dict(
        {ours(name): value for name, value in given.items() if name.startswith("w/")}
    )
    texts = torch.stack((given["x/verb_text_raw"], given["x/noun_text_raw"]), 1)
    groups = torch.stack((given["x/verb_id"], given["x/noun_id"]), 1)
    _training(method, given, texts, groups)
    with torch.no_grad():
        _test(method, given, texts)


def published(given):
    width, entering = given["w/VerbPosMmen.TextArch.0.weight"].shape
    config = JPoSEConfig(
        text_hidden=width,
        width=len(given["w/JointMmen.VisArch.0.bias"]),
        ranking="every_class",
        margin=0.3,
        triplet=0.01,
        triplet_negatives="any",
        triplet_pairs="all",
        optimizer=AdamConfig(1e-4, 0.0),
        joint_decay=1e-3,
        epochs=1,
        batch_size=1024,
    )
    return JPoSE(Sizes(given["x/skeleton"].shape[1], entering, 2), config, None)


def ours(name):
    module, part = re.fullmatch(r"(?:w|y/grad)/(.*)\.(\w+)", name).groups()
    return f"{NAMES[module]}.{part}"


def _training(method, given, texts, groups):
    seen, target = given["x/seen_classes"], given["x/target"]
    targets = (target[:, None] == seen).int().argmax(1)
    motion, text_features = method.embed_clips(given["x/skeleton"]), method.embed_texts(texts[seen])
    for i, space in enumerate(SPACES):
        given.close(motion[i], given[f"y/vis_{space}"])
        given.close(text_features[i], given[f"y/class_{space}"])
        given.close(text_features[i][targets], given[f"y/text_{space}"])
    losses = method.losses(given["x/skeleton"], texts[seen], groups[target], targets)
    for space, name in zip(SPACES, ("verbs", "nouns", "joint"), strict=True):
        given.close(losses[name], given[f"y/{space}_hinge"])
        if space != "joint":
            given.close(
                losses[f"{name}_triplet"], method.config.triplet * given[f"y/{space}_triplet"]
            )
    elsewhere = triplet_loss(motion[0], groups[target, 0], 0.3, "other_word", "all")
    given.close(elsewhere, given["y/verb_triplet_other_class_negatives"])
    loss = sum(losses.values())
    given.close(loss, given["y/loss"])
    weights = dict(method.named_parameters())
    theirs = {ours(name): value for name, value in given.items() if name.startswith("y/grad/")}
    gradients = torch.autograd.grad(loss, [weights[name] for name in theirs])
    for name, gradient in zip(theirs, gradients, strict=True):
        given.close(gradient, theirs[name])


def _test(method, given, texts):
    unseen = given["x/unseen_classes"]
    scores = (
        method.embed_clips(given["x/test_skeleton"])[-1] @ method.embed_texts(texts[unseen])[-1].T
    )
    given.close(scores, given["y/test_scores"])
    assert torch.equal(unseen[scores.argmax(1)], given["y/test_pred"])
    hits = unseen[scores.argmax(1)] == given["x/test_label"]
    given.close(hits.double().mean(), given["y/test_acc"])
