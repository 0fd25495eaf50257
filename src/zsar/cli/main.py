"""The command line `zsar COMMAND`; the pipeline itself is run by `dvc`."""

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from zsar.cli import app as app_command
from zsar.cli import exchange, report, study, texts
from zsar.cli.clip_options import (
    AxesOption,
    FpsOption,
    LayoutOption,
    OriginOption,
    UnitOption,
    declared,
)
from zsar.cli.clips import clips
from zsar.cli.commands import Commands
from zsar.cli.predict import predict
from zsar.cli.tables import audit, compare, table
from zsar.command_line import run_program
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
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Named = Annotated[
    str,
    typer.Argument(help="a data set of settings/datasets.yaml, such as demo, ntu60 or utd_mhad"),
]


def _show_version(wanted: bool) -> bool:
    if wanted:
        import zsar

        typer.echo(f"zsar {zsar.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    pass


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
    pose_model: Annotated[
        Path | None,
        typer.Option(
            "--pose-model",
            help="for videos: a pose landmarker model of MediaPipe, which finds the joints",
        ),
    ] = None,
) -> None:
    """Put raw recordings where the pipeline looks for them: data/raw/DATASET.

    Says what to do next. A new name needs a section of settings/datasets.yaml: the format of the
    files is recognised, the section shown, and with --write appended.

    Videos become clips of joints in the folder DATASET, of up to two people, with a clips.yaml to
    complete (needs the extra `video`).

    Example: zsar add utd_mhad ~/Downloads/Skeleton.zip

    Example: zsar add my_study ~/my_study --write

    Example: zsar add my_study wave_1.mp4 sit_1.mp4 --pose-model pose_landmarker_full.task

    Example: zsar add ntu60_shift_5 shift_5_r shift_val_5_r --of ntu60 --write
    """
    from zsar.exchange.add import AddOptions, add
    from zsar.exchange.pose_video import watch
    from zsar.exchange.video_clips import add_videos, is_video

    if pose_model is not None:
        typer.echo("\n".join(add_videos(dataset, paths, pose_model, watch)))
        return
    if videos := [path for path in paths if is_video(path)]:
        raise UserError(f"{videos[0]}: a video needs a model that finds joints: --pose-model FILE")
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
    clip: Annotated[
        str,
        typer.Argument(
            help="DATASET/NAME, NAME in the selected data set, or a file of your own: .csv, .npz,"
            " .npy, .bvh, .skeleton, .txt; FILE::NAME where it has several clips"
        ),
    ],
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
    layout: LayoutOption = "",
    unit: UnitOption = "",
    axes: AxesOption = "",
    origin: OriginOption = "",
    fps: FpsOption = None,
) -> None:
    """Draw one clip, alone or beside the scores of the candidate classes.

    What a path names is a file; layout, unit, axes, origin and fps say what the file does not.

    Example: zsar show demo/S002C001P003R002A019 --to clip.gif

    Example: zsar show my.csv --layout mediapipe33 --to clip.gif
    """
    from zsar.cli.show_clip import is_file, show_clip, show_file, show_scores
    from zsar.config.config import load

    if scores and prepared:
        raise UserError("--scores is drawn beside the recording: leave out --prepared")
    said = declared(layout, unit, axes, origin, fps)
    if is_file(clip):
        if scores or prepared:
            raise UserError(f"{clip} is a file: --scores and --prepared are of prepared data sets")
        typer.echo(show_file(clip, said, to))
    elif layout or unit or axes or origin or fps is not None:
        raise UserError(f"{clip}: no such file; --layout and the like are of files, not data sets")
    elif scores:
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


app.command()(clips)
app.command()(predict)
app.command()(table)
app.command()(compare)
app.command()(audit)


study.register(app)
report.register(app)
app_command.register(app)
texts.register(app)
exchange.register(app)


def main() -> None:
    warnings.showwarning = _warning
    run_program("zsar", app)


def _warning(message: Warning | str, *_: object, **__: object) -> None:
    """In one line, without the place in the code."""
    sys.stderr.write(f"zsar: warning: {message}\n")
