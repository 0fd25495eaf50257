"""The preprocessing variants of settings/preprocess.yaml, whole or cut short after a step."""

from pathlib import Path

import numpy as np
import yaml

from zsar.data.recording import Recording
from zsar.preprocess.pipeline import Prepared, pipeline

VARIANTS = Path(__file__).parents[2] / "settings/preprocess.yaml"


def variant(name: str, until: str | None = None) -> list[dict]:
    """The steps of a variant, up to and with the last one of that name."""
    steps = yaml.safe_load(VARIANTS.read_text())[name]
    names = [step["step"] for step in steps]
    return steps if until is None else steps[: len(names) - names[::-1].index(until)]


def prepared(recordings: list[Recording], name: str, until: str | None = None) -> list[Prepared]:
    return [pipeline(variant(name, until))(recording) for recording in recordings]


def skeletons(recordings: list[Recording], name: str, until: str | None = None) -> np.ndarray:
    return np.stack([clip.skeletons for clip in prepared(recordings, name, until)])


def lengths(recordings: list[Recording], name: str) -> list[int]:
    return [clip.length for clip in prepared(recordings, name)]
