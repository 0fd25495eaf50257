"""Measured attributes of body kinematics as the features of a clip, in the place of an encoder."""

import numpy as np
from jaxtyping import Float32, Float64, Int64

from zsar.encoders.precomputed import Precomputed, PrecomputedConfig
from zsar.kinematics.calibration import class_moments, within_classes
from zsar.kinematics.evidence import Expectation, scores, standardised
from zsar.kinematics.vocabulary import vocabulary

UNKNOWN = 3.0  # sigma around the middle of all classes, of what was never measured on a class
TAIL = 3.0


class Kinematics(Precomputed):
    Config = PrecomputedConfig
    precomputed = False
    measured = True

    def __init__(self, num_classes: int, config: PrecomputedConfig):
        super().__init__(num_classes, config)
        self.num_classes = num_classes

    def of_measurements(
        self,
        measured: Float64[np.ndarray, "clip attribute"],
        rows: Int64[np.ndarray, " train"],
        labels: Int64[np.ndarray, " train"],
    ) -> tuple[Float32[np.ndarray, "clip dim"], Float32[np.ndarray, "clip seen"]]:
        """Logits say how well a clip fits the means of the seen classes."""
        mean, variance = class_moments(measured[rows], labels, self.num_classes)
        sigma, known = vocabulary().column("sigma"), ~np.isnan(mean)
        middle = np.where(known, mean, 0.0).sum(0) / np.maximum(known.sum(0), 1)
        expected = Expectation(
            np.where(known, mean, middle)[:, None],
            np.where(known, within_classes(variance), UNKNOWN * sigma)[:, None],
            np.ones((self.num_classes, 1)),
            TAIL,
            np.ones(len(sigma)),
        )
        logits = scores(measured, expected)
        features = standardised(measured, middle)
        return features.astype(np.float32), logits.astype(np.float32)
