"""Encoders with the weights that their authors released."""

import struct
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from zsar.encoders import encoder
from zsar.encoders.base import Encoder
from zsar.errors import Complaint

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which weights are kept
UNREADABLE = (  # what torch raises where a file is damaged or is something else
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    UnpicklingError,
    ValueError,
    struct.error,
)
SHOWN = 5  # names that the sentence of a complaint lists


class Misfit(Complaint):
    """Weights of another shape than asked for; `lines` name every weight that does not fit."""

    def __init__(self, sentence: str, lines: list[str]):
        super().__init__(sentence)
        self.lines = lines


def load_published(name: str, path: Path, settings: Any, classes: int | None = None) -> Encoder:
    """The encoder in the shape that `settings` give it, with every weight from the file.

    Its head tells as many classes apart as the one in the file. A file without a head gives the
    encoder an untaught one for so many `classes`.
    """
    weights = translated(name, path, settings)
    held = told_apart(weights)
    if not (count := held or classes):
        raise Complaint(f"{path} has no head; say for how many classes to make one")
    if classes not in (None, count):
        raise Complaint(f"{path} tells {count} classes apart, expected {classes}")
    return _filled(encoder(name)(count, settings), weights, path)


def body(name: str, path: Path, settings: Any) -> tuple[dict[str, Tensor], int]:
    """The weights without the head, as `start` takes them, and the classes that the head of the
    file tells apart; 0 where it has none."""
    weights = translated(name, path, settings)
    classes = told_apart(weights)
    made = _filled(encoder(name)(classes or 1, settings), weights, path)
    return made.body().state_dict(), classes


def told_apart(weights: Mapping[str, Tensor]) -> int:
    return next((len(weight) for name, weight in weights.items() if _of_head(name)), 0)


def translated(name: str, path: Path, settings: Any) -> dict[str, Tensor]:
    """What the file holds, under our names."""
    held = read(path)
    try:
        weights = import_module(f"zsar.encoders.{name}_weights").ours(held)
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
    except UNREADABLE as error:
        raise Complaint(f"{path} does not hold weights alone, so it was not read") from error
    for key in WRAPPERS:
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
    if not isinstance(held, Mapping) or not all(isinstance(each, Tensor) for each in held.values()):
        raise Complaint(f"{path} does not hold weights by name")
    return {str(key).removeprefix("module."): weight for key, weight in held.items()}


def _of_head(name: str) -> bool:
    return name.split(".")[0] in ("head", "heads")


def _filled(made: Encoder, weights: dict[str, Tensor], path: Path) -> Encoder:
    """The encoder with the weights; its own head stays where there is none among them."""
    own = {} if told_apart(weights) else {k: v for k, v in made.state_dict().items() if _of_head(k)}
    fit(made, own | weights, path)
    return made.eval()


def fit(made: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Load weights of which every name and every shape is as expected, and every number finite."""
    wanted = {key: tuple(value.shape) for key, value in made.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in weights.items()}
    both = sorted(wanted.keys() & found.keys())
    faults = {
        "missing": [f"{key} {wanted[key]}" for key in sorted(wanted.keys() - found.keys())],
        "not known": [f"{key} {found[key]}" for key in sorted(found.keys() - wanted.keys())],
        "of another shape": [
            f"{key} {found[key]} instead of {wanted[key]}"
            for key in both
            if found[key] != wanted[key]
        ],
        "not finite": [key for key in both if not weights[key].isfinite().all()],
    }
    said = [f"{len(names)} {fault} ({_some(names)})" for fault, names in faults.items() if names]
    if said:
        sentence = f"{path} does not fit the settings: {'; '.join(said)}"
        raise Misfit(sentence, [f"{fault}: {name}" for fault in faults for name in faults[fault]])
    made.load_state_dict(weights)


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
