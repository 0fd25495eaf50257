"""How well an encoder does on a data set that it was not pre-trained on."""

import torch

from stages.finetune import Settings, finetuned
from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import numbers
from stages.linear import linear, summary
from stages.recognition import classes, footage, metrics, pretrained
from stages.retrieval import Search, retrieval
from zsar.errors import Complaint
from zsar.learning.probe import Probe
from zsar.params import Params
from zsar.study import Cell

PREFIX = "from_"


def main(cell: Cell, params: Params) -> None:
    """Write what the backbone of the place named `from_DATASET/PROTOCOL` is worth here."""
    where = device(params)
    train, test = footage(cell, params, where)
    start = source(cell, params)

    def network():
        return pretrained(start, params, classes(train, test), where)

    probe = params.of("recognition", "linear", cell.dataset, Probe)
    search = params.of("recognition", "retrieval", cell.dataset, Search)
    tuning = params.of("recognition", "finetune", cell.dataset, Settings).tuning
    found = linear(network(), train, test, probe, params.run.seeds)
    found |= retrieval(network(), train, test, search)
    values = []
    for seed in params.run.seeds:
        torch.manual_seed(seed)
        values.append(finetuned(network(), train, test, tuning, f"{cell.method}, seed {seed}"))
    found |= {"finetuned": summary(values), "source": start.place}
    numbers(metrics(cell, "transfer.json"), found)


def source(cell: Cell, params: Params) -> Cell:
    """Where the backbone was pre-trained: on a protocol of another data set."""
    place = cell.method.removeprefix(PREFIX)
    if not cell.method.startswith(PREFIX) or place not in params.study.recognition:
        names = ", ".join(PREFIX + each for each in params.study.recognition)
        raise Complaint(f"transfer {cell.method!r}, expected one of: {names}")
    return Cell.at(place, cell.phase)


if __name__ == "__main__":
    run(main, "encoder")
