"""The accuracy of encoders on a data set that they were not pre-trained on."""

from typing import Any

from stages.harness.launch import run_trainings, seed_jobs
from stages.harness.write import numbers
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.errors import UserError
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import (
    FinetuneConfig,
    RetrievalConfig,
    finetuned,
    linear_probe,
    load_pretrained,
    load_sides,
    num_classes,
    probe_epochs,
    retrieval,
    seed_statistics,
)
from zsar.processes import Report


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write linear, nearest-neighbour and fine-tuning accuracy with the backbone of the source that
    `also.transfer` names."""
    source, there = _source(settings)
    tuning = settings.of("protocols", "finetune", FinetuneConfig).tuning
    steps = probe_epochs(source, there) + tuning.epochs
    jobs = seed_jobs(transfer, cell, settings, steps)
    results = run_trainings(jobs, f"{source.key} on {cell.dataset}", settings)
    found: dict[str, Any] = {
        name: seed_statistics([each[name] for each in results]) for name in results[0]
    }
    numbers(cell.metrics("transfer.json"), found | {"source": source.key})


def transfer(cell: RecognitionCell, settings: Settings, report: Report) -> dict[str, float]:
    """Of one seed, here and there."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    source, there = _source(settings)
    count, seed = num_classes(train, test), cell.seed

    def make():
        return load_pretrained(source.with_seed(seed), there, count, device)

    config = settings.of("protocols", "retrieval", RetrievalConfig)
    tuning = settings.of("protocols", "finetune", FinetuneConfig).tuning
    found = linear_probe(make(), train, test, seed, report)
    found["retrieval_1nn"] = retrieval(make(), train, test, config)
    found["finetuned"] = finetuned(make(), train, test, tuning, seed, report)
    return found


def _source(settings: Settings) -> tuple[RecognitionCell, Settings]:
    """Where the backbone was pre-trained, and the settings of the encoder there: it has the shape
    that it has there."""
    sources = settings.values["sources"]
    if len(sources) != 1:
        raise UserError(f"params.yaml: also.transfer names {len(sources)} sources, expected one")
    ((key, values),) = sources.items()
    source = RecognitionCell.at(key)
    return source, Settings({"encoders": {source.encoder: values}})
