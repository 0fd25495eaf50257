"""Measurements and structured descriptions of toy worlds: classes lie where their meaning says."""

import numpy as np

from zsar.kinematics.described import Descriptions, from_rows
from zsar.kinematics.vocabulary import vocabulary


def described(meaning: np.ndarray) -> Descriptions:
    """One variant of each class; attributes of two people have no meaning."""
    sigma = vocabulary().column("sigma")
    value = np.nan_to_num(vocabulary().column("rest")) + 3 * sigma * _directions(meaning)
    pair = np.isin(list(vocabulary()), vocabulary().group("pair"))
    value[:, pair] = np.nan
    spread = np.where(np.isnan(value), np.nan, sigma)
    classes = np.arange(len(meaning))
    return from_rows(classes, np.ones(len(meaning)), value, spread, spread / 4)


def measured(meaning: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Clips of these classes, a sigma around what they were described to do."""
    noise = np.random.default_rng(1).standard_normal((len(labels), len(vocabulary())))
    return described(meaning).value[labels, 0] + vocabulary().column("sigma") * noise


def _directions(meaning: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(0)
    found = meaning @ random.standard_normal((meaning.shape[1], len(vocabulary())))
    return found / np.abs(found).max()
