"""Published weights, brought to where an encoder starts from them."""

from pathlib import Path
from typing import Any

from zsar.errors import Complaint
from zsar.params import FILE, Params
from zsar.study import WEIGHTS


def take(file: Path, encoder: str, dataset: str, params: Params) -> list[str]:
    """Write the network of a published checkpoint, and tell how a cell is made to use it."""
    from zsar.encoders import encoder as network
    from zsar.encoders import imported, published

    if dataset and dataset not in params.datasets:
        known = ", ".join(params.datasets)
        raise Complaint(f"unknown data set {dataset!r}; {FILE} lists: {known}")
    settings: Any = params.of("encoders", encoder, dataset, network(encoder).Settings)
    weights, classes = published.body(encoder, file, settings)
    path = imported.keep(weights, classes, encoder, WEIGHTS)
    head = f"its head for {classes} classes is left out" if classes else "it has no head"
    count = sum(weight.numel() for weight in weights.values())
    return [
        f"{path}: {len(weights)} weights, {count} numbers, all as expected; {head}",
        f"to start from it, name it in {FILE} (DATASET is whatever it was trained on):",
        *USES[encoder].format(path).splitlines(),
    ]


LABELLED = """\
  encoders:
    {0}:
      DATASET:
        weights: {{}}
        training: {{{{learns: heads, epochs: 20}}}}
it must not have learnt from an unseen class of the cell's split: only its authors can tell;
it has learnt from those that validation pretends not to have seen, which flatters that phase"""
UNLABELLED = """\
  encoders:
    umurl_all:
      DATASET: {{weights: {}}}
it has seen clips of unseen classes, without labels, as `umurl_all` says and `umurl` does not"""
USES = {
    "stgcn": LABELLED.format("stgcn"),
    "shift_gcn": LABELLED.format("shift_gcn"),
    "umurl": UNLABELLED,
}
