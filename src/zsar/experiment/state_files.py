"""Trained weights of a cell, as the stages wrote them, back into their network."""

from pathlib import Path

from torch import nn

from zsar.errors import UserError


def load_state(module: nn.Module, path: Path) -> None:
    """Fill a network of the same shape; UserError in one line where the file does not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise UserError(f"{path}: no such file; `dvc repro` makes it")
    try:
        weights = load_file(path)
    except (SafetensorError, OSError, ValueError, LookupError) as error:
        raise UserError(
            f"{path} is not a complete file of weights ({error}); delete it and run `dvc repro`"
        ) from error
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UserError(
            f"{path} does not fit the settings ({first}); delete it and run `dvc repro`"
        ) from error
