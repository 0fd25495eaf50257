"""The accuracy of an encoder that is fine-tuned with the labels of all training clips or of few."""

from stages.harness.run import run
from stages.harness.write import numbers
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import (
    FinetuneConfig,
    finetuned_by_labels,
    load_pretrained,
    load_sides,
    num_classes,
)


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the accuracy after the last epoch for each share of labels, over the seeds."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    config = settings.of("protocols", "finetune", FinetuneConfig)

    def make():
        return load_pretrained(cell, settings, num_classes(train, test), device)

    found = finetuned_by_labels(make, train, test, config, settings.run.seeds)
    numbers(cell.metrics("finetune.json"), found)


if __name__ == "__main__":
    run(main, RecognitionCell)
