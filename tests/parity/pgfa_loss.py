"""PGFA's logits, soft targets, loss and its gradient."""

import torch
from torch.nn import functional as F

from zsar.learning.contrastive import ContrastiveConfig, Pairs, kl, kl_loss, soft_targets

PUBLISHED = ContrastiveConfig(
    shaped="logits", sharpness=10.0, second=1.0, cap=0.0, margin=0.07, angle_multiplier=1, gap=0.5
)


def check(arrays, note, folder):
    given = arrays.tensors()
    feat, label = given["x/feat"].requires_grad_(), given["x/label"]
    pairs = Pairs(
        skeleton_features=F.normalize(feat, dim=1),
        text_features=F.normalize(given["x/text"], dim=1),
        same=label[:, None] == label,
        scale=given["x/logit_scale"].exp(),
    )
    logits, target = pairs.scale * pairs.cosines, soft_targets(pairs, PUBLISHED)
    given.close(logits, given["y/logits_per_skeleton"])
    given.close(logits.T, given["y/logits_per_text"])
    given.close(pairs.same.float(), given["y/gen_label"])
    given.close(target, given["y/target"])
    given.close(kl_loss(logits, target), given["y/loss_skeleton"])
    given.close(kl_loss(logits.T, target), given["y/loss_text"])
    (loss,) = kl(pairs, PUBLISHED).values()
    given.close(loss, given["y/loss"])
    given.close(torch.autograd.grad(loss, feat)[0], given["y/grad_feat"])
