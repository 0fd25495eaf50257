"""Caches of classes that fill while clips are classified, one after the other (transductive)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.bounds import Count, Finite, Probability, Whole
from zsar.learning.prototypes import entropy

PARTS = {  # joints
    "head": [2, 3, 4, 8, 20],
    "torso": [0, 1, 4, 8, 12, 16, 20],
    "arms": [*range(4, 12), *range(21, 25)],
    "feet": [0, *range(12, 20)],
}
PHASES = 3  # begin, middle, end
Descriptors = Float[Tensor, "clip slot dim"]  # of the parts, of the phases, of the whole


@dataclass(frozen=True)
class CacheConfig:
    size: Count  # entries of a class, those of least entropy
    # With fewer classes, uncertain clips enter the second class, too; 0: never.
    runner_up_below: Whole
    runner_up_margin: Probability  # a clip is uncertain if its two best probabilities are nearer
    second_pass_above: Finite | None  # mean best score that has all predicted again; null: never


def descriptors(maps: Float[Tensor, "clip dim time joint"]) -> Descriptors:
    """Means over the joints of each part, over the frames of each phase, and over all."""
    frames = maps.shape[2]
    edges = [round(frames * edge / PHASES) for edge in range(PHASES + 1)]
    starts = [min(edge, frames - 1) for edge in edges[:-1]]
    parts = [maps[..., joints].mean((2, 3)) for joints in PARTS.values()]
    phases = [
        maps[:, :, start : max(end, start + 1)].mean((2, 3))
        for start, end in zip(starts, edges[1:], strict=True)
    ]
    return torch.stack([*parts, *phases, maps.mean((2, 3))], 1)


def slot_weights(
    parts: Float[Tensor, "class part"],
    phases: Float[Tensor, "class phase"],
    whole: Float[Tensor, " class"],
) -> Float[Tensor, "class slot"]:
    """How much each slot counts for a class; all zeros for parts or phases: equally."""
    local = (1 - whole)[:, None]
    weights = torch.cat((local * _shares(parts), local * _shares(phases), whole[:, None]), 1)
    return weights / weights.sum(1, keepdim=True)


def _shares(given: Float[Tensor, "class slot"]) -> Float[Tensor, "class slot"]:
    given = torch.where(given.sum(1, keepdim=True) > 0, given, torch.ones_like(given))
    return given / given.sum(1, keepdim=True)


class ClassCaches:
    """The caches of all classes; the entropy of an empty place is infinite."""

    def __init__(self, classes: int, like: Descriptors, config: CacheConfig):
        self.config = config
        self.entries = like.new_zeros(classes, config.size, *like.shape[1:])
        self.entropies = like.new_full((classes, config.size), torch.inf)

    def similarities(
        self, descriptor: Float[Tensor, "slot dim"], sharpness: Tensor
    ) -> Float[Tensor, "slot class"]:
        """Of a descriptor of length one with the entries of each class, summed."""
        cosines = torch.einsum("sd,uesd->sue", descriptor, self.entries)
        near = (-sharpness * (1 - cosines)).exp()
        return torch.where(self.entropies.isinf(), 0.0, near).sum(2)

    def insert(
        self, descriptor: Float[Tensor, "slot dim"], logits: Float[Tensor, " class"]
    ) -> None:
        """Keep a clip under its class, if that has room or an entry that is less certain."""
        uncertainty = entropy(logits[None])[0]
        best, ranks = logits.softmax(0).topk(min(2, len(logits)))
        self._keep(ranks[0], descriptor, uncertainty)
        few = 1 < len(logits) < self.config.runner_up_below
        if few and best[0] - best[1] < self.config.runner_up_margin:
            self._keep(ranks[1], descriptor, uncertainty)

    def _keep(
        self,
        label: Int[Tensor, ""],
        descriptor: Float[Tensor, "slot dim"],
        uncertainty: Float[Tensor, ""],
    ) -> None:
        place = self.entropies[label].argmax()
        old, replaced = self.entropies[label, place], self.entries[label, place]
        self.entries[label, place] = torch.where(uncertainty < old, descriptor, replaced)
        self.entropies[label, place] = torch.where(uncertainty < old, uncertainty, old)


@dataclass(frozen=True)
class Refined:
    """Scores as each clip came, those that count, and the caches at the end."""

    first: Float[Tensor, "clip class"]
    scores: Float[Tensor, "clip class"]
    caches: ClassCaches


def refined(
    described: Descriptors,
    scores: Float[Tensor, "clip class"],
    weights: Float[Tensor, "class slot"],
    strength: Tensor,
    sharpness: Tensor,
    config: CacheConfig,
) -> Refined:
    """Each clip, in this order, is scored with what came before it and then enters the caches."""
    units = F.normalize(described, dim=2)
    caches = ClassCaches(scores.shape[1], units, config)
    weights = strength * weights[scores.argmax(1)]  # of the class before any refinement

    def with_caches(clip: int) -> Float[Tensor, " class"]:
        return scores[clip] + weights[clip] @ caches.similarities(units[clip], sharpness)

    rows = []
    for clip in range(len(units)):
        rows.append(with_caches(clip))
        caches.insert(units[clip], rows[-1])
    first = torch.stack(rows)
    limit = config.second_pass_above
    full = not caches.entropies.isinf().any()
    if limit is not None and full and scores.max(1).values.mean() > limit:
        return Refined(first, torch.stack([with_caches(k) for k in range(len(units))]), caches)
    return Refined(first, first, caches)
