"""Training of cross-aligned VAEs in cycles, each of which starts with reconstruction alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from zsar.bounds import Amount, BatchSize, Count, Whole, Width
from zsar.learning.optim import AdamConfig, fused_adam
from zsar.learning.training import Diverged, Losses, Row
from zsar.vae.classifier import ClassifierConfig
from zsar.vae.model import AlignedVAE, Noise, Output, sample_noise
from zsar.vae.step import TERMS, Batch, LossWeights, vae_step

BLOCK = 64  # steps whose noise is drawn at once


@dataclass(frozen=True)
class CycleSchedule:
    """When the terms of the loss are switched on, in steps of a cycle."""

    cycles: Count
    steps: Count
    kl_gain: Amount  # what the weight of a KL term gains in kl_steps
    kl_steps: Count
    motion_kl_after: Whole
    text_kl_after: Whole
    text_kl_cycle: Whole  # the first cycle that has it, counted from 0
    cross_after: Whole
    distribution: Amount  # weight of the distance between the latents, on with the cross terms


@dataclass(frozen=True)
class VAEConfig:
    """The settings that all cross-aligned VAEs share."""

    latent: Width
    output: Output  # of the decoders; relu, as published, cannot give the negative half of a text
    noise: Noise  # row, as published, moves all dimensions of a latent alike
    optimizer: AdamConfig
    batch_size: BatchSize
    schedule: CycleSchedule
    classifier: ClassifierConfig


def loss_weights(schedule: CycleSchedule, cycle: int, step: int) -> LossWeights:
    cross = step > schedule.cross_after
    text = cross and cycle >= schedule.text_kl_cycle
    return LossWeights(
        motion_kl=_kl_weight(schedule, step - schedule.motion_kl_after),
        text_kl=_kl_weight(schedule, step - schedule.text_kl_after) if text else 0.0,
        cross=cross,
        distribution=schedule.distribution if cross else 0.0,
    )


def _kl_weight(schedule: CycleSchedule, steps: int) -> float:
    return max(0.0, schedule.kl_gain * steps / schedule.kl_steps)


def train_vae(
    module: nn.Module,
    model: AlignedVAE,
    skeleton_features: Float[Tensor, "clip dim"],
    targets: Int[Tensor, " clip"],
    text_of: Callable[[Int[Tensor, " class"]], Float[Tensor, "part class width"]],
    config: VAEConfig,
    take_step: Callable[[AlignedVAE, Batch, LossWeights], Losses] = vae_step,
    terms: tuple[str, ...] = TERMS,
) -> Iterator[Row]:
    """Train on a random batch in each step; yield the mean of each term after a cycle.

    `targets` is the class of each clip; `text_of` gives the texts of some classes. It is called in
    every step, for the module may learn them, too. `take_step` sets the gradients and returns the
    weighted `terms`.
    """
    schedule, optimizer = config.schedule, fused_adam(module, config.optimizer)
    for cycle in range(schedule.cycles):
        module.train()
        sums: Losses = {}
        batches = _batches(model, skeleton_features, targets, text_of, config)
        for step, batch in enumerate(batches):
            weights = loss_weights(schedule, cycle, step)
            for name, term in take_step(model, batch, weights).items():
                sums[name] = sums.get(name, 0) + term
            optimizer.step()
        module.eval()
        yield _row(sums, terms, cycle, schedule.steps)


def draw_batches(
    clips: int, size: int, steps: int, device: torch.device
) -> Int[Tensor, "step size"]:
    """A random batch of different clips for every step.

    Clips that a batch already has are drawn again until there are none, which favours no clip.
    """
    batches = torch.randint(clips, (steps, size), device=device)
    while True:
        ordered, places = batches.sort(dim=1, stable=True)
        again = torch.zeros_like(batches, dtype=torch.bool)
        again.scatter_(1, places[:, 1:], ordered.diff(dim=1) == 0)
        if not again.any():
            return batches
        batches[again] = torch.randint(clips, (int(again.sum()),), device=device)


def _batches(
    model: AlignedVAE,
    skeleton_features: Float[Tensor, "clip dim"],
    targets: Int[Tensor, " clip"],
    text_of: Callable[[Int[Tensor, " class"]], Float[Tensor, "part class width"]],
    config: VAEConfig,
) -> Iterator[Batch]:
    """The batches of a cycle, each with the texts of the classes that are in it."""
    size, device = min(config.batch_size, len(skeleton_features)), skeleton_features.device
    batches = draw_batches(len(skeleton_features), size, config.schedule.steps, device)
    for rows in batches.split(BLOCK):
        present, places = classes_of_batches(targets[rows])
        noises = [
            sample_noise(config.noise, tuple(rows.shape), parts, model.latent, device)
            for parts in (1, model.parts)
        ]
        drawn = zip(rows, present, places, torch.stack(noises, dim=1), strict=True)
        for clips, classes, own, noise in drawn:
            yield Batch(skeleton_features.index_select(0, clips), text_of(classes), own, noise)


def classes_of_batches(
    targets: Int[Tensor, "step clip"],
) -> tuple[tuple[Int[Tensor, " class"], ...], Int[Tensor, "step clip"]]:
    """For every step the classes there are, in order, and the place of each clip's among them."""
    there = targets.new_zeros(len(targets), int(targets.max()) + 1).scatter_(1, targets, 1)
    classes = there.nonzero()[:, 1].split(there.sum(1).tolist())
    return classes, (there.cumsum(1) - 1).gather(1, targets)


def _row(sums: Losses, terms: tuple[str, ...], cycle: int, steps: int) -> Row:
    row = {name: float(sums.get(name, 0.0)) / steps for name in terms}
    if not all(abs(value) < float("inf") for value in row.values()):
        raise Diverged(f"cycle {cycle + 1}: the loss is no longer finite: {row}")
    return row
