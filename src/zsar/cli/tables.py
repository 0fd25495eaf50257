"""The commands about results: `zsar table` and `zsar compare`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

NAMED = "DATASET/PREPROCESS/SPLIT/ENCODER/METHOD, with REVISION: before it as it was in Git then"
Form = Literal["terminal", "markdown", "latex", "csv", "meanings"]


def table(
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            help="only this data set, with all that was published of it; may be given again"
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            help="only this split, such as unseen5, or protocol, such as xsub; may be given again"
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="how to lay it out; meanings: what the columns of csv mean"),
    ] = "terminal",
    to: Annotated[Path | None, typer.Option(help="file to write instead of the terminal")] = None,
) -> None:
    """Methods by splits: zero-shot and generalised accuracy, one-shot, and recognition of all
    classes (linear, retrieval, fine-tuned, transferred), the published numbers beside ours.

    Shows the cells that exist; `zsar reproduce` makes those of whole tables. Of a data set that is
    named the published numbers are shown without cells, too.

    Example: zsar table --dataset utd_mhad --format markdown --to results.md
    """
    from zsar.cli.status import rendered_tables
    from zsar.config.config import load

    text, count = rendered_tables(load(), dataset or [], split or [], form)
    _show(text, to)
    typer.echo(count, err=True)


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=NAMED)],
    b: Annotated[str, typer.Argument(metavar="B", help="the cell that A is compared with")],
) -> None:
    """Two cells side by side: every zero-shot and generalised number, the difference in points, and
    whether the bootstrap intervals overlap.

    Reads metrics/DATASET/PREPROCESS/SPLIT/ENCODER/METHOD.json; `zsar status` lists the cells that
    exist.

    Example: zsar compare demo/smie50/unseen5/stgcn/smie demo/smie50/unseen5/stgcn/devise

    Example: zsar compare demo/smie50/unseen5/stgcn/smie
    HEAD~1:demo/smie50/unseen5/stgcn/smie
    """
    from zsar.cells import METRICS
    from zsar.table.comparison import comparison

    typer.echo("\n".join(comparison(a, b, METRICS)))


def audit(
    form: Annotated[
        Literal["terminal", "markdown", "latex"], typer.Option("--format", help="how to lay it out")
    ] = "terminal",
    to: Annotated[Path | None, typer.Option(help="file to write instead of the terminal")] = None,
) -> None:
    """What published protocols add to each method, in points with intervals: the epoch that is best
    on the test clips, and every leak of its published code, one by one.

    Measures the runs of studies/audit.yaml that are here and keeps the numbers in
    metrics/audit.json. `zsar reproduce audit` makes the runs.

    Example: zsar audit --format markdown --to audit.md
    """
    from zsar.audit.command import audit as measured
    from zsar.config.config import load

    text = measured(load(), form, lambda line: typer.echo(line, err=True))
    _show(text, to)


def _show(text: str, to: Path | None) -> None:
    """In the terminal, or in a file, which is named then."""
    if to is None:
        typer.echo(text, nl=False)
        return
    from zsar.atomic import atomic_write

    with atomic_write(to) as draft:
        draft.write_text(text, encoding="utf-8")
    typer.echo(to)
