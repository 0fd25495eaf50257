"""Aligned autoencoders as a straightforward program trains them: a loader begun anew every step."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from zsar.learning.annealing import Annealing, weights
from zsar.learning.fusion import fusion
from zsar.learning.world import Clips, Text
from zsar.methods import amsf as ours


def cada_vae(seen: Clips, text: Text, settings: Annealing) -> Iterator[float]:
    """One text for each class; yields the mean loss of each cycle."""
    words = F.normalize(text.pooled.mean(1), dim=1)
    yield from _cycles(seen.features, seen.labels, lambda labels: words[labels], [], settings)


def msf(seen: Clips, text: Text, settings: Annealing) -> Iterator[float]:
    """All texts of a class side by side."""
    words = F.normalize(text.pooled.flatten(1), dim=1)
    yield from _cycles(seen.features, seen.labels, lambda labels: words[labels], [], settings)


def amsf(seen: Clips, text: Text, settings: ours.Recipe) -> Iterator[float]:
    """The texts of every clip are fused."""
    fuse = fusion(*text.pooled.shape[1:], settings.fusion).to(seen.labels.device)

    def words(labels: Tensor) -> Tensor:
        return F.normalize(fuse(text.pooled[labels]), dim=1)

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
    words: Callable[[Tensor], Tensor],
    learnt: list[nn.Parameter],
    settings: Annealing,
) -> Iterator[float]:
    widths = motion.shape[1], words(labels[:1]).shape[1]
    see, read = (Encoder(width, settings.latent).to(motion.device) for width in widths)
    move, write = (nn.Linear(settings.latent, width).to(motion.device) for width in widths)
    weighed = [weight for part in (see, read, move, write) for weight in part.parameters()]
    optimizer = torch.optim.Adam([*weighed, *learnt], settings.optimizer.lr)
    dataset = TensorDataset(motion.cpu(), labels.cpu())
    loader = DataLoader(dataset, settings.batch_size, shuffle=True)
    for cycle in range(settings.schedule.cycles):
        losses = []
        for step in range(settings.schedule.steps):
            now = weights(settings.schedule, cycle, step)
            clips, classes = (each.to(motion.device) for each in next(iter(loader)))
            told = words(classes)
            seen, heard = see(clips), read(told)
            loss = F.mse_loss(move(seen[2]), clips) + F.mse_loss(write(heard[2]), told)
            crossed = F.mse_loss(move(heard[2]), clips) + F.mse_loss(write(seen[2]), told)
            loss = loss + now.motion_kl * kl(seen) + now.text_kl * kl(heard) + now.cross * crossed
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        yield sum(losses) / len(losses)


def kl(code: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    mean, logarithm, _ = code
    return 0.5 * (mean**2 + logarithm.exp() - 1 - logarithm).sum() / len(mean)
