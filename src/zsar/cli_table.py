"""`zsar table`: what a person asks of the tables; `zsar.cli` registers it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Form = Literal["terminal", "markdown", "latex", "csv", "meanings"]


def table(
    dataset: Annotated[
        list[str] | None, typer.Option(help="only this data set; may be given again")
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option(help="only this split, such as unseen5; may be given again")
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="how to lay it out; meanings: what the columns of csv mean"),
    ] = "terminal",
    to: Annotated[Path | None, typer.Option(help="file to write instead of the terminal")] = None,
) -> None:
    """Methods by splits: zero-shot and generalised accuracy, the published numbers beside ours.

    Shows the cells that exist; `make benchmark` fills in the others.

    Example: zsar table --dataset utd_mhad --format markdown --to results.md
    """
    from zsar.config.config import load
    from zsar.report import tables
    from zsar.whole import whole

    text, count = tables(load(), dataset or [], split or [], form)
    if to is None:
        typer.echo(text, nl=False)
    else:
        with whole(to) as draft:
            draft.write_text(text, encoding="utf-8")
        typer.echo(to)
    typer.echo(count, err=True)
