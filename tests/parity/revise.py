"""ReViSE's losses, their gradients, and its scores."""

import torch

from zsar.learning.losses import every_class, mmd
from zsar.learning.optim import AdamConfig
from zsar.learning.world import Sizes
from zsar.methods.revise import ReViSE, ReViSEConfig, signed_log1p

NAMES = {"encoder": "encoder", "decoder": "decoder", "transformation": "head"}
SIDES = {"visae": "motion", "attae": "text"}


def check(arrays, note, folder):
    given = arrays.tensors()
    method = published(given)
    method.load_state_dict(
        {ours(name): value for name, value in given.items() if name.startswith("w/")}
    )
    _training(method, given)
    with torch.no_grad():
        _test(method, given)


def published(given):
    """As published; weights give the widths."""
    text = sorted(name for name in given if name.startswith("w/attae.encoder") and "bias" in name)
    config = ReViSEConfig(
        hidden=len(given["w/visae.encoder.0.bias"]),
        text_hidden=tuple(len(given[name]) for name in text[:-1]),
        head=len(given["w/visae.transformation.0.bias"]),
        reconstruction="relu",
        ranking="every_class",
        margin=0.3,
        kernel=32.0,
        contractive=1e-4,
        contraction_learns=False,
        optimizer=AdamConfig(1e-4, 0.0),
        text_decay=1e-3,
        epochs=1,
        batch_size=1024,
    )
    return ReViSE(Sizes(given["x/skeleton"].shape[1], given["x/text"].shape[1], 1), config, None)


def ours(name):
    side, part, rest = name.split("/")[-1].split(".", 2)
    return f"{SIDES[side]}.{NAMES[part]}.{rest}"


def _training(method, given):
    features, seen = signed_log1p(given["x/skeleton"]), given["x/seen_classes"]
    targets = (given["x/target"][:, None] == seen).int().argmax(1)
    text_features = given["x/text"][seen]
    hidden, text_hidden = method.motion.encoder(features), method.text.encoder(text_features)
    given.close(features, given["y/vis_emb"])
    given.close(hidden, given["y/vis_hidden"])
    given.close(method.motion.decoder(hidden), given["y/vis_out"])
    given.close(method.motion.head(hidden), given["y/vis_head"])
    given.close(text_hidden[targets], given["y/att_hidden"])
    given.close(method.text.decoder(text_hidden)[targets], given["y/att_out"])
    given.close(method.text(text_features)[targets], given["y/att_head"])
    given.close(method.text(text_features), given["y/seen_heads"])
    given.close(method.contraction(hidden), given["y/jacobian_norm"])
    losses = method.losses(features, text_features, targets)
    given.close(losses["motion"], given["y/vis_recons_plain"])
    given.close(losses["motion"] + losses["contraction"], given["y/vis_recons_contractive"])
    given.close(losses["text"], given["y/att_recons"])
    given.close(losses["discrepancy"], given["y/mmd"], "mmd")
    given.close(losses["rank"], given["y/hinge"])
    loss = sum(losses.values())
    given.close(loss, given["y/loss"])
    weights = dict(method.named_parameters())
    theirs = {ours(name): value for name, value in given.items() if name.startswith("y/grad/")}
    # The recorded gradients still hold the one that the contractive term left there.
    gradients = torch.autograd.grad(loss + hidden.sum(), [weights[name] for name in theirs])
    for name, gradient in zip(theirs, gradients, strict=True):
        given.close(gradient, theirs[name])


def _test(method, given):
    features, unseen = signed_log1p(given["x/test_skeleton"]), given["x/unseen_classes"]
    targets = (given["x/test_label"][:, None] == unseen).int().argmax(1)
    text_features = given["x/text"][unseen]
    heads = method.motion(features), method.text(text_features)
    given.close(heads[0], given["y/test_vis_head"])
    given.close(heads[1], given["y/unseen_heads"])
    scores = heads[0] @ heads[1].T
    given.close(scores, given["y/test_scores"])
    assert torch.equal(unseen[scores.argmax(1)], given["y/test_pred"])
    given.close((scores.argmax(1) == targets).double().mean(), given["y/test_acc"])
    hidden, text_hidden = method.motion.encoder(features), method.text.encoder(text_features)
    given.close(mmd(hidden, text_hidden, targets, 32.0), given["y/test_mmd"], "mmd")
    given.close(every_class(*heads, targets, 0.3), given["y/test_hinge"])
    losses = method.losses(features, text_features, targets)
    given.close(losses["motion"], given["y/test_vis_recons"])
    given.close(losses["text"], given["y/test_att_recons"])
    given.close(sum(losses.values()) - losses["contraction"], given["y/test_loss"])
