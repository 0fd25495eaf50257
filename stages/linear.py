"""How well a linear classifier tells all classes apart by the features of a frozen encoder."""

import torch

from stages.harness.run import run
from stages.harness.write import numbers
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.encoders.base import LabelledClips
from zsar.encoders.umurl import UmURL
from zsar.evaluation.accuracy import spread
from zsar.experiment.inputs import device
from zsar.experiment.recognition import classes, labelled_clips, metrics, pretrained
from zsar.learning.downstream import ProbeConfig, probe_accuracy, train_probe


def main(cell: Cell, settings: Settings) -> None:
    """Write the accuracy after the last epoch, and, as published, that of the best test epoch."""
    where = device(settings)
    train, test = labelled_clips(cell, settings, where)
    network = pretrained(cell, settings, classes(train, test), where)
    numbers(
        metrics(cell, "linear.json"),
        linear(network, train, test, network.settings.probe, settings.run.seeds),
    )


def linear(
    network: UmURL, train: LabelledClips, test: LabelledClips, probe: ProbeConfig, seeds: list[int]
) -> dict:
    features, exam = network.features(train.skeletons), network.features(test.skeletons)
    last, best = [], []
    for seed in seeds:
        torch.manual_seed(seed)
        right = [
            100 * probe_accuracy(network.head, exam, test.labels)
            for _ in train_probe(network.head, features, train.labels, probe)
        ]
        last.append(right[-1])
        best.append(max(right))
    return {"linear_last": summary(last), "linear_as_published": summary(best)}


def summary(values: list[float]) -> dict[str, float]:
    mean, deviation = spread(values)
    return {"mean": mean, "std": deviation}


if __name__ == "__main__":
    run(main)
