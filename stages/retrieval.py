"""How often the training clip nearest to a test clip has its class, over all classes."""

from stages.harness.run import run
from stages.harness.write import numbers
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import (
    RetrievalConfig,
    coordinate_retrieval,
    load_pretrained,
    load_sides,
    num_classes,
    retrieval,
)


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the accuracy by the cosine of features, and by that of the bare coordinates."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    encoder = load_pretrained(cell, settings, num_classes(train, test), device)
    config = settings.of("protocols", "retrieval", RetrievalConfig)
    coordinates = coordinate_retrieval(train, test, config)
    numbers(cell.metrics("retrieval.json"), retrieval(encoder, train, test, config) | coordinates)


if __name__ == "__main__":
    run(main, RecognitionCell)
