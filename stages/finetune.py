"""The accuracy of encoders that are fine-tuned with the labels of all training clips or of few."""

from functools import partial
from itertools import product

from stages.harness.launch import run_trainings
from stages.harness.write import numbers
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import (
    FinetuneConfig,
    few_labels,
    finetuned,
    load_pretrained,
    load_sides,
    num_classes,
    seed_statistics,
)
from zsar.processes import Job, Report


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the accuracy after the last epoch for each share of labels, over the seeds."""
    config = settings.of("protocols", "finetune", FinetuneConfig)
    pairs = list(product(config.labels, settings.run.seeds))
    jobs = [
        Job(
            f"{share:.0%} of the labels, seed {seed}",
            partial(finetune, cell.with_seed(seed), settings, share),
            config.tuning.epochs,
        )
        for share, seed in pairs
    ]
    results = run_trainings(jobs, f"fine-tuning of {cell.key}", settings)
    found = {}
    for share in config.labels:
        own = [each for (its, _), each in zip(pairs, results, strict=True) if its == share]
        accuracies = [accuracy for accuracy, _ in own]
        found[f"{share:g}"] = seed_statistics(accuracies) | {"clips": own[-1][1]}
    numbers(cell.metrics("finetune.json"), {"finetuned": found})


def finetune(
    cell: RecognitionCell, settings: Settings, share: float, report: Report
) -> tuple[float, int]:
    """The accuracy of one seed, and how many labelled clips it was given."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    config = settings.of("protocols", "finetune", FinetuneConfig)
    few = few_labels(train, share, cell.seed)
    encoder = load_pretrained(cell, settings, num_classes(train, test), device)
    return finetuned(encoder, few, test, config.tuning, cell.seed, report), len(few)
