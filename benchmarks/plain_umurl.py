"""UmURL's pre-training as a plain program: workers make views, one clip at a time."""

import random
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from zsar.encoders.umurl_network import Backbone, Projected
from zsar.encoders.umurl_pretraining import PretrainingConfig


class Views(Dataset):
    """Four views of a clip, each cropped, resized and changed on its own."""

    def __init__(self, skeletons: np.ndarray, frames: int, config: PretrainingConfig):
        self.skeletons, self.frames, self.config = skeletons, frames, config.views

    def __len__(self) -> int:
        return len(self.skeletons)

    def __getitem__(self, row: int) -> list[Tensor]:
        return [self.view(self.skeletons[row]) for _ in range(4)]

    def view(self, clip: np.ndarray) -> Tensor:
        length, least = clip.shape[1], self.config.least_share
        share = least + (1 - least) * random.random()
        count = min(max(int(share * length), self.config.least_frames), length)
        start = random.randint(0, length - count)
        part = torch.from_numpy(clip[:, start : start + count])
        flat = part.permute(0, 2, 3, 1).reshape(1, -1, count, 1)
        flat = F.interpolate(flat, size=(self.frames, 1), mode="bilinear", align_corners=False)
        resized = flat.reshape(3, 25, 2, self.frames).permute(0, 3, 1, 2).numpy()
        changed = self.corrupted(resized) if random.random() < 0.5 else self.sheared(resized)
        return torch.from_numpy(np.ascontiguousarray(changed, dtype=np.float32))

    def corrupted(self, clip: np.ndarray) -> np.ndarray:
        joints = np.random.choice(25, self.config.joints, replace=False)
        out = clip.copy()
        if random.random() < 0.5:
            out[:, :, joints] = 0
            return out
        matrix = np.random.uniform(-1, 1, (3, 3))
        out[:, :, joints] = (out[:, :, joints].transpose(1, 2, 3, 0) @ matrix.T).transpose(
            3, 0, 1, 2
        )
        return out

    def sheared(self, clip: np.ndarray) -> np.ndarray:
        matrix = np.random.uniform(-1, 1, (3, 3))
        np.fill_diagonal(matrix, 1)
        return (clip.transpose(1, 2, 3, 0) @ matrix.T).transpose(3, 0, 1, 2)


def steps(
    network: Projected, skeletons: np.ndarray, config: PretrainingConfig, workers: int
) -> Iterator[None]:
    """A step of training each time, without end; as published, in half precision on a GPU."""
    device = next(network.parameters()).device
    halved = device.type == "cuda"
    scaler = torch.amp.GradScaler(device.type, enabled=halved)
    adam = config.optimizer
    optimizer = torch.optim.Adam(network.parameters(), adam.lr, weight_decay=adam.weight_decay)
    data = Views(skeletons, network.backbone.frames, config)
    loader = DataLoader(
        data,
        config.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=device.type == "cuda",
    )
    while True:
        for views in loader:
            clips = [view.to(device).permute(0, 2, 4, 3, 1) for view in views]
            with torch.autocast(device.type, torch.float16 if halved else None, enabled=halved):
                loss = total(network, clips)
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            loss.item()  # for the log
            yield


def total(network: Projected, views: list[Tensor]) -> Tensor:
    """The loss, every modality and every part of it in turn."""
    fused = network.backbone(views[3])
    pairs = []
    for (name, project), clips in zip(network.project.items(), views, strict=False):
        of_fused = project(fused)
        pairs.append((project(network.backbone.alone({name: clips})[0]).float(), of_fused.float()))
    centre = torch.stack([alone for alone, _ in pairs]).mean(0)
    invariance = sum(F.mse_loss(alone, of) + F.mse_loss(alone, centre) for alone, of in pairs)
    return 5 * invariance + sum(regular(each) for pair in pairs for each in pair)


def regular(z: Tensor) -> Tensor:
    centred = z - z.mean(0)
    short = F.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean()
    matrix = centred.T @ centred / (len(z) - 1)
    off = matrix.flatten()[:-1].view(len(matrix) - 1, len(matrix) + 1)[:, 1:]
    return 5 * short + off.square().sum() / len(matrix)


@torch.no_grad()
def features(backbone: Backbone, skeletons: np.ndarray, batch: int, workers: int) -> Tensor:
    device = next(backbone.parameters()).device
    loader = DataLoader(Whole(skeletons, backbone.frames), batch, num_workers=workers)
    found = [backbone(clips.to(device).permute(0, 2, 4, 3, 1)).cpu() for clips in loader]
    return torch.cat(found)


class Whole(Dataset):
    """Clips resized one by one."""

    def __init__(self, skeletons: np.ndarray, frames: int):
        self.skeletons, self.frames = skeletons, frames

    def __len__(self) -> int:
        return len(self.skeletons)

    def __getitem__(self, row: int) -> Tensor:
        clip = torch.from_numpy(self.skeletons[row])
        flat = clip.permute(0, 2, 3, 1).reshape(1, -1, clip.shape[1], 1)
        flat = F.interpolate(flat, size=(self.frames, 1), mode="bilinear", align_corners=False)
        return flat.reshape(3, 25, 2, self.frames).permute(0, 3, 1, 2).contiguous()
