"""Score the test clips of a phase with the methods that were kept."""

import numpy as np
import torch
from safetensors.torch import load_file

from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ScoreFile, SplitFile, read, write
from zsar.experiment import inputs
from zsar.learning.world import Sizes


def main(cell: Cell, settings: Settings) -> None:
    """Write how well each test clip fits the unseen classes, and all classes, seed by seed."""
    where = inputs.device(settings)
    split = read(cell.classes, SplitFile)
    clips = inputs.clips(cell, settings, where)
    text = inputs.text(cell, settings, where)
    every = clips[inputs.tensor(np.concatenate((split.test_seen, split.test_unseen)), where)]
    novel = clips[inputs.tensor(split.test_unseen, where)]
    unseen = text[inputs.tensor(split.unseen, where)]
    both = text[inputs.tensor(np.concatenate((split.seen, split.unseen)), where)]
    found: dict[str, list[np.ndarray]] = {"zsl": [], "gate": [], "joint": []}
    for seed in settings.run.seeds:
        method = inputs.method(cell, settings, Sizes.of(clips, text), seed)
        method.load_state_dict(load_file(cell.fitted / f"{seed}.safetensors"))
        method.to(where)
        for name, shown, candidates in (
            ("zsl", novel, unseen),
            ("gate", every, unseen),
            ("joint", every, both),
        ):
            scores = inputs.scores(method, shown, candidates, seed)
            found[name].append(scores.to(torch.float32).cpu().numpy())
    stacked = {name: np.stack(each) for name, each in found.items()}
    write(cell.scores, ScoreFile(**stacked, transductive=np.array(method.transductive)))
