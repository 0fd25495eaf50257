"""`zsar clips`: the clips of a data set by name, with what is known of them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zsar.cli.inspect_dataset import ClipSummary
    from zsar.config.config import Config
    from zsar.data.artifacts import ClipFile
    from zsar.data.recording import Recording

HEAD = ("clip", "class", "subject", "camera", "frames")


def clips(
    dataset: Annotated[
        str, typer.Argument(help="a data set of settings/datasets.yaml, such as demo or utd_mhad")
    ],
    class_name: Annotated[
        str, typer.Option("--class", help="the clips of this class alone, such as 'wipe face'")
    ] = "",
) -> None:
    """List the clips of a data set: the name that `zsar show` and `zsar explain` take behind
    DATASET/, class, performer, camera and number of frames.

    They come from the prepared clips where there are any, else the recordings are read.

    Example: zsar clips demo --class "wipe face"
    """
    from zsar.config.config import load

    typer.echo("\n".join(clip_lines(dataset, class_name, load())))


def clip_lines(dataset: str, class_name: str, config: "Config") -> list[str]:
    """A table, in the order of the files; a class name may be spelled with any case or dashes."""
    from zsar.data.files.located_yaml import plain_name
    from zsar.dataset_info import dataset_info
    from zsar.errors import UserError
    from zsar.exchange.dataset_section import required_section
    from zsar.validation import did_you_mean

    classes = dataset_info(dataset, required_section(config, dataset)).classes
    wanted = [k for k, each in enumerate(classes) if plain_name(each) == plain_name(class_name)]
    if class_name and not wanted:
        hint = did_you_mean(class_name, classes)
        raise UserError(
            f"{dataset} has no class {class_name!r}{hint}; expected one of: {', '.join(classes)}"
        )
    found = [each for each in _summaries(dataset, config) if not class_name or each.label in wanted]
    if not found:
        raise UserError(f"{dataset} has no clip of class {class_name!r}")
    rows = [
        (each.name, classes[each.label], *map(_known, (each.subject, each.camera)), each.frames)
        for each in found
    ]
    return _table([HEAD, *(tuple(map(str, row)) for row in rows)])


def _summaries(dataset: str, config: "Config") -> list["ClipSummary"]:
    from zsar.cells import Cell
    from zsar.data.artifacts import ClipFile, read

    selected = Cell(dataset, config.params.preprocess).clips
    others = sorted(selected.parents[2].glob(f"*/{selected.parent.name}/{selected.name}"))
    for path in (selected, *others):
        if path.is_file():
            return _of_prepared(read(path, ClipFile))
    return _of_recordings(dataset, config)


def _of_prepared(found: "ClipFile") -> list["ClipSummary"]:
    from zsar.cli.inspect_dataset import ClipSummary

    columns = (found.names, found.labels, found.subjects, found.cameras, found.length)
    return [
        ClipSummary(str(name), *map(int, numbers)) for name, *numbers in zip(*columns, strict=True)
    ]


def _of_recordings(dataset: str, config: "Config") -> list["ClipSummary"]:
    from tqdm import tqdm

    from zsar.cells import Cell
    from zsar.data.formats import find, reader
    from zsar.data.parse import recordings
    from zsar.data.recording import Damaged
    from zsar.dataset_info import dataset_info
    from zsar.errors import UserError
    from zsar.exchange.dataset_section import how_to_get
    from zsar.processes import executor

    section, raw = config.dataset(dataset), Cell(dataset).raw
    if not raw.is_dir():
        raise UserError(f"{raw}: no such folder; {how_to_get(dataset, section, 'the recordings')}")
    known, source = dataset_info(dataset, section), reader(section.reader)
    parts = find(source, raw, known.classes)
    with (
        executor() as workers,
        tqdm(total=len(parts), desc=f"reading {dataset}", unit="file") as bar,
    ):
        outcomes: Iterable = recordings(
            source.read, parts, workers, known.count, _summary, bar.update
        )
        return [
            each
            for each in outcomes
            if not isinstance(each, Damaged) and each.name not in known.missing
        ]


def _summary(recording: "Recording") -> "ClipSummary":
    from zsar.cli.inspect_dataset import ClipSummary

    return ClipSummary(
        recording.name, recording.label, recording.subject, recording.camera, len(recording.bodies)
    )


def _known(number: int) -> str:
    return str(number) if number else "-"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            field.rjust(width) if place >= 2 else field.ljust(width)
            for place, (field, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
