"""From a recording to the input of an encoder, by a list of named steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, signature
from typing import Any

import numpy as np
from jaxtyping import Float32

from zsar.data.recording import Damaged, Recording
from zsar.preprocess import steps
from zsar.preprocess.sequence import SETTING_PARSERS, SkeletonSequence

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


def pipeline(steps: Sequence[Any]) -> Callable[[Recording], Prepared]:
    """Check a list of steps once, for any number of recordings; the result can cross processes."""
    if not steps:
        raise ValueError(f"no preprocessing steps; choose from: {', '.join(STEPS)}")
    return partial(
        prepare, steps=tuple(_compiled(k, step) for k, step in enumerate(steps, start=1))
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


def _compiled(number: int, step: Any) -> partial[SkeletonSequence]:
    if not isinstance(step, Mapping) or "step" not in step:
        raise ValueError(f"preprocessing step {number} is {step!r}, expected {{step: NAME, ...}}")
    name = step["step"]
    if name not in tuple(STEPS):
        raise ValueError(f"unknown preprocessing step {name!r}; choose one of: {', '.join(STEPS)}")
    kinds = {
        setting.name: setting.annotation
        for setting in signature(STEPS[name]).parameters.values()
        if setting.kind is Parameter.KEYWORD_ONLY
    }
    given = {key: value for key, value in step.items() if key != "step"}
    where, allowed = f"preprocessing step {number}, {name}", ", ".join(kinds) or "no setting"
    if unknown := given.keys() - kinds.keys():
        raise ValueError(f"{where}: unknown {_listed(unknown)}; expected {allowed}")
    if missing := kinds.keys() - given.keys():
        raise ValueError(f"{where}: {_listed(missing)} missing; expected {allowed}")
    settings = {key: _read(where, key, kinds[key], value) for key, value in given.items()}
    return partial(STEPS[name], **settings)


def _read(where: str, key: str, kind: Any, value: Any) -> Any:
    try:
        return SETTING_PARSERS[kind](value)
    except ValueError as error:
        raise ValueError(f"{where}: {key} is {value!r}, expected {error}") from error


def _listed(keys: set[Any]) -> str:
    return ", ".join(sorted(map(str, keys)))
