"""Encoders with the weights that their authors released."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from zsar.encoders import encoder
from zsar.encoders.base import Encoder
from zsar.errors import Complaint

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which weights are kept
SHOWN = 5  # names that a complaint lists


def load_published(name: str, path: Path, settings: Any, classes: int | None = None) -> Encoder:
    """The encoder in the shape that `settings` give it, with every weight from the file.

    Its head tells as many classes apart as the one in the file. A file without a head gives the
    encoder an untaught one for so many `classes`.
    """
    weights = translated(name, path, settings)
    heads = {key: len(weight) for key, weight in weights.items() if _of_head(key)}
    count = next(iter(heads.values()), classes)
    if count is None:
        raise Complaint(f"{path} has no head; say for how many classes to make one")
    if classes not in (None, count):
        raise Complaint(f"{path} tells {count} classes apart, expected {classes}")
    made = encoder(name)(count, settings)
    fresh = {} if heads else {k: v for k, v in made.state_dict().items() if _of_head(k)}
    _fit(made, weights | fresh, path)
    return made.eval()


def translated(name: str, path: Path, settings: Any) -> dict[str, Tensor]:
    """What the file holds, under our names."""
    try:
        weights = import_module(f"zsar.encoders.{name}_weights").ours(read(path))
    except ValueError as error:
        raise Complaint(f"{path}: {error}") from error
    streams = list(getattr(settings, "streams", {"": 1.0}))
    if len(streams) != 1:
        raise Complaint(f"{path} holds one stream, but the settings name {', '.join(streams)}")
    return {key.replace("*", streams[0]): weight for key, weight in weights.items()}


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, out of whatever they are wrapped in."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise Complaint(f"{path}: no such file") from error
    except (UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        raise Complaint(f"{path} does not hold weights alone, so it was not read") from error
    for key in WRAPPERS:
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
    if not isinstance(held, Mapping) or not all(isinstance(each, Tensor) for each in held.values()):
        raise Complaint(f"{path} does not hold weights by name")
    return {str(key).removeprefix("module."): weight for key, weight in held.items()}


def _of_head(name: str) -> bool:
    return name.split(".")[0] in ("head", "heads")


def _fit(made: Encoder, weights: dict[str, Tensor], path: Path) -> None:
    wanted = {key: tuple(value.shape) for key, value in made.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in weights.items()}
    faults = {
        "missing": sorted(wanted.keys() - found.keys()),
        "not known": sorted(found.keys() - wanted.keys()),
        "of another shape": [
            f"{key} {found[key]} instead of {wanted[key]}"
            for key in wanted
            if key in found and found[key] != wanted[key]
        ],
    }
    said = [f"{len(names)} {fault} ({_some(names)})" for fault, names in faults.items() if names]
    if said:
        raise Complaint(f"{path} does not fit the settings: {'; '.join(said)}")
    made.load_state_dict(weights)


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
