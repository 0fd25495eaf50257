"""Which bodies of a batch have to be computed: absent ones are all alike, so one will do."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Cast:
    rows: Int[Tensor, " row"]  # the bodies to compute, among those of all clips
    places: Int[Tensor, "clip body"]  # the row that speaks for each body
    copies: Float[Tensor, ""] | None  # how many bodies the last row speaks for


def separate(skeletons: Float[Tensor, "clip xyz frame joint body"]) -> Cast:
    """Every body for itself, as published."""
    clips, bodies = skeletons.shape[0], skeletons.shape[4]
    rows = torch.arange(clips * bodies, device=skeletons.device)
    return Cast(rows, rows.view(clips, bodies), None)


def shared(skeletons: Float[Tensor, "clip xyz frame joint body"]) -> Cast:
    """One row for all absent bodies; a clip's first body always speaks for itself."""
    absent = (skeletons == 0).all(3).all(2).all(1)
    absent[:, 0] = False
    absent = absent.flatten()
    gone = absent.nonzero().squeeze(1)
    if len(gone) == 0:
        return separate(skeletons)
    there = (~absent).nonzero().squeeze(1)
    places = torch.where(absent, len(there), (~absent).cumsum(0) - 1)
    copies = skeletons.new_tensor(len(gone))
    return Cast(torch.cat((there, gone[:1])), places.view(len(skeletons), -1), copies)


CASTS: dict[str, Callable[[Tensor], Cast]] = {"separate": separate, "shared": shared}
