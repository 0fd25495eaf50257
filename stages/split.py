"""Write the classes of a split in both phases, and the rows that train, are held out and test."""

from dataclasses import asdict

import numpy as np

from stages.harness.write import numbers
from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings, without_layers
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read, write
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.experiment.check_numbers import check_unseen_clips
from zsar.experiment.splits import with_split


def main(cell: Cell, settings: Settings) -> None:
    """Write the classes of each phase, and its rows for training, holding out and testing."""
    for phase in PHASES:
        split_phase(cell.in_phase(phase), settings)


def split_phase(cell: Cell, settings: Settings) -> None:
    clips = read(cell.clips, ClipFile)
    known = with_split(dataset_info(cell.dataset, settings.dataset, clips.subjects), cell, settings)
    name = without_layers(cell.split)
    group = protocols.classes(known, name, cell.phase)
    protocol = known.splits[name].fixed_protocol or settings.dataset.protocol
    splitting = settings.splitting
    rows = protocols.rows(
        clips.origins,
        dataset=known,
        protocol=protocol,
        split=name,
        phase=cell.phase,
        held_out=splitting.held_out,
        reserved=splitting.reserved,
    )
    if splitting.held_out and not len(rows.held_seen) and protocol != "parts":
        raise UserError(
            f"{cell.dataset}/{cell.split} ({cell.phase}): held_out is"
            f" {splitting.held_out:g}, but no class has a clip to spare; expected"
            " more training clips, or -S splits.zero_shot.held_out=0"
        )
    found = SplitFile(group.seen, group.unseen, **asdict(rows))
    if cell.phase == "test":
        at = f"{cell.dataset}/{cell.split}"
        check_unseen_clips(found, np.asarray(clips.labels), known.classes, at)
    write(cell.split_file, found)
    split = known.splits[name]
    named = {"family": split.family, "published": split.published, "note": split.note}
    numbers(cell.split_info, named)
    train = protocols.training(clips.origins, dataset=known, protocol=protocol, split=name)
    used = protocols.classes(known, name, "test")
    train = train[np.isin(clips.labels[train], np.concatenate((used.seen, used.unseen)))]
    # The validation phase tests on clips of the training side; these are not shown even unlabelled.
    shown = np.setdiff1d(train, np.concatenate((rows.test_seen, rows.test_unseen)))
    write(cell.training, TrainingFile(shown))
