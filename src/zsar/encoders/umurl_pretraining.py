"""UmURL's pre-training: four views of each clip learn to agree, without a label."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import MultiStepLR

from zsar.encoders.umurl_network import MODALITIES, Projected
from zsar.encoders.umurl_views import (
    FrameMajor,
    ViewConfig,
    apply_views,
    lengths,
    sample_views,
    whole_clips,
)
from zsar.errors import UserError
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.collapse import CollapseThresholds, check_collapse, feature_stats
from zsar.learning.distributed import all_gather, even_shard, rank, world_size
from zsar.learning.precision import LossPrecision, autocast, loss_precision, scaler
from zsar.learning.training import LAST_BATCH, AdamConfig, Losses, Row, adam, descend
from zsar.learning.vicreg import VICRegWeights, umurl_losses

VIEWS = len(MODALITIES) + 1  # one for each modality, one for all of them
WATCHED = 256  # clips at most whose features tell whether they collapse


@dataclass(frozen=True)
class PretrainingConfig:
    projection: int  # width of what the losses compare
    views: ViewConfig
    weights: VICRegWeights
    optimizer: AdamConfig
    epochs: int
    drops: tuple[int, ...]  # epochs before which the rate drops
    drop: float  # to this share
    batch_size: int  # over all processes
    last_batch: Literal["kept", "dropped"]  # of an epoch, where it is not full; kept as published
    precision: LossPrecision  # bf16 has the range of float32; the gradients of fp16 are scaled
    alarm: CollapseThresholds
    saved: int  # epochs between checkpoints


def pretrain(
    network: Projected, film: FrameMajor, settings: PretrainingConfig, checkpoint: Checkpoint | None
) -> Iterator[Row]:
    """Yield the weighted losses and the health of the features after every epoch.

    With a checkpoint, the rows of epochs that are already done come first, and the rest is as if
    nothing had been interrupted. Several processes go through the same numbers as one.
    """
    if len(film) < max(2, world_size()):
        raise UserError(f"pre-training compares clips, but there are only {len(film)}")
    least, held = settings.views.least_frames, film.shape[1]
    if least >= held and settings.views.least_share < 1:
        raise UserError(
            f"no view would be cropped: views.least_frames is {least}, expected less than the"
            f" {held} frames that clips hold; or let `preprocess` keep more of them (umurl_whole)"
        )
    settings = replace(settings, precision=loss_precision(film.device, settings.precision))
    optimizer = adam(network, settings.optimizer)
    scale = scaler(film.device, settings.precision)
    parts: dict[str, Any] = {"network": network, "optimizer": optimizer, "scale": scale}
    rows = _done(checkpoint, parts, film.device)
    schedule = MultiStepLR(optimizer, settings.drops, settings.drop)
    schedule.last_epoch = len(rows)
    yield from rows
    for row in descend(
        network,
        agreement(network, film, settings),
        optimizer,
        rows=len(film),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        taken=len(rows),
        batches=LAST_BATCH[settings.last_batch],
        scaler=scale,
    ):
        schedule.step()
        rows.append(row | _health(network, film))
        check_collapse(rows[-1], settings.alarm)
        if checkpoint and rank() == 0 and len(rows) % settings.saved == 0:
            state = {name: part.state_dict() for name, part in parts.items()}
            checkpoint.save(state | {"rows": rows}, film.device)
        yield rows[-1]


@torch.no_grad()
def _health(network: Projected, film: FrameMajor) -> Row:
    some = film[:: -(-len(film) // WATCHED)]  # evenly, for files often lie class by class
    return feature_stats(network.backbone(whole_clips(some, network.backbone.frames)))


def _done(checkpoint: Checkpoint | None, parts: dict[str, Any], device: torch.device) -> list[Row]:
    """Take up what an interrupted training has left; the rows of its epochs."""
    state = checkpoint.load(device) if checkpoint else {}
    if not state:
        return []
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["rows"]


def agreement(
    network: Projected, film: FrameMajor, settings: PretrainingConfig
) -> Callable[[Tensor], Losses]:
    """The loss of a batch of rows, which all processes share."""
    length, frames = lengths(film), network.backbone.frames
    project = _parallel(network)

    def loss(rows: Int[Tensor, " row"]) -> Losses:
        views = make_views(film, length, rows, frames, settings.views)
        with autocast(film.device, settings.precision):
            vectors = torch.cat(project(views))
        alone, fused = all_gather(vectors.float().transpose(0, 1)).transpose(0, 1).chunk(2)
        return umurl_losses(alone, fused, settings.weights)

    return loss


def make_views(
    film: FrameMajor,
    length: Int[Tensor, " clip"],
    rows: Int[Tensor, " row"],
    frames: int,
    settings: ViewConfig,
) -> Float[Tensor, "view own moment body joint xyz"]:
    """The views of this process's rows; what is drawn does not depend on who the others are."""
    clips = rows.repeat(VIEWS)
    draw = sample_views(length[clips], settings)
    mine = even_shard(torch.arange(len(rows), device=rows.device))
    mine = (mine + len(rows) * torch.arange(VIEWS, device=rows.device)[:, None]).flatten()
    return apply_views(film, clips[mine], draw[mine], frames).unflatten(0, (VIEWS, -1))


def _parallel(network: nn.Module) -> nn.Module:
    """Statistics are the same everywhere, so there is nothing to broadcast."""
    if world_size() == 1:
        return network
    return DistributedDataParallel(network, broadcast_buffers=False)
