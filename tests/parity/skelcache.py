"""Skeleton-Cache's descriptors, caches, refined scores and grid, in every case of the fixture."""

import torch
from torch.nn import functional as F

from parity._published import Published
from zsar.learning.skeleton_cache import CacheConfig, descriptors, refined, slot_weights

# As published: under 8 classes the runner-up, too; a second pass for large positive scores.
PUBLISHED = CacheConfig(size=8, runner_up_below=8, runner_up_margin=0.5, second_pass_above=0.85)
DETAILS = (2.0, 5.0)  # strength and sharpness of all but the grid


@torch.no_grad()
def check(arrays, note, folder):
    every = arrays.tensors()
    cases = sorted({name.split("/")[0] for name in every})
    assert cases
    for case in cases:
        own = {k.removeprefix(f"{case}/"): v for k, v in every.items() if k.startswith(f"{case}/")}
        features = own.get("x/features", every.get("few/x/features"))
        _case(Published(own, note), features)


def _case(given, features):
    logits, labels = given["x/logits"], given["x/labels"]
    described = descriptors(features)
    given.close(described, given["y/descriptors"])
    priors = (given[f"x/prior_{kind}"] for kind in ("spatial", "temporal", "gamma"))
    weights = slot_weights(*priors)
    given.close(weights, given["y/class_weights"])
    assert logits.argmax(1).equal(given["y/initial_pred"])

    def run(strength, sharpness):
        pair = torch.tensor(strength), torch.tensor(sharpness)
        return refined(described, logits, weights, *pair, PUBLISHED)

    found = run(*DETAILS)
    given.close(found.first, given["y/refined_first_pass"])
    given.close(found.scores, given["y/refined"])
    assert found.scores.argmax(1).equal(given["y/pred"])
    assert found.first.equal(found.scores) == (given["y/passes"] == 1)
    _caches(given, found.caches, described)
    counts = [
        (run(*pair).scores.argmax(1) == labels).sum() for pair in given["y/grid"][:, :2].tolist()
    ]
    assert torch.stack(counts).equal(given["y/grid"][:, 2].long())
    best = 100 * max(counts) / len(labels)
    given.close(best, given["y/acc_published_best_on_test"])


def _caches(given, caches, described):
    members = given["y/cache_member"]
    there = members >= 0
    assert caches.entropies.isfinite().equal(there)
    theirs = F.normalize(described[members[there]], dim=2)
    given.close(caches.entries[there], theirs)
    given.close(caches.entropies[there], given["y/cache_entropy"][there])
