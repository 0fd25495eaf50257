"""From a recording to the array an encoder sees, by a list of named steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, signature
from typing import Any

import numpy as np
from jaxtyping import Float32

from zsar.data.recording import Damaged, Recording
from zsar.preprocess import STEPS
from zsar.preprocess.scene import READINGS, Scene


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


def prepare(recording: Recording, steps: Sequence[partial[Scene]]) -> Prepared:
    """Take a recording through the steps; Damaged where no body is left, or no finite number."""
    scene = Scene(recording.name, recording.bodies, recording.ids, len(recording.bodies))
    _check(scene, "in the recording")
    with np.errstate(over="ignore", invalid="ignore"):  # told after each step, by name
        for step in steps:
            scene = step(scene)
            _check(scene, f"after {step.func.__name__}")
    return Prepared(np.ascontiguousarray(scene.bodies.transpose(3, 0, 2, 1)), scene.length)


def _check(scene: Scene, when: str) -> None:
    if not scene.bodies.any():
        raise Damaged(scene.name, f"no body {when}")
    if not np.isfinite(scene.bodies).all():
        raise Damaged(scene.name, f"a coordinate {when} is not a finite number")


def _compiled(number: int, step: Any) -> partial[Scene]:
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
        return READINGS[kind](value)
    except ValueError as error:
        raise ValueError(f"{where}: {key} is {value!r}, expected {error}") from error


def _listed(keys: set[Any]) -> str:
    return ", ".join(sorted(map(str, keys)))
