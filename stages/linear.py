"""How well a linear classifier tells all classes apart by the features of a frozen encoder."""

import torch

from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import numbers
from stages.recognition import classes, footage, metrics, pretrained
from zsar.config.settings import Settings
from zsar.encoders.base import Footage
from zsar.encoders.umurl import UmURL
from zsar.evaluation.answers import spread
from zsar.learning.probe import Probe, accuracy, probed
from zsar.study import Cell


def main(cell: Cell, settings: Settings) -> None:
    """Write the accuracy after the last epoch, and, as published, that of the best test epoch."""
    where = device(settings)
    train, test = footage(cell, settings, where)
    network = pretrained(cell, settings, classes(train, test), where)
    numbers(
        metrics(cell, "linear.json"),
        linear(network, train, test, network.settings.probe, settings.run.seeds),
    )


def linear(network: UmURL, train: Footage, test: Footage, probe: Probe, seeds: list[int]) -> dict:
    features, exam = network.features(train.skeletons), network.features(test.skeletons)
    last, best = [], []
    for seed in seeds:
        torch.manual_seed(seed)
        right = [
            100 * accuracy(network.head, exam, test.labels)
            for _ in probed(network.head, features, train.labels, probe)
        ]
        last.append(right[-1])
        best.append(max(right))
    return {"linear_last": summary(last), "linear_as_published": summary(best)}


def summary(values: list[float]) -> dict[str, float]:
    mean, deviation = spread(values)
    return {"mean": mean, "std": deviation}


if __name__ == "__main__":
    run(main)
