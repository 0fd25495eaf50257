"""How often the training clip nearest to a test clip has its class, over all classes."""

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
    seed_statistics,
)


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the accuracy by the cosine of features, and by that of the bare coordinates."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    config = settings.of("protocols", "retrieval", RetrievalConfig)
    found = []
    for seed in settings.run.seeds:
        here = cell.with_seed(seed)
        encoder = load_pretrained(here, settings, num_classes(train, test), device)
        found.append(retrieval(encoder, train, test, config))
    coordinates = coordinate_retrieval(train, test, config)
    shown = {"retrieval_1nn": seed_statistics(found), "coordinates_1nn": coordinates}
    numbers(cell.metrics("retrieval.json"), shown)
