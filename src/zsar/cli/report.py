"""The command about the site of results: `zsar report`."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(report)


def report(
    to: Annotated[Path, typer.Option(help="folder to write; a former report is replaced")] = Path(
        "report"
    ),
    clips: Annotated[
        int, typer.Option(min=1, help="test clips of each split that can be played, at most")
    ] = 500,
) -> None:
    """Write a site to look at the results: every number beside the published ones, a page for each
    cell, and the test clips in 3-D beside the answers. It needs no network; open index.html.

    The table is read from metrics/; matrices, curves and clips of a cell from data/, where they are
    there.

    Example: zsar report --to report
    """
    from zsar.config.config import load
    from zsar.report.site import INDEX, write_site

    done = write_site(to, clips, load(), lambda line: typer.echo(line, err=True))
    size = f"{done.bytes / 1e6:.1f} MB"
    typer.echo(f"{to / INDEX}: {done.cells} cells, {done.clips} clips to play, {size}")
