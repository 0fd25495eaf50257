"""UmURL's pre-training: four views of each clip, VICReg's losses, no labels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import MultiStepLR

from zsar.bounds import Amount, BatchSize, Count, Epochs, Share, Whole, Width
from zsar.encoders.umurl_network import MODALITIES, Projected
from zsar.encoders.umurl_views import (
    ViewConfig,
    apply_views,
    lengths,
    sample_views,
    to_frame_major,
    whole_clips,
)
from zsar.errors import UserError
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.distributed import all_gather, even_shard, rank, world_size
from zsar.learning.mapped_clips import BATCH, ClipSource
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.precision import LossPrecision, autocast, loss_precision, scaler
from zsar.learning.training import LAST_BATCH, Losses, Row, descend
from zsar.learning.vicreg import VICRegWeights, umurl_losses

VIEWS = len(MODALITIES) + 1  # one for each modality, one for all of them
STATS_CLIPS = 256  # at most, whose features are checked for collapse


@dataclass(frozen=True)
class CollapseThresholds:
    """The minimum of each statistic of the features; 0 disables the check."""

    deviation: Amount
    rank: Amount


class Collapsed(UserError, ArithmeticError):
    """The features of all clips are nearly the same."""


@dataclass(frozen=True)
class PretrainingConfig:
    projection: Width  # width of what the losses compare
    views: ViewConfig
    weights: VICRegWeights
    optimizer: AdamConfig
    epochs: Epochs
    milestones: tuple[Whole, ...]  # epochs before which the rate drops
    decay: Share  # to this share
    batch_size: BatchSize  # over all processes
    last_batch: Literal["kept", "dropped"]  # of an epoch, where it is not full; kept as published
    precision: LossPrecision  # bf16 has the range of float32; the gradients of fp16 are scaled
    collapse: CollapseThresholds
    checkpoint_every: Count  # epochs between checkpoints


def pretrain(
    network: Projected,
    clips: ClipSource,
    config: PretrainingConfig,
    checkpoint: Checkpoint | None,
) -> Iterator[Row]:
    """Yield the weighted losses and statistics of the features after every epoch.

    With a checkpoint, the rows of epochs that are already done come first, and the rest is as if
    nothing had been interrupted. Several processes go through the same numbers as one.
    """
    if len(clips) < max(2, world_size()):
        raise UserError(f"pre-training compares clips, but there are only {len(clips)}")
    least, held = config.views.least_frames, clips.shape[2]
    if least >= held and config.views.least_share < 1:
        raise UserError(
            f"no view would be cropped: views.least_frames is {least}, expected less than the"
            f" {held} frames that clips hold; or let `preprocess` keep more of them (umurl_whole)"
        )
    config = replace(config, precision=loss_precision(clips.device, config.precision))
    optimizer = adam(network, config.optimizer)
    scale = scaler(clips.device, config.precision)
    parts: dict[str, Any] = {"network": network, "optimizer": optimizer, "scale": scale}
    rows = _resume(checkpoint, parts, clips.device)
    schedule = MultiStepLR(optimizer, config.milestones, config.decay)
    schedule.last_epoch = len(rows)
    yield from rows
    for row in descend(
        network,
        batch_loss(network, clips, config),
        optimizer,
        rows=len(clips),
        batch_size=config.batch_size,
        epochs=config.epochs,
        done=len(rows),
        batches=LAST_BATCH[config.last_batch],
        scaler=scale,
    ):
        schedule.step()
        rows.append(row | _feature_stats(network, clips))
        check_collapse(rows[-1], config.collapse)
        if checkpoint and rank() == 0 and len(rows) % config.checkpoint_every == 0:
            state = {name: part.state_dict() for name, part in parts.items()}
            checkpoint.save(state | {"rows": rows}, clips.device)
        yield rows[-1]


@torch.no_grad()
def _feature_stats(network: Projected, clips: ClipSource) -> Row:
    some = clips[:: -(-len(clips) // STATS_CLIPS)]  # evenly, for files often lie class by class
    whole = whole_clips(to_frame_major(some), network.backbone.frames)
    return feature_stats(network.backbone(whole))


def _resume(
    checkpoint: Checkpoint | None, parts: dict[str, Any], device: torch.device
) -> list[Row]:
    """Restore an interrupted training; return the rows of its epochs."""
    state = checkpoint.load(device) if checkpoint else {}
    if not state:
        return []
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["rows"]


def batch_loss(
    network: Projected, clips: ClipSource, config: PretrainingConfig
) -> Callable[[Tensor], Losses]:
    """The loss of a batch of rows, which all processes share."""
    length = torch.cat([lengths(to_frame_major(some)) for some in clips.split(BATCH)])
    frames = network.backbone.frames
    project = _parallel(network)

    def loss(rows: Int[Tensor, " row"]) -> Losses:
        views = make_views(clips, length, rows, frames, config.views)
        with autocast(clips.device, config.precision):
            vectors = torch.cat(project(views))
        alone, fused = all_gather(vectors.float().transpose(0, 1)).transpose(0, 1).chunk(2)
        return umurl_losses(alone, fused, config.weights)

    return loss


def make_views(
    clips: ClipSource,
    length: Int[Tensor, " clip"],
    rows: Int[Tensor, " row"],
    frames: int,
    config: ViewConfig,
) -> Float[Tensor, "view own moment body joint xyz"]:
    """The views of this process's rows; what is sampled does not depend on the other processes."""
    sample = sample_views(length[rows].repeat(VIEWS), config)
    mine = even_shard(torch.arange(len(rows), device=rows.device))
    views = (mine + len(rows) * torch.arange(VIEWS, device=rows.device)[:, None]).flatten()
    own = torch.arange(len(mine), device=rows.device).repeat(VIEWS)
    made = apply_views(to_frame_major(clips[rows[mine]]), own, sample[views], frames)
    return made.unflatten(0, (VIEWS, -1))


def _parallel(network: nn.Module) -> nn.Module:
    """Statistics are the same everywhere, so there is nothing to broadcast."""
    if world_size() == 1:
        return network
    return DistributedDataParallel(network, broadcast_buffers=False)


@torch.no_grad()
def feature_stats(features: Float[Tensor, "clip dim"]) -> Row:
    """The deviation of unit vectors is 1 if they are spread evenly and 0 if they are equal.

    The effective rank is the exponential of the entropy of the singular values.
    """
    unit = F.normalize(features.float(), dim=1)
    centred = unit - unit.mean(0)
    deviation = centred.square().mean().mul(features.shape[1]).sqrt()
    shares = torch.linalg.svdvals(centred)
    shares = shares / shares.sum().clamp(min=torch.finfo(shares.dtype).tiny)
    rank = torch.special.entr(shares).sum().exp()
    return {"deviation": deviation.item(), "rank": rank.item()}


def check_collapse(row: Row, thresholds: CollapseThresholds) -> None:
    for name, least in (("deviation", thresholds.deviation), ("rank", thresholds.rank)):
        if not row[name] >= least:
            raise Collapsed(
                f"the features collapse: {name} is {row[name]:.3g}, expected {least:g} or more"
            )
