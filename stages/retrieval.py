"""How often the training clip nearest to a test clip is of its class."""

from dataclasses import dataclass

from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import numbers
from stages.recognition import classes, footage, metrics, nearest_labels, per_cent, pretrained
from zsar.config.settings import Settings
from zsar.encoders.base import Footage
from zsar.encoders.umurl import UmURL
from zsar.study import Cell


@dataclass(frozen=True)
class Search:
    block: int  # clips on either side that are compared at once


def main(cell: Cell, settings: Settings) -> None:
    """Write the accuracy by the cosine of features, and by that of the bare coordinates."""
    where = device(settings)
    train, test = footage(cell, settings, where)
    network = pretrained(cell, settings, classes(train, test), where)
    search = settings.of("protocols", "retrieval", Search)
    raw = nearest_labels(
        train.skeletons.flatten(1), train.labels, test.skeletons.flatten(1), search.block
    )
    found = {"coordinates_1nn": per_cent(raw, test.labels)}
    numbers(metrics(cell, "retrieval.json"), retrieval(network, train, test, search) | found)


def retrieval(network: UmURL, train: Footage, test: Footage, search: Search) -> dict:
    features, exam = network.features(train.skeletons), network.features(test.skeletons)
    answers = nearest_labels(features, train.labels, exam, search.block)
    return {"retrieval_1nn": per_cent(answers, test.labels)}


if __name__ == "__main__":
    run(main)
