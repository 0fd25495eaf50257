"""Logistic regression, small and exact."""

import numpy as np
from jaxtyping import Bool, Float

STEPS = 100
CLOSE = 1e-12  # share of the cost that the last step may save


def logistic(
    features: Float[np.ndarray, "clip dim"], target: Bool[np.ndarray, " clip"], strength: float
) -> Float[np.ndarray, " weight"]:
    """Weights and, last, the bias that minimise strength x (summed log loss) + |weights|^2 / 2.

    By Newton's method, in a few steps; scikit-learn finds the same with C = strength, but takes
    longer to import than this to answer.
    """
    rows = np.column_stack((features, np.ones(len(features))))
    shrunk = np.append(np.ones(features.shape[1]), 0.0)  # the bias is free

    def cost(weights):
        logits = rows @ weights
        losses = np.logaddexp(0, logits) - target * logits
        return strength * losses.sum() + shrunk @ weights**2 / 2

    weights = np.zeros(len(shrunk))
    for _ in range(STEPS):
        chance = sigmoid(rows @ weights)
        slope = strength * rows.T @ (chance - target) + shrunk * weights
        bend = strength * (rows.T * (chance * (1 - chance))) @ rows + np.diag(shrunk)
        step, before = np.linalg.solve(bend, slope), cost(weights)
        if slope @ step < CLOSE * before:
            return weights - step
        while cost(weights - step) > before:
            step = step / 2
        weights = weights - step
    raise ArithmeticError(f"logistic regression has not settled after {STEPS} steps")


def sigmoid(logits: Float[np.ndarray, " clip"]) -> Float[np.ndarray, " clip"]:
    return np.exp(-np.logaddexp(0, -logits))
