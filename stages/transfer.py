"""The accuracy of an encoder on a data set that it was not pre-trained on."""

import torch

from stages.harness.run import run
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
    retrieval,
    seed_statistics,
)


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write linear, nearest-neighbour and fine-tuning accuracy with the backbone of the source that
    `also.transfer` names."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    source, values = _source(settings)
    # The encoder has the shape that it has there.
    there = Settings({"encoders": {source.encoder: values}})

    def make():
        return load_pretrained(source, there, num_classes(train, test), device)

    config = settings.of("protocols", "retrieval", RetrievalConfig)
    tuning = settings.of("protocols", "finetune", FinetuneConfig).tuning
    found = linear_probe(make(), train, test, settings.run.seeds)
    found |= retrieval(make(), train, test, config)
    accuracies = []
    for seed in settings.run.seeds:
        torch.manual_seed(seed)
        title = f"from {source.key}, seed {seed}"
        accuracies.append(finetuned(make(), train, test, tuning, title))
    found |= {"finetuned": seed_statistics(accuracies), "source": source.key}
    numbers(cell.metrics("transfer.json"), found)


def _source(settings: Settings) -> tuple[RecognitionCell, dict]:
    """Where the backbone was pre-trained, and the settings of the encoder there."""
    sources = settings.values["sources"]
    if len(sources) != 1:
        raise UserError(f"params.yaml: also.transfer names {len(sources)} sources, expected one")
    ((key, values),) = sources.items()
    return RecognitionCell.at(key), values


if __name__ == "__main__":
    run(main, RecognitionCell)
