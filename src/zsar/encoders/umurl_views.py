"""Augmented views of clips, drawn and made on the device, a whole batch at once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.data.skeleton import JOINTS

FrameMajor = Float[Tensor, "clip frame body joint xyz"]  # frame by frame, as views are cut from it
View = Float[Tensor, "view moment body joint xyz"]


@dataclass(frozen=True)
class ViewConfig:
    least_share: float  # of a clip that a crop keeps
    least_frames: int  # that a crop keeps, if the clip has so many
    corruption: float  # chance that joints are corrupted; a view without is sheared
    joints: int  # that are corrupted
    hiding: float  # chance that corrupted joints are zeroed; otherwise they are scrambled


@dataclass(frozen=True)
class ViewSample:
    """What chance has decided for each view: where it begins, how long it is, how joints change."""

    start: Int[Tensor, " view"]
    count: Int[Tensor, " view"]
    warp: Float[Tensor, "view joint xyz xyz"]

    def __getitem__(self, views: Int[Tensor, " some"]) -> "ViewSample":
        return ViewSample(self.start[views], self.count[views], self.warp[views])


def to_frame_major(skeletons: Float[Tensor, "clip xyz frame joint body"]) -> FrameMajor:
    return skeletons.permute(0, 2, 4, 3, 1).contiguous()


def lengths(film: FrameMajor) -> Int[Tensor, " clip"]:
    """Frames up to the last one that shows anybody; a clip that shows nobody has one."""
    shown = (film != 0).flatten(2).any(2)
    places = torch.arange(1, film.shape[1] + 1, device=film.device)
    return (shown * places).amax(1).clamp(min=1)


def sample_views(length: Int[Tensor, " view"], settings: ViewConfig) -> ViewSample:
    """A draw for each view, independent of all others; `length` is that of its clip."""
    start, count = crops(length, settings)
    return ViewSample(start, count, joint_transforms(len(length), settings, length.device))


def crops(
    length: Int[Tensor, " view"], settings: ViewConfig
) -> tuple[Int[Tensor, " view"], Int[Tensor, " view"]]:
    """Where each view begins, and how many frames it covers."""
    share, place = torch.rand(2, len(length), device=length.device)
    share = settings.least_share + (1 - settings.least_share) * share
    count = (share * length).long().clamp(min=settings.least_frames).minimum(length)
    spare = length - count
    return (place * (spare + 1)).long().minimum(spare), count


def joint_transforms(
    views: int, settings: ViewConfig, device: torch.device
) -> Float[Tensor, "view joint xyz xyz"]:
    """What each joint of a view is multiplied with.

    Some joints are corrupted, all of them alike, or all joints are sheared.
    """
    corrupted, hidden = torch.rand(2, views, 1, 1, 1, device=device)
    ranks = torch.rand(views, len(JOINTS), device=device).argsort(1)
    chosen = (ranks < settings.joints)[..., None, None]
    scramble, shear = 2 * torch.rand(2, views, 1, 3, 3, device=device) - 1
    same = torch.eye(3, device=device)
    scramble = torch.where(hidden < settings.hiding, 0.0, scramble)
    shear = torch.where(same > 0, 1.0, shear)
    return torch.where(corrupted < settings.corruption, torch.where(chosen, scramble, same), shear)


def apply_views(
    film: FrameMajor, rows: Int[Tensor, " view"], draw: ViewSample, frames: int
) -> View:
    """The views that were drawn of these rows, each brought to so many frames."""
    resized = stretched(film, rows, draw.start, draw.count, frames)
    warp = draw.warp[:, None, None]
    # A sum of three products is as fast as memory; a batch of tiny matrix products is not.
    along, up, away = (resized[..., axis, None] * warp[..., axis] for axis in range(3))
    return along + up + away


def whole_clips(film: FrameMajor, frames: int) -> View:
    """Each clip from its beginning to its end, brought to so many frames."""
    rows = torch.arange(len(film), device=film.device)
    return stretched(film, rows, torch.zeros_like(rows), lengths(film), frames)


def stretched(
    film: FrameMajor,
    rows: Int[Tensor, " view"],
    start: Int[Tensor, " view"],
    count: Int[Tensor, " view"],
    frames: int,
) -> View:
    """Parts of clips by linear interpolation between frames: half-pixel centres, clamped ends."""
    last = (count - 1)[:, None]
    place = (torch.arange(frames, device=film.device) + 0.5) * (count[:, None] / frames) - 0.5
    place = place.clamp(min=0).minimum(last)
    before = place.long()
    after = (before + 1).minimum(last)
    origin = (rows * film.shape[1] + start)[:, None]
    flat = film.flatten(0, 1)
    weight = (place - before)[..., None, None, None]
    return torch.lerp(flat[origin + before], flat[origin + after], weight)
