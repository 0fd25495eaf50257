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
    source: Annotated[
        str, typer.Argument(help="a source of settings/describe.yaml; all: every text; kinematics")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the requests and their cost; send none")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace recorded texts")] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="record that the texts answer the current prompts"),
    ] = False,
) -> None:
    """Have a language model write a text of each class: descriptions/DATASET/SOURCE.txt.

    settings/describe.yaml sets model, endpoint, prices and budget; the key comes from the
    environment. An interrupted run continues where it stopped, and pays for nothing twice.
    Example: zsar describe demo motions --dry-run
    """
    from zsar.cli import describe_texts
    from zsar.config.config import load

    config = load()
    config.dataset(dataset)
    if dry_run:
        lines = describe_texts.estimated(dataset, source, config)
    elif accept:
        lines = describe_texts.accept(dataset, source, config)
    else:
        lines = describe_texts.write(dataset, source, config, overwrite, _progress)
    typer.echo("\n".join(lines))


def text(
    dataset: Named,
    encoder: Annotated[
        str, typer.Option(help="a text encoder of settings/texts.yaml; default: the selected one")
    ] = "",
    source: Annotated[str, typer.Option(help="only this source")] = "",
    only: Annotated[str, typer.Option("--class", help="only this class: its id or name")] = "",
    heatmap: Annotated[
        Path | None, typer.Option(help="write the similarities of all classes as a picture (.png)")
    ] = None,
) -> None:
    """Show the texts of each class, its nearest classes, and pairs that are too similar.

    Example: zsar text utd_mhad --class bowling --heatmap classes.png
    """
    from zsar.cli import text_report
    from zsar.config.config import load

    config = load()
    config.dataset(dataset)
    report = text_report.text_report(dataset, config, encoder or config.params.text, source or None)
    options = text_report.report_config(config)
    chosen = text_report.class_index(report.names, only) if only else None
    typer.echo("\n".join(text_report.report_lines(report, options, chosen)))
    if heatmap is not None:
        typer.echo(text_report.write_heatmap(report, dataset, options, heatmap))


def _progress(line: str) -> None:
    typer.echo(line, err=True)
