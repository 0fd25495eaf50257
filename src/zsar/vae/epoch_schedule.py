"""The weights of SA-DVAE's terms in every step: they start anew in every epoch.

S.-W. Li, Z.-X. Wei, W.-J. Chen, Y.-H. Yu, C.-Y. Yang, J. Y.-j. Hsu: SA-DVAE: Improving Zero-Shot
Skeleton-Based Action Recognition by Disentangled Variational Autoencoders. ECCV 2024,
https://arxiv.org/abs/2407.13460
"""

from dataclasses import dataclass

from zsar.bounds import Amount, Positive, Whole
from zsar.vae.disentangled import Factors


@dataclass(frozen=True)
class EpochSchedule:
    """The weights of the terms, which start anew in every epoch; times are shares of an epoch."""

    kl_gain: Amount  # what the weight of a KL term gains in kl_span
    kl_span: Positive
    motion_kl_from: Amount
    text_kl_from: Amount
    text_kl_epoch: Whole  # the first epoch that has it, counted from 0
    cross_from: Amount
    betas: tuple[Amount, ...]  # of motion and text: the other published schedule of the KL weights


def factors(schedule: EpochSchedule, epoch: int, step: int, steps: int) -> Factors:
    """The weights in a step of an epoch."""
    cross = float(step > int(schedule.cross_from * steps))
    if schedule.betas:
        risen = 1.5 * (step / steps - 1 / 3) if step > int(steps / 3) else 0.0
        motion, text = (beta * risen for beta in schedule.betas)
        return Factors(motion, text, cross)
    rise = schedule.kl_gain / (schedule.kl_span * steps)
    motion = rise * (step - schedule.motion_kl_from * steps)
    text = rise * (step - int(schedule.text_kl_from * steps))
    late = epoch >= schedule.text_kl_epoch
    return Factors(max(0.0, motion), max(0.0, text) if late else 0.0, cross)
