"""STAR and Neuron with published weights: what both are trained with, which no fixture reads."""

from zsar.learning.augment import AugmentationConfig
from zsar.learning.optim import SGDConfig

TRAINING = {
    "augmentation": AugmentationConfig(0.5, 0.3, 0.0),
    "augmented_at_test": True,
    "optimizer": SGDConfig(0.01, 0.9, 5e-4),
    "epochs": 1,
    "milestones": (),
    "decay": 0.1,
    "batch_size": 64,
}
