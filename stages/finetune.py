"""How well an encoder does that goes on learning, with the labels of all training clips or few."""

from dataclasses import dataclass

import torch
from tqdm import tqdm

from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import numbers
from stages.linear import summary
from stages.recognition import classes, footage, metrics, per_cent, pretrained
from zsar.config.settings import Settings
from zsar.encoders.base import Footage
from zsar.encoders.finetuning import Tuning, tuned
from zsar.encoders.umurl import UmURL
from zsar.learning.labels import labelled
from zsar.study import Cell


@dataclass(frozen=True)
class FinetuneConfig:
    labels: tuple[float, ...]  # shares of the training clips of each class
    tuning: Tuning


def main(cell: Cell, settings: Settings) -> None:
    """Write the accuracy after the last epoch for each share of labels, over the seeds."""
    where = device(settings)
    train, test = footage(cell, settings, where)
    rules = settings.of("protocols", "finetune", FinetuneConfig)
    found = {}
    for share in rules.labels:
        values = []
        for seed in settings.run.seeds:
            torch.manual_seed(seed)
            rows = labelled(train.labels, share)
            few = Footage(train.skeletons[rows], train.labels[rows])
            network = pretrained(cell, settings, classes(train, test), where)
            values.append(
                finetuned(network, few, test, rules.tuning, f"{share:.0%} labels, seed {seed}")
            )
        found[f"{share:g}"] = summary(values) | {"clips": len(rows)}
    numbers(metrics(cell, "finetune.json"), {"finetuned": found})


def finetuned(network: UmURL, train: Footage, test: Footage, settings: Tuning, name: str) -> float:
    for _ in tqdm(tuned(network, train, settings), desc=name, unit="epoch", total=settings.epochs):
        pass
    return per_cent(network.classify(network.features(test.skeletons)).argmax(1), test.labels)


if __name__ == "__main__":
    run(main)
