"""Who is where in a clip, and in which colour, ready to be drawn."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.data.recording import Recording
from zsar.data.skeleton import CENTRE, JOINTS

Prepared = Float[np.ndarray, "xyz frame joint body"]


@dataclass(frozen=True)
class DrawnClip:
    """Bodies ready to be drawn; a colour of -1 means that nobody is there."""

    title: str
    bodies: Float[np.ndarray, "frame body joint xyz"]
    colours: Int[np.ndarray, "frame body"]
    derived: Bool[np.ndarray, " joint"]

    @property
    def people(self) -> int:
        return len(set(self.colours.flat) - {-1})


def drawn_clip(clip: Recording | Prepared, title: str) -> DrawnClip:
    """Bodies are coloured by their id in a recording, by their place in a prepared clip."""
    if isinstance(clip, Recording):
        there = (clip.ids != 0) & np.isfinite(clip.bodies).all((2, 3))
        return DrawnClip(title, clip.bodies, _by_first_sight(clip.ids, there), clip.derived)
    bodies = np.transpose(clip, (1, 3, 2, 0))
    there = np.isfinite(bodies).all((2, 3)) & (bodies != 0).any((2, 3))
    colours = np.where(there, np.arange(bodies.shape[1]), -1)
    return DrawnClip(title, _set_apart(bodies, there), colours, np.zeros(len(JOINTS), dtype=bool))


def _by_first_sight(
    ids: Int[np.ndarray, "frame body"], there: Bool[np.ndarray, "frame body"]
) -> Int[np.ndarray, "frame body"]:
    known, first, which = np.unique(ids[there], return_index=True, return_inverse=True)
    rank = np.empty(len(known), dtype=int)
    rank[np.argsort(first)] = np.arange(len(known))
    colours = np.full(ids.shape, -1)
    colours[there] = rank[which]
    return colours


def _set_apart(
    bodies: Float[np.ndarray, "frame body joint xyz"], there: Bool[np.ndarray, "frame body"]
) -> Float[np.ndarray, "frame body joint xyz"]:
    """Bodies that were each moved to the origin stand side by side again."""
    together = there.all(1)
    if bodies.shape[1] < 2 or not together.any():
        return bodies
    if np.abs(bodies[together][:, :, CENTRE]).max() > 1e-3:
        return bodies
    across = bodies[together][..., 0]
    places = np.arange(bodies.shape[1]) * 0.8 * (across.max() - across.min())
    return bodies + places[:, None, None] * np.array([1.0, 0.0, 0.0])
