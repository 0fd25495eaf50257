"""How often the training clip nearest to a test clip is of its class."""

from dataclasses import dataclass

from stages.harness.run import run
from stages.harness.write import numbers
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.encoders.base import LabelledClips
from zsar.encoders.umurl import UmURL
from zsar.experiment.inputs import device
from zsar.experiment.recognition import (
    classes,
    labelled_clips,
    metrics,
    nearest_labels,
    per_cent,
    pretrained,
)


@dataclass(frozen=True)
class Search:
    block: int  # clips on either side that are compared at once


def main(cell: Cell, settings: Settings) -> None:
    """Write the accuracy by the cosine of features, and by that of the bare coordinates."""
    where = device(settings)
    train, test = labelled_clips(cell, settings, where)
    network = pretrained(cell, settings, classes(train, test), where)
    search = settings.of("protocols", "retrieval", Search)
    raw = nearest_labels(
        train.skeletons.flatten(1), train.labels, test.skeletons.flatten(1), search.block
    )
    found = {"coordinates_1nn": per_cent(raw, test.labels)}
    numbers(metrics(cell, "retrieval.json"), retrieval(network, train, test, search) | found)


def retrieval(network: UmURL, train: LabelledClips, test: LabelledClips, search: Search) -> dict:
    features, exam = network.features(train.skeletons), network.features(test.skeletons)
    answers = nearest_labels(features, train.labels, exam, search.block)
    return {"retrieval_1nn": per_cent(answers, test.labels)}


if __name__ == "__main__":
    run(main)
