"""The commands about text: `zsar describe` and `zsar text`."""

from pathlib import Path
from typing import Annotated

import typer

Named = Annotated[
    str,
    typer.Argument(help="a data set of settings/datasets.yaml, such as demo, ntu60 or utd_mhad"),
]


def register(app: typer.Typer) -> None:
    app.command()(describe)
    app.command()(text)


def describe(
    dataset: Named,
    source: Annotated[str, typer.Argument(help="a source of settings/describe.yaml, or: all")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be asked and what it would cost")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace recorded texts")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="note that the texts answer the prompts as they are")
    ] = False,
) -> None:
    """Have a language model write what is said of each class: descriptions/DATASET/SOURCE.txt.

    settings/describe.yaml names model, endpoint, prices and budget; the key comes from the
    environment. An interrupted run goes on where it was, and nothing is paid for twice.
    Example: zsar describe demo motions --dry-run
    """
    from zsar.cli import describe_texts
    from zsar.config.config import load

    settings = load()
    settings.dataset(dataset)
    if dry_run:
        lines = describe_texts.priced(dataset, source, settings)
    elif accept:
        lines = describe_texts.accept(dataset, source, settings)
    else:
        lines = describe_texts.write(dataset, source, settings, overwrite, _tell)
    typer.echo("\n".join(lines))


def text(
    dataset: Named,
    encoder: Annotated[
        str, typer.Option(help="a text encoder of settings/texts.yaml; else the selected one")
    ] = "",
    source: Annotated[str, typer.Option(help="look at this source alone")] = "",
    only: Annotated[
        str, typer.Option("--class", help="show this class alone: its id or name")
    ] = "",
    heatmap: Annotated[
        Path | None, typer.Option(help="picture to write: how alike the classes are (.png)")
    ] = None,
) -> None:
    """Show what is said of each class, its nearest classes, and pairs that cannot be told apart.

    Example: zsar text utd_mhad --class bowling --heatmap classes.png
    """
    from zsar.cli import text_report
    from zsar.config.config import load

    settings = load()
    settings.dataset(dataset)
    shown = text_report.text_report(
        dataset, settings, encoder or settings.params.text, source or None
    )
    look = text_report.settings(settings)
    chosen = text_report.place(shown.names, only) if only else None
    typer.echo("\n".join(text_report.lines(shown, look, chosen)))
    if heatmap is not None:
        typer.echo(text_report.draw(shown, dataset, look, heatmap))


def _tell(line: str) -> None:
    typer.echo(line, err=True)
