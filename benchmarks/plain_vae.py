"""Cross-aligned VAEs as a plain program trains them: with a new loader iterator in every step."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from zsar.fusion import fusion
from zsar.learning.world import Clips, Text
from zsar.methods.amsf import AMSFConfig
from zsar.vae.training import VAEConfig, loss_weights


def cada_vae(seen: Clips, text: Text, config: VAEConfig, encoder: None = None) -> Iterator[float]:
    """One text for each class; yields the mean loss of each cycle."""
    texts = F.normalize(text.pooled.mean(1), dim=1)
    yield from _cycles(seen.features, seen.labels, lambda labels: [texts[labels]], [], config)


def synse(seen: Clips, text: Text, config: VAEConfig, encoder: None = None) -> Iterator[float]:
    """Each text has its share of the latent."""
    texts = F.normalize(text.pooled, dim=2).unbind(1)
    motion, labels = seen.features, seen.labels
    yield from _cycles(motion, labels, lambda some: [each[some] for each in texts], [], config)


def msf(seen: Clips, text: Text, config: VAEConfig, encoder: None = None) -> Iterator[float]:
    """All texts of a class side by side."""
    texts = F.normalize(text.pooled.flatten(1), dim=1)
    yield from _cycles(seen.features, seen.labels, lambda labels: [texts[labels]], [], config)


def amsf(seen: Clips, text: Text, config: AMSFConfig, encoder: None = None) -> Iterator[float]:
    """The texts of every clip are fused."""
    fuse = fusion(*text.pooled.shape[1:], config.fusion).to(seen.labels.device)

    def text_of(labels: Tensor) -> list[Tensor]:
        return [F.normalize(fuse(text.pooled[labels]), dim=1)]

    motion, weights = F.normalize(seen.features, dim=1), list(fuse.parameters())
    yield from _cycles(motion, seen.labels, text_of, weights, config)


class GaussianEncoder(nn.Module):
    def __init__(self, width: int, latent: int):
        super().__init__()
        self.mean, self.logvar = nn.Linear(width, latent), nn.Linear(width, latent)

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, logvar = self.mean(given), self.logvar(given)
        return mean, logvar, mean + (0.5 * logvar).exp() * torch.randn_like(mean)


def _cycles(
    motion: Tensor,
    labels: Tensor,
    text_of: Callable[[Tensor], list[Tensor]],
    weights: list[nn.Parameter],
    config: VAEConfig,
) -> Iterator[float]:
    texts = text_of(labels[:1])
    width, share = texts[0].shape[1], config.latent // len(texts)
    encode = GaussianEncoder(motion.shape[1], config.latent)
    decode = nn.Linear(config.latent, motion.shape[1])
    text_encoders = nn.ModuleList(GaussianEncoder(width, share) for _ in texts)
    text_decoders = nn.ModuleList(nn.Linear(share, width) for _ in texts)
    model = nn.ModuleList((encode, decode, text_encoders, text_decoders)).to(motion.device)
    optimizer = torch.optim.Adam([*model.parameters(), *weights], config.optimizer.lr)
    dataset = TensorDataset(motion.cpu(), labels.cpu())
    loader = DataLoader(dataset, config.batch_size, shuffle=True)
    for cycle in range(config.schedule.cycles):
        losses = []
        for step in range(config.schedule.steps):
            now = loss_weights(config.schedule, cycle, step)
            clips, classes = (each.to(motion.device) for each in next(iter(loader)))
            texts = text_of(classes)
            code = encode(clips)
            codes = [each(text) for each, text in zip(text_encoders, texts, strict=True)]
            text_code = tuple(torch.cat(each, 1) for each in zip(*codes, strict=True))
            own = F.mse_loss(decode(code[2]), clips)
            own += text_error(text_decoders, text_code[2], texts)
            cross = F.mse_loss(decode(text_code[2]), clips)
            cross += text_error(text_decoders, code[2], texts)
            loss = own + now.motion_kl * kl(code) + now.text_kl * kl(text_code) + now.cross * cross
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        yield sum(losses) / len(losses)


def text_error(decoders: nn.ModuleList, latents: Tensor, texts: list[Tensor]) -> Tensor:
    """The reconstruction error of the texts, each from its share of the latents."""
    shares = latents.chunk(len(texts), 1)
    return sum(F.mse_loss(each(s), t) for each, s, t in zip(decoders, shares, texts, strict=True))


def kl(code: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    mean, logvar, _ = code
    return 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum() / len(mean)
