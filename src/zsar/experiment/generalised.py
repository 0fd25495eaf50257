"""Generalised metrics of a cell: rules are fitted in the validation phase, evaluated in test."""

from typing import Any

import numpy as np

from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, FeatureFile, ScoreFile, SplitFile, read
from zsar.evaluation import (
    CalibratedStacking,
    Gate,
    GateFeatures,
    ScoredClips,
    ausuc,
    harmonic_bootstrap_interval,
    mean_and_std,
    seen_and_unseen,
    select_gate,
    select_stacking,
)

Rules = dict[str, Gate | CalibratedStacking]


def generalised(cell: Cell, settings: Settings) -> dict[str, Any]:
    """For each rule the mean and deviation over seeds, and what was fitted for each seed."""
    seeds, rules = scored_clips(cell.in_phase("test"), settings), fitted(cell, settings)
    found = {name: _evaluated([rule[name] for rule in rules], seeds, settings) for name in rules[0]}
    found["stacking"] |= _over_seeds([ausuc(clips) for clips in seeds])
    return found


def _evaluated(
    rules: list[Gate | CalibratedStacking], seeds: list[ScoredClips], settings: Settings
) -> dict[str, Any]:
    """The numbers of a rule that was fitted for each seed; all seeds have the same clips."""
    predicted = [rule.predict(clips) for rule, clips in zip(rules, seeds, strict=True)]
    found = _over_seeds([seen_and_unseen(*pair) for pair in zip(predicted, seeds, strict=True)])
    found["harmonic_low"], found["harmonic_high"] = harmonic_bootstrap_interval(
        np.stack(predicted) == seeds[0].labels,
        seeds[0].labels,
        seeds[0].is_seen,
        settings.run.bootstrap,
    )
    return found | {"fitted": [rule.tuned for rule in rules]}


def fitted(cell: Cell, settings: Settings) -> list[Rules]:
    """The rules of each seed; of the test phase they know only the number of classes."""
    gate = settings.gate(cell.method)
    splits = [read(cell.in_phase(phase).split_file, SplitFile) for phase in PHASES]
    width = min(len(side) for split in splits for side in (split.seen, split.unseen))
    candidates = [GateFeatures(temperature, width) for temperature in gate.temperatures]
    return [
        {
            "gate": select_gate(clips, candidates, gate.threshold, gate.C),
            "stacking": select_stacking(clips),
        }
        for clips in scored_clips(cell.in_phase("validation"), settings)
    ]


def scored_clips(cell: Cell, settings: Settings) -> list[ScoredClips]:
    """The test clips of a phase, once for each seed, by the encoder and the method of that seed."""
    split = read(cell.split_file, SplitFile)
    rows = np.concatenate((split.test_seen, split.test_unseen))
    labels = read(cell.clips, ClipFile).labels[rows]
    found = []
    for each in (cell.with_seed(seed) for seed in settings.run.seeds):
        scores, logits = read(each.scores, ScoreFile), read(each.features, FeatureFile).seen_logits
        found.append(
            ScoredClips(labels, split.seen, split.unseen, scores.gate, scores.joint, logits[rows])
        )
    return found


def _over_seeds(rows: list[dict[str, float]]) -> dict[str, Any]:
    found = {}
    for name in rows[0]:
        found[name], found[f"{name}_std"] = mean_and_std([row[name] for row in rows])
    return found
