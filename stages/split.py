"""Write which rows of a data set serve which purpose in a phase of a cell."""

from dataclasses import asdict

import numpy as np

from stages.division import with_texts
from stages.harness.run import run
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read, write
from zsar.facts import facts
from zsar.params import Params
from zsar.study import Cell


def main(cell: Cell, params: Params) -> None:
    """Write the classes of the phase, and its rows for training, holding out and testing."""
    clips = read(cell.clips, ClipFile)
    known = with_texts(facts(cell.dataset, params, clips.subjects), cell, params)
    group = protocols.classes(known, cell.split, cell.phase)
    origins = (clips.labels, clips.subjects, clips.cameras, clips.setups)
    protocol = known.splits[cell.split].protocol or params.datasets[cell.dataset].protocol
    rows = protocols.rows(
        *origins,
        dataset=known,
        protocol=protocol,
        split=cell.split,
        phase=cell.phase,
        held_out=params.held_out,
        reserved=params.reserved,
    )
    write(cell.classes, SplitFile(group.seen, group.unseen, **asdict(rows)))
    train = protocols.training(*origins, dataset=known, protocol=protocol, split=cell.split)
    # The validation phase tests on clips of the training side: not even unlabelled are they shown.
    shown = np.setdiff1d(train, np.concatenate((rows.test_seen, rows.test_unseen)))
    write(cell.training, TrainingFile(shown))


if __name__ == "__main__":
    run(main)
