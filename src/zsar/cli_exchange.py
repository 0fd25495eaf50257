"""The commands that exchange with other people's code: weights and features, in and out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Published = Literal["stgcn", "shift_gcn", "umurl"]


def register(app: typer.Typer) -> None:
    app.command()(import_weights)


def import_weights(
    file: Annotated[Path, typer.Argument(help="the checkpoint as its authors distribute it")],
    kind: Annotated[Published, typer.Option("--as", help="the network that it belongs to")],
    dataset: Annotated[
        str, typer.Option(help="take the settings of this data set; else the published ones")
    ] = "",
) -> None:
    """Make a published checkpoint a start for the encoder of a cell: data/weights/NAME.safetensors.

    Reads plain, `module.` and {'state_dict': ...} checkpoints without running anything in them,
    and names every weight that is missing, superfluous or of another shape.
    The classifier is left out: encode teaches a new one on the seen classes of the cell.
    Example: zsar import-weights ntu60_1.pt --as stgcn
    """
    from zsar import exchange, params
    from zsar.encoders.published import Misfit

    try:
        lines = exchange.take_weights(file, kind, dataset, params.load())
    except Misfit as misfit:
        typer.echo("\n".join(misfit.lines), err=True)
        raise
    typer.echo("\n".join(lines))
