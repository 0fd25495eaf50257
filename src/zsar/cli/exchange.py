"""The commands that exchange with other people's code: weights and features, in and out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Form = Literal["synse", "smie", "flora"]


def register(app: typer.Typer) -> None:
    app.command()(import_weights)
    app.command()(import_features)
    app.command()(export_features)
    app.command()(export)


def import_weights(
    file: Annotated[Path, typer.Argument(help="the checkpoint as its authors distribute it")],
    kind: Annotated[str, typer.Option("--as", help="the encoder that it belongs to")],
    dataset: Annotated[
        str, typer.Option(help="take the settings of this data set; else the published ones")
    ] = "",
) -> None:
    """Make a published checkpoint a start for the encoder of a cell: data/weights/NAME.safetensors.

    Reads plain, `module.` and {'state_dict': ...} checkpoints without running anything in them,
    and names every weight that is missing, superfluous or of another shape.
    The classifier is left out: encode trains a new one on the seen classes of the cell.
    Example: zsar import-weights ntu60_1.pt --as stgcn
    """
    from zsar.config.config import load
    from zsar.encoders.pretrained_weights import WeightMismatchError
    from zsar.exchange.weights import import_weights

    try:
        lines = import_weights(file, kind, dataset, load())
    except WeightMismatchError as misfit:
        typer.echo("\n".join(misfit.lines), err=True)
        raise
    typer.echo("\n".join(lines))


def import_features(
    cell: Annotated[str, typer.Argument(help="DATASET/SPLIT that the files belong to")],
    paths: Annotated[list[Path], typer.Argument(help="the folders (or files) that hold them")],
    form: Annotated[Form, typer.Option("--as", help="whose files they are")],
    copy: Annotated[bool, typer.Option("--copy", help="copy instead of linking")] = False,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="append a section of their own, DATASET_FORM, if they need it"
        ),
    ] = False,
) -> None:
    """Run the methods on features (synse, flora) or clips (smie) that other people made.

    synse: two folders, the one with train, ztest, gtest, gtest_out and the one with val, val_out;
    they are the features of encoder `precomputed`, and there are no skeletons.
    flora: one npz archive of train_data, train_label, zsl_..., gzsl_...; the same encoder.
    smie: seen_train_data.npy, seen_train_label.npy, seen_test..., unseen...; any encoder learns
    from these clips. Shapes and labels are checked against the split; files go to
    data/raw/DATASET, from where `dvc repro` makes the rest. Where DATASET is read from raw
    recordings, they go to a data set beside it, whose class list and splits are the same.
    Example: zsar import-features ntu60/unseen5 ntu_results/shift_5_r ntu_results/shift_val_5_r
    --as synse
    """
    from zsar.exchange.add import import_features

    typer.echo("\n".join(import_features(cell, form, paths, copy, write)))


def export_features(
    cell: Annotated[
        str, typer.Argument(help="DATASET/PREPROCESS/SPLIT/ENCODER, a cell that exists")
    ],
    folder: Annotated[Path, typer.Argument(help="a folder that is empty or not there yet")],
    form: Annotated[Form, typer.Option("--as", help="whose files to write")],
) -> None:
    """Write features (synse, flora) or prepared clips (smie) of a cell for other people's code.

    synse: FOLDER/test and FOLDER/validation, logits with a column for every class of the data set.
    flora: one npz archive with the features of the test phase.
    Example: zsar export-features demo/smie50/unseen5/stgcn exported --as synse
    """
    from zsar.cells import Cell
    from zsar.config.config import load
    from zsar.exchange.export import export

    for path in export(form, Cell.at(cell), folder, load()):
        typer.echo(path)


def export(
    cell: Annotated[
        str, typer.Argument(help="DATASET/PREPROCESS/SPLIT/ENCODER, a cell that was trained")
    ],
    folder: Annotated[Path, typer.Argument(help="a folder that is not there yet")],
    method: Annotated[str, typer.Option(help="of the cell; without it the selected one")] = "",
) -> None:
    """Write a trained cell into a folder of its own, which `zsar predict --cell FOLDER` and
    `zsar.load(FOLDER)` open on any machine, without DVC and without the study.

    The folder holds the weights of encoder and method of the first seed, the texts of all classes,
    the settings and a hash of everything.

    Example: zsar export demo/smie50/unseen5/stgcn my_model
    """
    from zsar.prediction.load import load

    load(cell, method=method).export(folder)
    typer.echo(f"{folder}: zsar predict CLIP --cell {folder} --say ...")
