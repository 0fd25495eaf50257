"""Generalised metrics of a cell: rules are fitted in the validation phase, evaluated in test."""

from typing import Any

import numpy as np

from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, FeatureFile, ScoreFile, SplitFile, read
from zsar.evaluation import (
    Gate,
    GateFeatures,
    Stacking,
    Trial,
    ausuc,
    balance,
    fitted_gate,
    fitted_stacking,
    harmonic_interval,
    spread,
)

Rules = dict[str, Gate | Stacking]


def generalised(cell: Cell, settings: Settings) -> dict[str, Any]:
    """For each rule the mean and deviation over seeds, and what was fitted for each seed."""
    test, rules = trials(cell.in_phase("test")), fitted(cell, settings)
    found = {name: _evaluated([rule[name] for rule in rules], test, settings) for name in rules[0]}
    found["stacking"] |= _over_seeds([ausuc(trial) for trial in test])
    return found


def _evaluated(
    rules: list[Gate | Stacking], test: list[Trial], settings: Settings
) -> dict[str, Any]:
    """The metrics of a rule that was fitted for each seed; all seeds have the same test clips."""
    answers = [rule.answers(trial) for rule, trial in zip(rules, test, strict=True)]
    found = _over_seeds([balance(*pair) for pair in zip(answers, test, strict=True)])
    right = np.stack(answers) == test[0].labels
    found["harmonic_low"], found["harmonic_high"] = harmonic_interval(
        right, test[0].is_seen, settings.run.bootstrap, settings.run.seeds[0]
    )
    return found | {"fitted": [rule.tuned for rule in rules]}


def fitted(cell: Cell, settings: Settings) -> list[Rules]:
    """The rules of each seed; of the test phase only the number of classes is used."""
    rule = settings.gate(cell.method)
    splits = [read(cell.in_phase(phase).split_file, SplitFile) for phase in PHASES]
    width = min(len(side) for split in splits for side in (split.seen, split.unseen))
    views = [GateFeatures(temperature, width) for temperature in rule.temperatures]
    return [
        {
            "gate": fitted_gate(trial, views, rule.threshold, rule.strength),
            "stacking": fitted_stacking(trial),
        }
        for trial in trials(cell.in_phase("validation"))
    ]


def trials(cell: Cell) -> list[Trial]:
    """The test clips of a phase, a trial per seed."""
    split, scores = read(cell.split_file, SplitFile), read(cell.scores, ScoreFile)
    rows = np.concatenate((split.test_seen, split.test_unseen))
    labels = read(cell.clips, ClipFile).labels[rows]
    logits = read(cell.features, FeatureFile).seen_logits[rows]
    return [
        Trial(labels, split.seen, split.unseen, gate, joint, logits)
        for gate, joint in zip(scores.gate, scores.joint, strict=True)
    ]


def _over_seeds(rows: list[dict[str, float]]) -> dict[str, Any]:
    found = {}
    for name in rows[0]:
        found[name], found[f"{name}_std"] = spread([row[name] for row in rows])
    return found
