"""Methods as a straightforward program trains them: a DataLoader, every loss read in its step."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
from zsar.learning.aligner import PGFAConfig

from benchmarks.plain_stgcn import PlainSTGCN
from zsar.learning.world import Clips, Text
from zsar.methods import smie as ours


def pgfa(seen: Clips, text: Text, settings: PGFAConfig) -> Iterator[float]:
    """End to end from scratch, with the default loss; yields the mean loss of each epoch."""
    device, words = seen.labels.device, F.normalize(text.pooled.mean(1), dim=1)
    encoder = PlainSTGCN(seen.encoder.settings)
    learner = nn.Sequential(encoder, nn.Linear(encoder.width, words.shape[1])).to(device)
    optimizer = torch.optim.SGD(
        learner.parameters(),
        settings.optimizer.lr,
        settings.optimizer.momentum,
        weight_decay=settings.optimizer.weight_decay,
    )
    dataset = TensorDataset(seen.skeletons.cpu(), seen.labels.cpu())
    loader = DataLoader(dataset, settings.batch_size, shuffle=True, drop_last=True)
    while True:
        losses = []
        for skeletons, labels in loader:
            labels = labels.to(device)
            motion = F.normalize(learner(skeletons.to(device)), dim=1)
            logits = motion @ words[labels].T / settings.temperature
            same = (labels[:, None] == labels).float()
            target = (settings.terms.sharpness * same).softmax(1)
            forth, back = (
                F.kl_div(each.log_softmax(1), target, reduction="batchmean")
                for each in (logits, logits.T)
            )
            losses.append(step(optimizer, (forth + back) / 2))
        yield sum(losses) / len(losses)


def smie(seen: Clips, text: Text, settings: ours.SMIEConfig) -> Iterator[float]:
    """As published: whole clips, too, pass through the frozen encoder in every step."""
    encoder = frozen(seen)
    dataset = TensorDataset(seen.skeletons.cpu(), seen.labels.cpu(), torch.arange(len(seen)))
    yield from _smie(seen, text, settings, dataset, encoder, lambda rows, clips: encoder(clips))


def smie_on_features(seen: Clips, text: Text, settings: ours.SMIEConfig) -> Iterator[float]:
    """The features of whole clips are at hand."""
    dataset = TensorDataset(seen.skeletons.cpu(), seen.labels.cpu(), torch.arange(len(seen)))
    yield from _smie(
        seen, text, settings, dataset, frozen(seen), lambda rows, clips: seen.features[rows]
    )


def _smie(seen, text, settings, dataset: Dataset, encoder, features) -> Iterator[float]:
    device, words = seen.labels.device, F.normalize(text.pooled.mean(1), dim=1)
    widths = (seen.features.shape[1] + words.shape[1], *settings.hidden)
    layers = [
        part
        for entering, leaving in pairwise(widths)
        for part in (nn.Linear(entering, leaving), nn.ReLU())
    ]
    critic = nn.Sequential(*layers, nn.Linear(widths[-1], 1)).to(device)
    optimizer = torch.optim.Adam(critic.parameters(), settings.optimizer.lr)
    loader = DataLoader(dataset, settings.batch_size, shuffle=True)

    def judged(motion: Tensor, told: Tensor) -> Tensor:
        return critic(torch.cat((F.layer_norm(motion, motion.shape[1:]), told), 1))

    while True:
        losses = []
        for skeletons, labels, rows in loader:
            skeletons, told = skeletons.to(device), words[labels.to(device)]
            with torch.no_grad():
                motion = features(rows, skeletons)
                dull = encoder(dulled(skeletons, settings))
            unknown = F.softplus(judged(motion.roll(-1, 0), told)).mean()
            information = -F.softplus(-judged(motion, told)).mean() - unknown
            less = -F.softplus(-judged(dull, told)).mean() - unknown
            gap = (settings.margin - (information - less)).clamp(min=0)
            losses.append(step(optimizer, settings.temporal * gap - information))
        yield sum(losses) / len(losses)


def dulled(skeletons: Tensor, settings: ours.SMIEConfig) -> Tensor:
    """Each clip with a few of its calm frames, the same choice among them for the whole batch."""
    moved = skeletons.diff(dim=2).square().mean((1, 3, 4))
    lively = F.pad(moved, (0, 1)) + F.pad(moved, (1, 0))
    calm = lively.argsort(1)[:, : settings.kept_frames].sort(1).values
    drawn = torch.randperm(settings.kept_frames)[: settings.drawn_frames].sort().values
    return torch.stack([clip[:, kept[drawn]] for clip, kept in zip(skeletons, calm, strict=True)])


def frozen(seen: Clips) -> nn.Module:
    encoder = PlainSTGCN(seen.encoder.settings).to(seen.labels.device)
    return encoder.eval().requires_grad_(False)


def step(optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
