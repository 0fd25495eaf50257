"""How well an encoder does on a data set that it was not pre-trained on."""

import torch

from stages.finetune import FinetuneConfig, finetuned
from stages.harness.run import run
from stages.harness.write import numbers
from stages.linear import linear, summary
from stages.retrieval import Search, retrieval
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.errors import UserError
from zsar.experiment.inputs import device
from zsar.experiment.recognition import classes, labelled_clips, metrics, pretrained

PREFIX = "from_"


def main(cell: Cell, settings: Settings) -> None:
    """Write what the backbone is worth here that was pre-trained at the place of `from_PLACE`."""
    where = device(settings)
    train, test = labelled_clips(cell, settings, where)
    start = source(cell, settings)

    def network():
        return pretrained(start, there, classes(train, test), where)

    there = Settings({"encoders": {start.encoder: settings.values["sources"][start.place]}})
    search = settings.of("protocols", "retrieval", Search)
    tuning = settings.of("protocols", "finetune", FinetuneConfig).tuning
    probe = network().settings.probe
    found = linear(network(), train, test, probe, settings.run.seeds)
    found |= retrieval(network(), train, test, search)
    values = []
    for seed in settings.run.seeds:
        torch.manual_seed(seed)
        values.append(finetuned(network(), train, test, tuning, f"{cell.method}, seed {seed}"))
    found |= {"finetuned": summary(values), "source": start.place}
    numbers(metrics(cell, "transfer.json"), found)


def source(cell: Cell, settings: Settings) -> Cell:
    """Where the backbone was pre-trained: on a protocol of another data set."""
    place = cell.method.removeprefix(PREFIX)
    if not cell.method.startswith(PREFIX) or place not in settings.values["sources"]:
        names = ", ".join(PREFIX + each for each in settings.values["sources"])
        raise UserError(f"transfer {cell.method!r}, expected one of: {names}")
    return Cell.at(place, cell.phase)


if __name__ == "__main__":
    run(main)
