"""Encoders of any size, and clips whose classes an encoder learns in seconds."""

import torch

from zsar.encoders.base import LabelledClips
from zsar.encoders.multi_stream import SpeedConfig
from zsar.encoders.shift_gcn import ShiftGCN, ShiftGCNConfig
from zsar.encoders.stgcn import STGCN, STGCNConfig
from zsar.encoders.supervised import SupervisedConfig
from zsar.learning.augment import AugmentationConfig

PLAIN = AugmentationConfig(least_share=1.0, rotation=0.0, shear=0.0)


def training(**changes) -> SupervisedConfig:
    plain = {
        "optimizer": "adam",
        "lr": 5e-3,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "schedule": "cosine",
        "milestones": (),
        "epochs": 8,
        "batch_size": 16,
        "augmentation": PLAIN,
        "learns": "everything",
        "ceiling": 100.0,
    }
    return SupervisedConfig(**plain | changes)


def stgcn(
    num_classes: int,
    channels=(8, 16),
    strides=(1, 2),
    kernel=3,
    dropout=0.1,
    streams=("joint",),
    features="float32",
    absent_bodies="shared",
    **changes,
) -> STGCN:
    speed = SpeedConfig(features, features, absent_bodies, False)
    weights = dict.fromkeys(streams, 1.0)
    return STGCN(
        num_classes,
        STGCNConfig(channels, strides, kernel, dropout, 1, weights, training(**changes), speed),
    )


def shift_gcn(
    num_classes: int,
    channels=(8, 16),
    strides=(1, 2),
    frames=12,
    offset_step=0.01,
    streams=("joint",),
    features="float32",
    absent_bodies="shared",
    **changes,
) -> ShiftGCN:
    speed = SpeedConfig(features, features, absent_bodies, False)
    weights = dict.fromkeys(streams, 1.0)
    return ShiftGCN(
        num_classes,
        ShiftGCNConfig(channels, strides, frames, offset_step, weights, training(**changes), speed),
    )


def toy_clips(count: int, frames: int = 12) -> LabelledClips:
    """Four classes: one of two axes, fast or slow; every other clip has a second body."""
    labels = torch.arange(count) % 4
    skeletons = 0.3 * torch.randn(count, 3, frames, 25, 2)
    for clip, label in enumerate(labels.tolist()):
        time = torch.arange(float(frames)) + 6 * torch.rand(())
        skeletons[clip, 1 + label % 2, :, 4:12, 0] += 2 * torch.sin(
            time[:, None] / (1 + label // 2)
        )
    skeletons[::2, ..., 1] = 0
    return LabelledClips(skeletons, labels)
