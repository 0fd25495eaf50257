"""How well an encoder does on a data set that it was not pre-trained on."""

import torch

from stages.finetune import Settings, finetuned
from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import numbers
from stages.linear import linear
from stages.recognition import classes, footage, metrics, pretrained
from stages.retrieval import Search, retrieval
from zsar.errors import Complaint
from zsar.learning.probe import Probe
from zsar.params import Params
from zsar.study import Cell

PREFIX = "from_"


def main(cell: Cell, params: Params) -> None:
    """Write what the backbone of the data set named `from_...` is worth here."""
    where = device(params)
    train, test = footage(cell, params, where)
    start = source(cell, params)

    def network():
        return pretrained(cell, params, classes(train, test), start, where)

    probe = params.of("recognition", "linear", cell.dataset, Probe)
    search = params.of("recognition", "retrieval", cell.dataset, Search)
    tuning = params.of("recognition", "finetune", cell.dataset, Settings).tuning
    found = linear(network(), train, test, probe, params.run.seeds)
    found |= retrieval(network(), train, test, search)
    torch.manual_seed(params.run.seeds[0])
    found["finetuned"] = finetuned(network(), train, test, tuning, cell.method)
    numbers(metrics(cell, f"{cell.method}.json"), found)


def source(cell: Cell, params: Params) -> Cell:
    """Where the backbone was pre-trained: on the official protocol of another data set."""
    name = cell.method.removeprefix(PREFIX)
    if not cell.method.startswith(PREFIX) or name not in params.datasets:
        names = ", ".join(PREFIX + each for each in params.datasets)
        raise Complaint(f"transfer from {cell.method!r}, expected one of: {names}")
    return Cell(name, params.datasets[name].protocol, cell.encoder, cell.phase)


if __name__ == "__main__":
    run(main, "encoder")
