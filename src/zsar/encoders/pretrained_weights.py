"""Weights that encoders start from: as their authors released them, or imported into a file that is
named after what it holds."""

import struct
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from zsar.atomic import atomic_write
from zsar.encoders import encoder
from zsar.encoders.base import Encoder
from zsar.errors import UserError

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which weights are kept
UNREADABLE = (  # what torch raises where a file is damaged or is something else
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SystemError,
    TypeError,
    UnpicklingError,
    ValueError,
    struct.error,
)
# Numbers that every operation here takes; float8 and complex ones have no `isfinite` or no order.
PLAIN = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
)
SHOWN = 5  # names that an error lists


class WeightMismatchError(UserError):
    """Weights of another shape than asked for; `lines` name every weight that does not fit."""

    def __init__(self, sentence: str, lines: list[str]):
        super().__init__(sentence)
        self.lines = lines


def load_published(name: str, path: Path, settings: Any, classes: int | None = None) -> Encoder:
    """The encoder in the shape that `settings` give it, with every weight from the file.

    Its head has as many classes as the one in the file; without one, it is an untrained head for
    `classes`.
    """
    weights = translated(name, path, settings)
    held = _classes_in(weights, path)
    if not (count := held or classes):
        raise UserError(f"{path} has no head; say for how many classes to make one")
    if classes not in (None, count):
        raise UserError(f"{path} has a head for {count} classes, expected {classes}")
    return _filled(encoder(name)(count, settings), weights, path)


def backbone_weights(name: str, path: Path, settings: Any) -> tuple[dict[str, Tensor], int]:
    """The weights without the head, as `load_backbone` takes them, and the number of classes of the
    head in the file; 0 without one."""
    weights = translated(name, path, settings)
    classes = _classes_in(weights, path)
    made = _filled(encoder(name)(classes or 1, settings), weights, path)
    return made.backbone().state_dict(), classes


def num_classes(weights: Mapping[str, Tensor]) -> int:
    heads = [(name, weight) for name, weight in weights.items() if _of_head(name)]
    if single := [name for name, weight in heads if weight.ndim == 0 or not len(weight)]:
        raise UserError(f"{single[0]} holds no row for each class")
    return len(heads[0][1]) if heads else 0


def _classes_in(weights: Mapping[str, Tensor], path: Path) -> int:
    try:
        return num_classes(weights)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def translated(name: str, path: Path, settings: Any) -> dict[str, Tensor]:
    """What the file holds, under our names."""
    held = read_checkpoint(path)
    try:
        weights = encoder(name).from_published(held)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"{path} does not hold the weights of {name} ({said})") from error
    streams = list(getattr(settings, "streams", {"": 1.0}))
    if len(streams) != 1:
        raise UserError(f"{path} holds one stream, but the settings name {', '.join(streams)}")
    return {key.replace("*", streams[0]): weight for key, weight in weights.items()}


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, out of whatever they are wrapped in."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except UNREADABLE as error:
        raise UserError(f"{path} does not hold weights alone, so it was not read") from error
    for key in WRAPPERS:
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
    if not isinstance(held, Mapping) or not all(isinstance(each, Tensor) for each in held.values()):
        raise UserError(f"{path} does not hold weights by name")
    for key, weight in held.items():
        if mistake := _no_plain_array(weight):
            raise UserError(f"{path}: {str(key)!r} is {mistake}, expected plain numbers")
    return {str(key).removeprefix("module."): weight for key, weight in held.items()}


def _no_plain_array(weight: Tensor) -> str:
    """What a tensor is instead of numbers that all stand in the file; nothing where they do."""
    if weight.is_nested or weight.layout != torch.strided or weight.is_quantized:
        return "nested, sparse or quantized"
    if weight.device.type != "cpu":
        return f"on the device {weight.device.type}, without its numbers"
    if weight.dtype not in PLAIN:
        return f"of {weight.dtype}"
    if weight.numel() * weight.element_size() > weight.untyped_storage().nbytes():
        return f"{tuple(weight.shape)} numbers, more than the file holds"
    return ""


def _of_head(name: str) -> bool:
    return name.split(".")[0] in ("head", "heads")


def _filled(made: Encoder, weights: dict[str, Tensor], path: Path) -> Encoder:
    """The encoder with the weights; its own head stays where there is none among them."""
    own = (
        {} if num_classes(weights) else {k: v for k, v in made.state_dict().items() if _of_head(k)}
    )
    load_weights(made, own | weights, path)
    return made.eval()


def load_weights(made: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
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
        raise WeightMismatchError(
            sentence, [f"{fault}: {name}" for fault in faults for name in faults[fault]]
        )
    made.load_state_dict(weights)


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


DIGITS = 12  # of the digest in the name; with other weights the settings that name it change too


def save(weights: Mapping[str, Tensor], classes: int, name: str, folder: Path) -> Path:
    """Write the weights with the number of classes that the network was trained for."""
    from safetensors.torch import save

    plain = {key: weight.contiguous() for key, weight in weights.items()}
    content = save(plain, {"classes": str(classes)})
    path = folder / f"{name}-{_digest(content)}.safetensors"
    with atomic_write(path) as draft:
        draft.write_bytes(content)
    return path


def load_backbone(network: Encoder, path: Path) -> int:
    """Load the weights; return for how many classes they were trained, 0 if unknown."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load

    if not path.is_file():
        raise UserError(f"{path}: no such file; `zsar import-weights` makes it")
    content = path.read_bytes()
    if not path.stem.endswith(f"-{_digest(content)}"):
        raise UserError(f"{path} is not as it was imported; run `zsar import-weights` again")
    try:
        load_weights(network.backbone(), load(content), path)
        with safe_open(path, "pt") as file:
            classes = (file.metadata() or {}).get("classes", "0")
    except SafetensorError as error:
        raise UserError(f"{path} holds no weights ({error})") from error
    if not classes.isdecimal():
        raise UserError(f"{path} says that it has {classes!r} classes, expected a number")
    return int(classes)


def check_num_classes(classes: int, seen: int, unseen: int, path: Path) -> None:
    """Refuse weights of another number of classes than the split has seen; published heads have the
    seen classes or all."""
    if classes not in (0, seen, seen + unseen):
        raise UserError(
            f"{path} was trained for {classes} classes, expected {seen}, the seen classes of the"
            f" split, or {seen + unseen}, all of the data set; is it of another split?"
        )


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:DIGITS]
