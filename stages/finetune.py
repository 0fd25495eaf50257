"""How well an encoder does that goes on learning, with the labels of all training clips or few."""

from dataclasses import dataclass

import torch
from tqdm import tqdm

from stages.harness.run import run
from stages.harness.write import numbers
from stages.linear import summary
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.encoders.base import LabelledClips
from zsar.encoders.finetuning import FinetuningConfig, finetune
from zsar.encoders.umurl import UmURL
from zsar.experiment.inputs import device
from zsar.experiment.recognition import classes, labelled_clips, metrics, per_cent, pretrained
from zsar.learning.downstream import labelled_rows


@dataclass(frozen=True)
class FinetuneConfig:
    labels: tuple[float, ...]  # shares of the training clips of each class
    tuning: FinetuningConfig


def main(cell: Cell, settings: Settings) -> None:
    """Write the accuracy after the last epoch for each share of labels, over the seeds."""
    where = device(settings)
    train, test = labelled_clips(cell, settings, where)
    rules = settings.of("protocols", "finetune", FinetuneConfig)
    found = {}
    for share in rules.labels:
        values = []
        for seed in settings.run.seeds:
            torch.manual_seed(seed)
            rows = labelled_rows(train.labels, share)
            few = LabelledClips(train.skeletons[rows], train.labels[rows])
            network = pretrained(cell, settings, classes(train, test), where)
            values.append(
                finetuned(network, few, test, rules.tuning, f"{share:.0%} labels, seed {seed}")
            )
        found[f"{share:g}"] = summary(values) | {"clips": len(rows)}
    numbers(metrics(cell, "finetune.json"), {"finetuned": found})


def finetuned(
    network: UmURL, train: LabelledClips, test: LabelledClips, settings: FinetuningConfig, name: str
) -> float:
    for _ in tqdm(
        finetune(network, train, settings), desc=name, unit="epoch", total=settings.epochs
    ):
        pass
    return per_cent(network.classify(network.features(test.skeletons)).argmax(1), test.labels)


if __name__ == "__main__":
    run(main)
