"""PGFA's logits, soft targets, loss and its gradient."""

import numpy as np
import torch
from torch.nn import functional as F

from zsar.learning.contrast import Pairs, Terms, away, kl, soft

PUBLISHED = Terms(shaped="logits", sharpness=10.0, second=1.0, cap=0.0, lead=0.07, turns=1, gap=0.5)


def check(arrays, note, folder):
    given = {name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()}
    feat, label = given["x/feat"].requires_grad_(), given["x/label"]
    pairs = Pairs(
        motion=F.normalize(feat, dim=1),
        words=F.normalize(given["x/text"], dim=1),
        same=label[:, None] == label,
        scale=given["x/logit_scale"].exp(),
    )
    logits, target = pairs.scale * pairs.cosines, soft(pairs, PUBLISHED)
    close(logits, given["y/logits_per_skeleton"])
    close(logits.T, given["y/logits_per_text"])
    close(pairs.same.float(), given["y/gen_label"])
    close(target, given["y/target"])
    close(away(logits, target), given["y/loss_skeleton"])
    close(away(logits.T, target), given["y/loss_text"])
    (loss,) = kl(pairs, PUBLISHED).values()
    close(loss, given["y/loss"])
    close(torch.autograd.grad(loss, feat)[0], given["y/grad_feat"])


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
