"""Writers for tables, numbers and weights: the same bytes on every run."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zsar.atomic import atomic_write

if TYPE_CHECKING:
    from torch import nn

DIGITS = 6


def table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """A CSV file with a column per key; all rows have the keys of the first."""
    with atomic_write(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)


def numbers(path: Path, values: dict[str, Any]) -> None:
    with atomic_write(path) as draft:
        text = json.dumps(_rounded(values), indent=2, sort_keys=True)
        draft.write_text(text + "\n", encoding="utf-8")


def weights(path: Path, module: "nn.Module") -> None:
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    with atomic_write(path) as draft:
        draft.write_bytes(save(state))  # the library itself would let nobody else read it


def _plain(value: Any) -> Any:
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else value


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
