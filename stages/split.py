"""Write which rows of a data set serve which purpose in a phase of a cell."""

from dataclasses import asdict

import numpy as np

from stages.division import with_split
from stages.harness.run import run
from stages.harness.write import numbers
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read, write
from zsar.data.protocols.sides import sides
from zsar.facts import facts
from zsar.params import Params
from zsar.study import Cell


def main(cell: Cell, params: Params) -> None:
    """Write the classes of the phase, and its rows for training, holding out and testing."""
    clips = read(cell.clips, ClipFile)
    known = with_split(facts(cell.dataset, params, clips.subjects), cell, params)
    group = protocols.classes(known, cell.split, cell.phase)
    origins = (clips.labels, clips.subjects, clips.cameras, clips.setups)
    protocol = params.datasets[cell.dataset].protocol
    rows = protocols.rows(
        *origins,
        dataset=known,
        protocol=protocol,
        split=cell.split,
        phase=cell.phase,
        held_out=params.held_out,
    )
    write(cell.classes, SplitFile(group.seen, group.unseen, **asdict(rows)))
    split = known.splits[cell.split]
    named = {"family": split.family, "published": split.published, "note": split.note}
    numbers(cell.split_facts, named)
    train = sides(*origins, dataset=known, protocol=protocol).train
    used = protocols.classes(known, cell.split, "test")
    train = train[np.isin(clips.labels[train], np.concatenate((used.seen, used.unseen)))]
    # The validation phase tests on clips of the training side: not even unlabelled are they shown.
    shown = np.setdiff1d(train, np.concatenate((rows.test_seen, rows.test_unseen)))
    write(cell.training, TrainingFile(shown))


if __name__ == "__main__":
    run(main)
