"""`zsar predict`: which of some sentences or classes recordings are."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zsar.cli.clip_options import (
    AxesOption,
    FpsOption,
    LayoutOption,
    OriginOption,
    UnitOption,
    declared,
)
from zsar.errors import UserError

if TYPE_CHECKING:
    from zsar.data.recording import Damaged, Recording
    from zsar.data.unlabelled import Declared
    from zsar.prediction.answers import Prediction

SHOWN_REASONS = 8
MANY = 200  # clips, from which on a bar shows how far it is


def predict(
    clips: Annotated[
        list[str],
        typer.Argument(
            help="files, folders or zip archives of recordings, DATASET/NAME, or - for standard"
            " input"
        ),
    ],
    say: Annotated[
        list[str] | None,
        typer.Option(help="what it may be: a sentence or class name; once for each"),
    ] = None,
    classes: Annotated[
        str, typer.Option(help="the classes of this data set are candidates, too, such as utd_mhad")
    ] = "",
    cell: Annotated[
        str,
        typer.Option(
            help="a trained cell of the study or a folder that `zsar export` wrote; without it"
            " nothing that was trained is used"
        ),
    ] = "",
    method: Annotated[str, typer.Option(help="of the cell; without it the selected one")] = "",
    top: Annotated[int, typer.Option(min=1, help="candidates that are shown")] = 5,
    window: Annotated[
        float | None,
        typer.Option(
            help="seconds; longer recordings are taken in windows of this length that overlap by"
            " half. Without it 4 s for those of more than 12 s; 0: never"
        ),
    ] = None,
    explained: Annotated[
        bool, typer.Option("--explain", help="with the reasons, attribute by attribute")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="as CSV, a line for each candidate")
    ] = False,
    layout: LayoutOption = "",
    unit: UnitOption = "",
    axes: AxesOption = "",
    origin: OriginOption = "",
    fps: FpsOption = None,
) -> None:
    """Say which of some sentences or classes each recording is, how sure that is, and whether it
    is none of them. Nothing needs to be trained or registered.

    What files do not say of themselves, layout, unit, axes, origin and fps do. Classes that zsar
    knows by name are recognised better than free sentences: `--classes ntu120` tries all those of
    NTU RGB+D. Damaged clips are named, the others answered; the exit status is then 1.

    Example: zsar predict anna.csv --layout mediapipe33 --fps 30 --say "waves" --say "sits down"

    Example: zsar predict recordings/ --classes utd_mhad --csv > answers.csv
    """
    from zsar.prediction.load import load

    if as_json and as_csv:
        raise UserError("--json and --csv exclude one another")
    said = declared(layout, unit, axes, origin, fps)
    model = load(cell, classes=classes if not cell else "", method=method)
    labels = _labels(say or [], classes, clips, bool(cell))
    if model.unsure:
        typer.echo(f"zsar: {model.unsure}", err=True)
    found: list[Prediction] = []
    damaged = 0
    wanted = _recordings(clips, said)
    for each in _with_bar(model.predictions(wanted, labels, window, explained)):
        if isinstance(each, UserError):
            typer.echo(f"zsar: {each}", err=True)
            damaged += 1
            continue
        found.append(each)
        if not as_json and not as_csv:
            typer.echo("\n".join(_lines(each, top)))
    if as_json or as_csv:
        typer.echo(_as_json(found, top) if as_json else _as_csv(found, top))
    if damaged:
        raise typer.Exit(1)


def _labels(
    say: Sequence[str], classes: str, clips: Sequence[str], trained: bool
) -> tuple[str, ...] | None:
    """The candidates; None: those of the model."""
    if classes:
        from zsar.kinematics.known_classes import known_classes

        return (*known_classes().of(classes).names, *_distinct(say))
    if say or trained:
        return _distinct(say) or None
    if len(clips) == 1 and not Path(clips[0]).exists() and "/" in clips[0]:
        return _labels(say, clips[0].partition("/")[0], clips, trained)
    raise UserError(
        "nothing to choose from: --say what it may be, once for each sentence, or name a data set"
        " by --classes"
    )


def _distinct(say: Sequence[str]) -> tuple[str, ...]:
    """Sentences without blanks around them; one that is given twice would halve its confidence."""
    found = tuple(each.strip() for each in say)
    for place, each in enumerate(found):
        if each in found[:place]:
            raise UserError(f"--say gives {each!r} twice, expected different sentences")
    return found


def _recordings(clips: Sequence[str], said: "Declared") -> "Iterator[Recording | Damaged]":
    from zsar.data import unlabelled
    from zsar.data.files.clip_files import LARGEST
    from zsar.prediction.reading import files

    for each in clips:
        if each == "-":
            yield from unlabelled.from_bytes(sys.stdin.buffer.read(LARGEST + 1), said)
        elif Path(each).exists() or "/" not in each:
            yield from files(Path(each), said)
        else:
            yield _of_dataset(each)


def _of_dataset(clip: str) -> "Recording":
    from zsar.cli.show_clip import clip_place, recording
    from zsar.config.config import load

    config = load()
    dataset = clip.partition("/")[0]
    if dataset not in config.files["datasets"]:
        known = "" if not dataset else f", and no data set {dataset!r}"
        raise UserError(f"{clip}: no such file{known}")
    return recording(*clip_place(clip, config), config)


def _with_bar(found: "Iterator[Prediction | Damaged]") -> "Iterator[Prediction | Damaged]":
    """With a count on the terminal once there are many."""
    bar: Any = None
    for number, each in enumerate(found, 1):
        if number == MANY and sys.stderr.isatty():
            from tqdm import tqdm

            bar = tqdm(unit="clip", initial=number, leave=False)
        if bar:
            bar.update()
        yield each
    if bar:
        bar.close()


def _lines(found: "Prediction", top: int) -> list[str]:
    lines = found.lines(top)
    if found.explanation:
        lines += [f"    {line}" for line in found.explanation.lines(SHOWN_REASONS)[1:]]
    return lines


def _as_json(found: "list[Prediction]", top: int) -> str:
    from zsar.prediction.answers import Predictions

    return Predictions(found).as_json(top)


def _as_csv(found: "list[Prediction]", top: int) -> str:
    rows = [row for each in found for row in each.rows(top)]
    file = io.StringIO()
    fields = ("clip", "start", "end", "answer", "none", "rank", "label", "confidence", "score")
    writer = csv.DictWriter(file, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().rstrip("\n")
