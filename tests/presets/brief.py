"""Studies with fewer cells, and trainings of an epoch or a few steps."""

import re
from collections.abc import Callable, Iterable
from typing import Any

FAMILY = ("cada_vae", "synse", "msf", "amsf", "fs_vae")
CHANGES = {
    "text": "minilm",
    "run.threads": 1,
    "run.bootstrap": 20,
    "encoders.stgcn.channels": "[8,8]",
    "encoders.stgcn.strides": "[1,2]",
    "encoders.stgcn.training.epochs": 1,
    "encoders.stgcn.training.batch_size": 64,
    "encoders.shift_gcn.channels": "[8,8]",
    "encoders.shift_gcn.strides": "[2,2]",
    "encoders.shift_gcn.training.epochs": 1,
    "encoders.shift_gcn.training.batch_size": 64,
    "encoders.umurl.width": 16,
    "encoders.umurl.frames": 16,
    "encoders.umurl.pretraining.projection": 32,
    "encoders.umurl.pretraining.epochs": 1,
    "encoders.umurl.pretraining.batch_size": 32,
    "encoders.umurl.probe.epochs": 2,
    "protocols.finetune.labels": "[1.0]",
    "protocols.finetune.tuning.epochs": 1,
    "methods.smie.hidden": "[16]",
    "methods.relation_net.hidden": "[16]",
    **{
        f"methods.{name}.epochs": 1
        for name in ("devise", "global_clip", "relation_net", "revise", "jpose", "smie")
    },
    **{
        f"methods.{name}.epochs": 1
        for name in ("pgfa", "pgfa_aligned", "star", "neuron", "purls", "dyna_purls", "sa_dvae")
    },
    "methods.sa_dvae.classifier.samples": 2,
    "methods.sa_dvae.classifier.steps": 2,
    "methods.flora.tokens": 8,
    "methods.flora.latent": 16,
    "methods.flora.heads": 2,
    "methods.flora.schedule.alignment_steps": 2,
    "methods.flora.schedule.cycles": 1,
    "methods.flora.schedule.steps": 1,
    **{
        f"methods.{name}.{key}": value
        for name in ("tdsm", "fdsm")
        for key, value in {
            "tokens": 8,
            "network.width": 16,
            "network.depth": 1,
            "network.heads": 2,
            "schedule.cycles": 1,
            "schedule.steps": 2,
        }.items()
    },
    **{
        f"methods.{name}.{key}": value
        for name in FAMILY
        for key, value in {
            "latent": 8,
            "schedule.cycles": 1,
            "schedule.steps": 2,
            "schedule.cross_after": 0,
            "classifier.samples": 2,
            "classifier.steps": 2,
        }.items()
    },
}
ABSENT = ("uwa3dii/",)
RANDOM = re.compile(r"^ntu120/\w+/\w+_\d+/")  # their mean was printed
Cut = Callable[[list[str]], list[str]]


def options() -> list[str]:
    return ["--seeds", "1", *(f"--set={name}={value}" for name, value in CHANGES.items())]


def whole(cells: list[str]) -> list[str]:
    return cells


def first(cells: list[str]) -> list[str]:
    return cells[:1]


def kinds(cells: list[str]) -> list[str]:
    """Few cells with every data set, kind of split and encoder, and all random splits of one."""
    kept: list[str] = []
    while missing := _traits(cells) - _traits(kept):
        kept.append(max(cells, key=lambda cell: len(_traits([cell]) & missing)))
    return [cell for cell in cells if cell in kept or RANDOM.search(cell)]


def reduced(study: dict[str, Any], cut: Cut) -> dict[str, Any]:
    """The study with few cells, none of them of recordings that there is no stand-in for."""

    def there(cells: list[str]) -> list[str]:
        return [cell for cell in cells if not cell.startswith(ABSENT)]

    return study | {"runs": [each | {"cells": cut(there(each["cells"]))} for each in study["runs"]]}


def _traits(cells: Iterable[str]) -> set[tuple[int, str]]:
    """Where in the name of a cell a word stands, without the number of a split."""
    return {
        (place, re.sub(r"\d+$", "", word) if place == 2 else word)
        for cell in cells
        for place, word in enumerate(cell.split("/"))
    }
