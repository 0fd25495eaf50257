"""`python -m zsar.demo.standin`: write a stand-in for a data set, to try the pipeline with."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from zsar.data import protocols
from zsar.demo.standin import StandIn, generate
from zsar.errors import UserError


def main(
    dataset: Annotated[str, typer.Argument(help="ntu60, ntu120 or pku51; all of its classes")],
    folder: Annotated[Path, typer.Argument(help="empty, or not there yet")],
    clips: Annotated[
        int, typer.Option(help="of every class, 4 to 80; pku51 rounds up to whole videos, 3 views")
    ],
    frames: Annotated[
        int, typer.Option(help="of the longest clip, 16 to 300; smie has 50, synse none")
    ],
    seed: Annotated[int, typer.Option(help="the same seed gives the same bytes", min=0)],
    form: Annotated[
        Literal["raw", "pyskl", "ctrgcn", "smie", "synse"],
        typer.Option("--as", help="the owner's archives, or arrays that others made of them"),
    ] = "raw",
    split: Annotated[
        str, typer.Option(help="for smie and synse: the split that the arrays are made for")
    ] = "",
) -> None:
    """Write a stand-in for a data set: synthetic clips in the owner's format.

    It is for trying the pipeline without the licensed recordings, and for nothing else. Its motions
    are random: NUMBERS MADE FROM IT ARE NO RESULTS. STAND-IN.txt says so beside the files and in
    every archive.

    Performers, cameras, setups and videos are numbered as in the data set, so that every class is
    on both sides of every official protocol.

    Example, in a clone that holds no real NTU RGB+D 60:

      python -m zsar.demo.standin ntu60 ~/standin --clips 8 --frames 40 --seed 0

      zsar add ntu60 ~/standin/*.zip

    Features for an import:

      python -m zsar.demo.standin ntu60 ~/features --as synse --split unseen5
      --clips 8 --frames 40 --seed 0

      zsar import-features ntu60/unseen5 ~/features/test ~/features/validation --as synse
    """
    try:
        known = protocols.dataset(dataset)
        generate(form, StandIn(known, split, range(known.count), clips, frames, seed), folder)
    except UserError as error:
        sys.exit(f"standin: {error}")
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        typer.echo(f"{path} ({path.stat().st_size} bytes)")
    typer.echo("synthetic: for trying the pipeline; numbers made from it are no results")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(main)
    app()
