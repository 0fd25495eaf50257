"""The commands about settings and studies: `zsar settings`, `zsar why` and `zsar reproduce`."""

from typing import Annotated

import typer

INTERRUPTED = 130  # as a shell has it: 128 and the number of the signal


def register(app: typer.Typer) -> None:
    app.command()(settings)
    app.command()(why)
    app.command()(reproduce)


def settings(
    cell: Annotated[
        str, typer.Argument(help="DATASET/PREPROCESS/SPLIT/ENCODER; without it, the selected one")
    ] = "",
    method: Annotated[str, typer.Argument(help="without it, the selected one")] = "",
    section: Annotated[str, typer.Option(help="this section alone, such as methods")] = "",
) -> None:
    """Show every effective setting of a cell, where it comes from, and what it overrides.

    Example: zsar settings ntu120/smie50/smie_4/stgcn smie+as_published --section methods
    """
    from zsar.config.config import load
    from zsar.config.show import settings_lines

    typer.echo("\n".join(settings_lines(load(), cell, method, section)))


def why() -> None:
    """Say what was edited that makes stages of the selected cell stale, and which never ran here.

    A file that has changed, or a key with its former and its present value.
    """
    import subprocess
    import sys

    raise typer.Exit(subprocess.run([sys.executable, "-m", "stages.why"]).returncode)


def reproduce(
    name: Annotated[
        str, typer.Argument(help="a file of studies/; without it, they are listed")
    ] = "",
    as_published: Annotated[
        bool, typer.Option("--as-published", help="with every quirk of the published code")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what it needs and what is there, and run nothing")
    ] = False,
    seeds: Annotated[int, typer.Option(help="how many; 0: those of params.yaml")] = 0,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", "-S", help="KEY=VALUE, as for dvc exp run; may be repeated"),
    ] = None,
) -> None:
    """Make a published table from raw recordings, and print our numbers beside the printed ones.

    What is done already is not done again, so an interrupted run goes on where it was.
    Example: zsar reproduce smie --as-published --seeds 1
    """
    from zsar.config.config import load
    from zsar.reproduce import command
    from zsar.reproduce.run import restore

    restore()
    options = command.ReproduceOptions(name, as_published, dry_run, seeds, tuple(changes or ()))
    try:
        status = command.reproduce(options, load(), typer.echo)
    except KeyboardInterrupt:
        message = "interrupted; params.yaml is as it was, and the same command goes on from here"
        typer.echo(f"zsar: {message}", err=True)
        status = INTERRUPTED
    raise typer.Exit(status)
