"""Aligned autoencoders as a straightforward program trains them: a loader begun anew every step."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from zsar.fusion import fusion
from zsar.learning.world import Clips, Text
from zsar.methods import amsf as ours
from zsar.vae.training import VAEConfig, loss_weights


def cada_vae(seen: Clips, text: Text, settings: VAEConfig) -> Iterator[float]:
    """One text for each class; yields the mean loss of each cycle."""
    words = F.normalize(text.pooled.mean(1), dim=1)
    yield from _cycles(seen.features, seen.labels, lambda labels: [words[labels]], [], settings)


def synse(seen: Clips, text: Text, settings: VAEConfig) -> Iterator[float]:
    """Each text has its share of the latent."""
    words = F.normalize(text.pooled, dim=2).unbind(1)
    motion, labels = seen.features, seen.labels
    yield from _cycles(motion, labels, lambda some: [each[some] for each in words], [], settings)


def msf(seen: Clips, text: Text, settings: VAEConfig) -> Iterator[float]:
    """All texts of a class side by side."""
    words = F.normalize(text.pooled.flatten(1), dim=1)
    yield from _cycles(seen.features, seen.labels, lambda labels: [words[labels]], [], settings)


def amsf(seen: Clips, text: Text, settings: ours.AMSFConfig) -> Iterator[float]:
    """The texts of every clip are fused."""
    fuse = fusion(*text.pooled.shape[1:], settings.fusion).to(seen.labels.device)

    def words(labels: Tensor) -> list[Tensor]:
        return [F.normalize(fuse(text.pooled[labels]), dim=1)]

    motion, learnt = F.normalize(seen.features, dim=1), list(fuse.parameters())
    yield from _cycles(motion, seen.labels, words, learnt, settings)


class Encoder(nn.Module):
    def __init__(self, width: int, latent: int):
        super().__init__()
        self.mean, self.logarithm = nn.Linear(width, latent), nn.Linear(width, latent)

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, logarithm = self.mean(given), self.logarithm(given)
        return mean, logarithm, mean + (0.5 * logarithm).exp() * torch.randn_like(mean)


def _cycles(
    motion: Tensor,
    labels: Tensor,
    words: Callable[[Tensor], list[Tensor]],
    learnt: list[nn.Parameter],
    settings: VAEConfig,
) -> Iterator[float]:
    told = words(labels[:1])
    width, share = told[0].shape[1], settings.latent // len(told)
    see, move = (
        Encoder(motion.shape[1], settings.latent),
        nn.Linear(settings.latent, motion.shape[1]),
    )
    read = nn.ModuleList(Encoder(width, share) for _ in told)
    write = nn.ModuleList(nn.Linear(share, width) for _ in told)
    model = nn.ModuleList((see, move, read, write)).to(motion.device)
    optimizer = torch.optim.Adam([*model.parameters(), *learnt], settings.optimizer.lr)
    dataset = TensorDataset(motion.cpu(), labels.cpu())
    loader = DataLoader(dataset, settings.batch_size, shuffle=True)
    for cycle in range(settings.schedule.cycles):
        losses = []
        for step in range(settings.schedule.steps):
            now = loss_weights(settings.schedule, cycle, step)
            clips, classes = (each.to(motion.device) for each in next(iter(loader)))
            told = words(classes)
            seen, codes = see(clips), [each(text) for each, text in zip(read, told, strict=True)]
            heard = tuple(torch.cat(each, 1) for each in zip(*codes, strict=True))
            loss = F.mse_loss(move(seen[2]), clips) + missed(write, heard[2], told)
            crossed = F.mse_loss(move(heard[2]), clips) + missed(write, seen[2], told)
            loss = loss + now.motion_kl * kl(seen) + now.text_kl * kl(heard) + now.cross * crossed
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        yield sum(losses) / len(losses)


def missed(write: nn.ModuleList, latents: Tensor, told: list[Tensor]) -> Tensor:
    """By how much the texts differ from what is decoded from their shares of the latents."""
    shares = latents.chunk(len(told), 1)
    return sum(F.mse_loss(each(s), t) for each, s, t in zip(write, shares, told, strict=True))


def kl(code: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    mean, logarithm, _ = code
    return 0.5 * (mean**2 + logarithm.exp() - 1 - logarithm).sum() / len(mean)
