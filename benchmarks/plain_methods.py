"""Methods as a plain program trains them: with a DataLoader, reading every loss in its step."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks.plain_stgcn import PlainSTGCN
from zsar.encoders.base import Encoder
from zsar.learning.world import Clips, Text
from zsar.methods._end_to_end import PGFAConfig
from zsar.methods.smie import SMIEConfig


def pgfa(seen: Clips, text: Text, config: PGFAConfig, encoder: Encoder) -> Iterator[float]:
    """End to end from scratch, with the default loss; yields the mean loss of each epoch."""
    device, text_features = seen.labels.device, F.normalize(text.pooled.mean(1), dim=1)
    network = PlainSTGCN(encoder.config)
    learner = nn.Sequential(network, nn.Linear(network.width, text_features.shape[1])).to(device)
    optimizer = torch.optim.SGD(
        learner.parameters(),
        config.optimizer.lr,
        config.optimizer.momentum,
        weight_decay=config.optimizer.weight_decay,
    )
    dataset = TensorDataset(seen.skeletons.cpu(), seen.labels.cpu())
    loader = DataLoader(dataset, config.batch_size, shuffle=True, drop_last=True)
    while True:
        losses = []
        for skeletons, labels in loader:
            labels = labels.to(device)
            motion = F.normalize(learner(skeletons.to(device)), dim=1)
            logits = motion @ text_features[labels].T / config.temperature
            same = (labels[:, None] == labels).float()
            target = (config.terms.sharpness * same).softmax(1)
            forth, back = (
                F.kl_div(each.log_softmax(1), target, reduction="batchmean")
                for each in (logits, logits.T)
            )
            losses.append(step(optimizer, (forth + back) / 2))
        yield sum(losses) / len(losses)


def smie(seen: Clips, text: Text, config: SMIEConfig, encoder: Encoder) -> Iterator[float]:
    """As published: full clips, too, pass through the frozen encoder in every step."""
    network = frozen(seen, encoder)
    dataset = TensorDataset(seen.skeletons.cpu(), seen.labels.cpu(), torch.arange(len(seen)))
    yield from _smie(seen, text, config, dataset, network, lambda rows, clips: network(clips))


def smie_on_features(
    seen: Clips, text: Text, config: SMIEConfig, encoder: Encoder
) -> Iterator[float]:
    """The features of full clips are precomputed."""
    dataset = TensorDataset(seen.skeletons.cpu(), seen.labels.cpu(), torch.arange(len(seen)))
    yield from _smie(
        seen, text, config, dataset, frozen(seen, encoder), lambda rows, clips: seen.features[rows]
    )


def _smie(seen, text, config, dataset: Dataset, network, features) -> Iterator[float]:
    device, text_features = seen.labels.device, F.normalize(text.pooled.mean(1), dim=1)
    widths = (seen.features.shape[1] + text_features.shape[1], *config.hidden)
    layers = [
        part
        for entering, leaving in pairwise(widths)
        for part in (nn.Linear(entering, leaving), nn.ReLU())
    ]
    critic = nn.Sequential(*layers, nn.Linear(widths[-1], 1)).to(device)
    optimizer = torch.optim.Adam(critic.parameters(), config.optimizer.lr)
    loader = DataLoader(dataset, config.batch_size, shuffle=True)

    def critic_logits(features: Tensor, text: Tensor) -> Tensor:
        return critic(torch.cat((F.layer_norm(features, features.shape[1:]), text), 1))

    while True:
        losses = []
        for skeletons, labels, rows in loader:
            skeletons, own_text = skeletons.to(device), text_features[labels.to(device)]
            with torch.no_grad():
                motion = features(rows, skeletons)
                low = network(low_motion(skeletons, config))
            unpaired = F.softplus(critic_logits(motion.roll(-1, 0), own_text)).mean()
            information = -F.softplus(-critic_logits(motion, own_text)).mean() - unpaired
            low_information = -F.softplus(-critic_logits(low, own_text)).mean() - unpaired
            gap = (config.margin - (information - low_information)).clamp(min=0)
            losses.append(step(optimizer, config.temporal * gap - information))
        yield sum(losses) / len(losses)


def low_motion(skeletons: Tensor, config: SMIEConfig) -> Tensor:
    """Some low-motion frames of each clip, the same choice among them for the whole batch."""
    moved = skeletons.diff(dim=2).square().mean((1, 3, 4))
    energy = F.pad(moved, (0, 1)) + F.pad(moved, (1, 0))
    kept_frames = energy.argsort(1)[:, : config.kept_frames].sort(1).values
    drawn = torch.randperm(config.kept_frames)[: config.drawn_frames].sort().values
    return torch.stack(
        [clip[:, kept[drawn]] for clip, kept in zip(skeletons, kept_frames, strict=True)]
    )


def frozen(seen: Clips, encoder: Encoder) -> nn.Module:
    network = PlainSTGCN(encoder.config).to(seen.labels.device)
    return network.eval().requires_grad_(False)


def step(optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
