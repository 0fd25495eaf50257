"""`zsar import-weights`: published weights as the start of an encoder."""

from pathlib import Path
from typing import Any

from zsar.cells import WEIGHTS, Cell
from zsar.config.config import Config
from zsar.validation import PARAMS

PUBLISHED = "ntu60"  # a data set whose settings are the published ones


def import_weights(file: Path, encoder: str, dataset: str, config: Config) -> list[str]:
    """Write the network of a published checkpoint; return lines about how a cell uses it."""
    from zsar import encoders
    from zsar.encoders import pretrained_weights

    cell, kind = Cell(dataset or PUBLISHED), encoders.encoder(encoder)
    settings: Any = config.at(cell).of("encoders", encoder, kind.Config)
    weights, classes = pretrained_weights.backbone_weights(encoder, file, settings)
    path = pretrained_weights.save(weights, classes, encoder, WEIGHTS)
    head = f"its head for {classes} classes is left out" if classes else "it has no head"
    count = sum(weight.numel() for weight in weights.values())
    return [
        f"{path}: {len(weights)} weights, {count} numbers, all as expected; {head}",
        f"to start from it, name it in {PARAMS}; the selected data set is that which it was trained"
        " on:",
        *instructions(encoder, path).splitlines(),
    ]


def instructions(encoder: str, path: Path) -> str:
    """What to write in params.yaml, and what the weights may have seen."""
    from zsar import encoders

    form = UNLABELLED if encoders.encoder(encoder).self_supervised else LABELLED
    return form.format(encoders.weights_owner(encoder), path)


LABELLED = """\
  encoders:
    {0}:
      weights: {1}
      training: {{learns: heads, epochs: 20}}
it must not have learnt from an unseen class of the cell's split: only its authors can tell;
it has learnt from the pseudo-unseen classes of the validation phase, whose numbers are too high"""
UNLABELLED = """\
  encoders:
    {0}:
      weights: {1}
it has seen clips of unseen classes, without labels, which is what {0} declares"""
