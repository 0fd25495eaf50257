"""The command line `zsar COMMAND`; the pipeline itself is run by `dvc`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from zsar.cli import exchange, report, study, texts
from zsar.cli.tables import compare, table
from zsar.errors import UserError

app = typer.Typer(
    name="zsar",
    help="Zero-shot action recognition from skeleton recordings. `dvc repro` runs the study; these"
    " commands bring recordings in and look at what is there. Run them in the root of the"
    " repository.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Named = Annotated[
    str,
    typer.Argument(help="a data set of settings/datasets.yaml, such as demo, ntu60 or utd_mhad"),
]


@app.command()
def add(
    dataset: Annotated[
        str,
        typer.Argument(
            help="a data set of settings/datasets.yaml, or a new name for your own files"
        ),
    ],
    paths: Annotated[
        list[Path], typer.Argument(help="the files or folders that its owner distributes")
    ],
    copy: Annotated[bool, typer.Option("--copy", help="copy instead of linking")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="append the section of a new name to the file")
    ] = False,
    of: Annotated[
        str, typer.Option(help="a new name: the data set whose recordings other people's files are")
    ] = "",
    reader: Annotated[
        str, typer.Option(help="a new name: who reads the files, where several could")
    ] = "",
) -> None:
    """Put raw recordings where the pipeline looks for them: data/raw/DATASET.

    Says what to do next. A new name needs a section of settings/datasets.yaml: the format of the
    files is recognised, the section shown, and with --write appended.

    Example: zsar add utd_mhad ~/Downloads/Skeleton.zip

    Example: zsar add my_study ~/my_study --write

    Example: zsar add ntu60_shift_5 shift_5_r shift_val_5_r --of ntu60 --write
    """
    from zsar.exchange.add import AddOptions, add

    typer.echo("\n".join(add(AddOptions(dataset, paths, copy, reader, of, write))))


@app.command()
def check(
    dataset: Named,
    strict: Annotated[
        bool, typer.Option("--strict", help="stop at the first damaged clip")
    ] = False,
) -> None:
    """Read every raw recording of a data set once: what is there, what is missing, what is damaged.

    Ends with status 1 if there is nothing to read, or (with --strict) at the first damaged clip.
    """
    from zsar.cli.inspect_dataset import inspect_dataset
    from zsar.config.config import load
    from zsar.exchange.dataset_section import required_section

    config = load()
    required_section(config, dataset)
    stock = inspect_dataset(dataset, config, strict)
    typer.echo("\n".join(stock.lines()))
    if not stock.clips:
        raise typer.Exit(1)


@app.command()
def show(
    clip: Annotated[str, typer.Argument(help="DATASET/NAME, or NAME in the selected data set")],
    to: Annotated[
        Path,
        typer.Option(help="picture to write: .gif (moving), .png (frames side by side) or .html"),
    ] = Path("clip.gif"),
    prepared: Annotated[
        bool, typer.Option("--prepared", help="as the encoder sees it, not as recorded")
    ] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="with the scores of the selected cell and method")
    ] = False,
) -> None:
    """Draw one clip, alone or beside the scores of the candidate classes.

    Example: zsar show demo/S002C001P003R002A019 --to clip.gif
    """
    from zsar.cli.show_clip import show_clip, show_scores
    from zsar.config.config import load

    if scores and prepared:
        raise UserError("--scores is drawn beside the recording: leave out --prepared")
    if scores:
        typer.echo(show_scores(clip, to, load()))
    else:
        typer.echo(show_clip(clip, to, prepared, load()))


@app.command()
def explain(
    clip: Annotated[str, typer.Argument(help="DATASET/NAME, or NAME in the selected data set")],
    answer: Annotated[
        str,
        typer.Option("--as", help="the class, or sentence, to speak for; without it the best one"),
    ] = "",
    against: Annotated[
        str, typer.Option(help="the one to speak against; without it the next best")
    ] = "",
    say: Annotated[
        list[str] | None,
        typer.Option(
            help="a sentence to choose instead of the classes, such as 'waves a raised hand';"
            " give it at least twice, one sentence each"
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="attributes that are shown")] = 12,
    to: Annotated[
        Path | None, typer.Option(help="file to write as well: .png (picture) or .json")
    ] = None,
) -> None:
    """Say which classes fit a clip and why: what its body does, against what they were described to
    do, attribute by attribute. Nothing is trained.

    With --say the candidates are sentences of yours, and what they would measure is predicted:
    rougher than described classes. Say what the body does ("raises one hand above the head and
    swings it sideways"), and name the other person where there are two.

    Example: zsar explain demo/S002C001P003R002A019 --against "wipe face" --to why.png

    Example: zsar explain demo/S002C001P003R002A019 --say "wipes the face" --say "sits down"
    """
    from zsar.cli.explain_clip import explain_clip, write_explanation
    from zsar.config.config import load

    found = explain_clip(clip, answer, against, say or [], load())
    if to:
        write_explanation(found, to)
    typer.echo("\n".join(found.lines(top)))


@app.command()
def status() -> None:
    """Which cells of the study exist, with their zero-shot accuracy on unseen classes."""
    from zsar.cli.status import cell_lines
    from zsar.config.config import load

    typer.echo("\n".join(cell_lines(load())))


app.command()(table)
app.command()(compare)


study.register(app)
report.register(app)
texts.register(app)
exchange.register(app)


def main() -> None:
    try:
        app()
    except UserError as error:
        sys.exit(f"zsar: {error}")
