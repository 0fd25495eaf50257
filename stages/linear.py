"""The accuracy of a linear classifier on features of pre-trained encoders, over all classes."""

from stages.harness.launch import run_trainings, seed_jobs
from stages.harness.write import numbers
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import (
    linear_probe,
    load_pretrained,
    load_sides,
    num_classes,
    probe_epochs,
    seed_statistics,
)
from zsar.processes import Report


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the accuracy after the last epoch, and, as published, that of the best test epoch."""
    steps = probe_epochs(cell, settings)
    jobs = seed_jobs(probe, cell, settings, steps)
    found = run_trainings(jobs, f"linear classifier on {cell.key}", settings)
    names = found[0]
    means = {name: seed_statistics([each[name] for each in found]) for name in names}
    numbers(cell.metrics("linear.json"), means)


def probe(cell: RecognitionCell, settings: Settings, report: Report) -> dict[str, float]:
    """Of one seed."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    encoder = load_pretrained(cell, settings, num_classes(train, test), device)
    return linear_probe(encoder, train, test, cell.seed, report)
