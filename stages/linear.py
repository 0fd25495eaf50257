"""The accuracy of a linear classifier on features of a pre-trained encoder, over all classes."""

from stages.harness.run import run
from stages.harness.write import numbers
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import linear_probe, load_pretrained, load_sides, num_classes


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the accuracy after the last epoch, and, as published, that of the best test epoch."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    encoder = load_pretrained(cell, settings, num_classes(train, test), device)
    numbers(cell.metrics("linear.json"), linear_probe(encoder, train, test, settings.run.seeds))


if __name__ == "__main__":
    run(main, RecognitionCell)
