"""What each departure from published code does to accuracy: our setting against the published one.

    python -m benchmarks.quirks [--cell demo/smie50/unseen5/stgcn] [METHOD ...]

Needs what `dvc repro` makes of the cell: clips, texts, the split, the encoder and its features. The
seeds are those of params.yaml, and a seed is the same training but for the setting. Gates are
compared for methods whose scores are there.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np

from zsar.cells import PHASES, Cell
from zsar.config.config import Config, load
from zsar.config.layers import merged
from zsar.config.settings import Settings
from zsar.data.artifacts import SplitFile, read
from zsar.evaluation import mean_and_std
from zsar.experiment import inputs
from zsar.experiment.alignment import UnseenEvaluation, train_and_select
from zsar.experiment.device import configure_torch, tensor
from zsar.experiment.generalised import generalised
from zsar.learning.world import Sizes
from zsar.reproducible import restart_pinned

ALIGNED = {
    "noise": "row",
    "output": "relu",
    "classifier.output": "relu",
    "classifier.start": "random",
}
QUIRKS: dict[str, dict[str, Any]] = {  # settings by method, and their published values
    "smie": {"negatives": "shifted", "normalise_at_test": False, "warmup_by": "epoch"},
    "revise": {
        "reconstruction": "relu",
        "ranking": "every_class",
        "contraction_learns": False,
        "text_decay": 1e-3,
    },
    "jpose": {
        "ranking": "every_class",
        "triplet_negatives": "any",
        "triplet_pairs": "all",
        "joint_decay": 1e-3,
    },
    "cada_vae": ALIGNED,
    "synse": ALIGNED,
    "msf": ALIGNED,
    "sa_dvae": ALIGNED,
    "flora": {"neighbours.among": "all", "sampled_at_test": True},
    "fs_vae": ALIGNED | {"calibration.negatives": "any"},
    "amsf": ALIGNED | {"normalise_at_test": False, "fused": "clip"},
    "pgfa": {"warmup_by": "epoch", "init": "kaiming_fan_out"},
    "star": {"augmented_at_test": True, "named": "all", "bodies": "scrambled"},
    "neuron": {"augmented_at_test": True, "answer": "either"},
    "purls": {"guide": "label"},
    "dyna_purls": {"network_at_test": "train", "guide": "label"},
    "skeleton_cache": {
        "order": "given",
        "cache.runner_up_below": 8,
        "cache.second_pass_above": 0.85,
    },
}
RECIPES: dict[str, dict[str, dict[str, Any]]] = {  # no quirks, but worth knowing
    "pgfa": {
        "as published: from scratch": {"encoder": "from_scratch"},
        "as meant: the temperature learnt": {"temperature_learnt": True},
    },
}
Accuracies = list[tuple[float, float]]  # of each seed: after the last epoch, and at best


def main() -> None:
    given = load()
    if given.params.run.reproducible:
        restart_pinned()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="METHOD", help=f"of: {', '.join(QUIRKS)}")
    parser.add_argument("--cell", default="demo/smie50/unseen5/stgcn")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(QUIRKS):
        parser.error(f"no published settings of {', '.join(unknown)}; know: {', '.join(QUIRKS)}")
    cells = [Cell.at(asked.cell, "test", name) for name in asked.names or QUIRKS]
    gates = given.files["evaluation"]["gates"]
    print(f"{asked.cell}, {len(given.params.run.seeds)} seeds\n")
    row("method", "published setting", "last epoch", "change", "best epoch on the test", "change")
    row(*6 * ["---"])
    for cell in cells:
        for texts in training(cell, given):
            row(*texts)
    print()
    row("method", *gates, "stacking")
    row(*(2 + len(gates)) * ["---"])
    for cell in cells:
        if all(cell.in_phase(phase).scores.exists() for phase in PHASES):
            row(cell.method, *harmonic(cell, given))


def row(*texts: str) -> None:
    print(f"| {' | '.join(texts)} |", flush=True)


def training(cell: Cell, given: Config) -> Iterator[tuple[str, ...]]:
    """Rows of a method: as we set it, and each of its variants."""
    ours = accuracies(cell, given, {})
    yield (cell.method, "none", *compared(ours, None))
    for name, changes in variants(cell.method).items():
        yield (cell.method, name, *compared(accuracies(cell, given, changes), ours))


def variants(method: str) -> dict[str, dict[str, Any]]:
    """Each published setting by itself, all together, and other recipes; by the names of rows."""
    quirks = QUIRKS[method]
    alone = {f"{name}: {value}": {name: value} for name, value in quirks.items()}
    together = {"all of these": quirks} if len(quirks) > 1 else {}
    return alone | together | RECIPES.get(method, {})


def accuracies(cell: Cell, given: Config, changes: dict[str, Any]) -> Accuracies:
    settings = settled(cell, given, changes)
    device, split = configure_torch(settings), read(cell.split_file, SplitFile)
    clips, text = (
        inputs.load_clips(cell, settings, device),
        inputs.load_text(cell, settings, device),
    )
    seen, novel = (clips[tensor(rows, device)] for rows in (split.train_seen, split.test_unseen))
    evaluation = UnseenEvaluation(novel, text, tensor(split.unseen, device))
    found: Accuracies = []
    for seed in settings.run.seeds:
        method = inputs.build_method(cell, settings, Sizes.of(clips, text), seed, device)
        title = f"{cell.method}, seed {seed}, {changes}"
        result = train_and_select(method, seen, evaluation, seed, None, title)
        found.append((100 * result.accuracies[-1], 100 * max(result.accuracies)))
    return found


def settled(cell: Cell, given: Config, changes: dict[str, Any], gate: str = "") -> Settings:
    """What the cell runs on, but with other settings of its method, and with this gate."""
    values = given.at(cell).values
    for name, value in changes.items():
        for key in reversed(name.split(".")):
            value = {key: value}
        values = merged(values, {"methods": {cell.method: value}})
    gates = {cell.method: given.files["evaluation"]["gates"][gate]} if gate else {}
    return Settings(merged(values, {"gates": gates, "text": given.params.text}))


def compared(these: Accuracies, ours: Accuracies | None) -> Iterator[str]:
    """Mean over seeds, and mean and deviation of what changes within a seed."""
    for look in range(2):
        values = [each[look] for each in these]
        yield f"{np.mean(values):.1f}"
        if ours is None:
            yield ""
            continue
        mean, deviation = mean_and_std([a - b[look] for a, b in zip(values, ours, strict=True)])
        yield f"{mean:+.1f} ± {deviation:.1f}"


def harmonic(cell: Cell, given: Config) -> Iterator[str]:
    """The harmonic mean with each gate, and with calibrated stacking."""
    for name in given.files["evaluation"]["gates"]:
        found = generalised(cell, settled(cell, given, {}, name))
        yield f"{found['gate']['harmonic']:.1f}"
    yield f"{found['stacking']['harmonic']:.1f}"


if __name__ == "__main__":
    main()
