"""From a recording to the input of an encoder, by a list of named steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from functools import partial
from inspect import Parameter, signature
from typing import Any

import numpy as np
from jaxtyping import Float32

from zsar.data.recording import Damaged, Recording
from zsar.errors import UserError
from zsar.preprocess import steps
from zsar.preprocess.sequence import SkeletonSequence
from zsar.validation import shown, typed

FILE = "settings/preprocess.yaml"

STEPS: dict[str, Callable[..., SkeletonSequence]] = {
    step.__name__: step
    for step in (
        steps.first_bodies,
        steps.widest_bodies,
        steps.follow_ids,
        steps.drop_short,
        steps.most_motion_first,
        steps.two_actors,
        steps.copy_lone_body,
        steps.drop_empty_frames,
        steps.crop_centre,
        steps.count_frames,
        steps.keep_counted,
        steps.crop_ends,
        steps.repeat,
        steps.pad,
        steps.resize,
        steps.motion,
        steps.centre_each_body,
        steps.centre_on_first_body,
        steps.centre_on_start,
        steps.face_forward,
        steps.align_bone,
    )
}  # by the names they have in settings/preprocess.yaml


@dataclass(frozen=True)
class Prepared:
    """A clip as encoders take it, and how many frames it had before it was resized."""

    skeletons: Float32[np.ndarray, "xyz frame joint body"]
    length: int


def pipeline(steps: Any, file: str = FILE) -> Callable[[Recording], Prepared]:
    """Check a list of steps once, for any number of recordings; the result can cross processes.

    `file` begins the message about a step that is wrong.
    """
    if not isinstance(steps, list | tuple):
        raise UserError(f"{file} is {shown(steps)}, expected a list of steps")
    if not steps:
        raise UserError(f"{file}: no step; expected some of: {', '.join(STEPS)}")
    return partial(
        prepare, steps=tuple(_compiled(k, step, file) for k, step in enumerate(steps, start=1))
    )


def prepare(recording: Recording, steps: Sequence[partial[SkeletonSequence]]) -> Prepared:
    """Take a recording through the steps; Damaged where no body is left, or no finite number."""
    clip = SkeletonSequence(recording.name, recording.bodies, recording.ids, len(recording.bodies))
    _check(clip, "in the recording")
    with np.errstate(over="ignore", invalid="ignore"):  # reported after each step, by name
        for step in steps:
            clip = step(clip)
            _check(clip, f"after {step.func.__name__}")
    return Prepared(np.ascontiguousarray(clip.bodies.transpose(3, 0, 2, 1)), clip.length)


def _check(clip: SkeletonSequence, when: str) -> None:
    if not clip.bodies.any():
        raise Damaged(clip.name, f"no body {when}")
    if not np.isfinite(clip.bodies).all():
        raise Damaged(clip.name, f"a coordinate {when} is not a finite number")


def _compiled(number: int, step: Any, file: str) -> partial[SkeletonSequence]:
    at = f"step {number}"
    if not isinstance(step, Mapping) or "step" not in step:
        raise UserError(f"{file}: {at} is {step!r}, expected {{step: NAME, ...}}")
    name = step["step"]
    if name not in tuple(STEPS):
        raise UserError(f"{file}: unknown {at} {name!r}; expected one of: {', '.join(STEPS)}")
    given = {key: value for key, value in step.items() if key != "step"}
    return partial(STEPS[name], **vars(typed(_settings(name), given, f"{at}, {name}", file)))


def _settings(name: str) -> type:
    """The settings of a step, as a dataclass: its keyword arguments."""
    parameters = signature(STEPS[name]).parameters.values()
    own = [each for each in parameters if each.kind is Parameter.KEYWORD_ONLY]
    return make_dataclass(name, [(each.name, each.annotation) for each in own])
