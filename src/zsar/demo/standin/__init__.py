"""Stand-ins for data sets under licence: synthetic clips in their formats, never for results.

They let every step of the pipeline be tried from the raw file to the table without the recordings
of NTU RGB+D and PKU-MMD: the formats, names, performers, cameras, setups and video numbers are
those of the owners, and every class has clips on both sides of every official protocol. Nothing
else is theirs. The motions are random, one kind for every class number; an encoder can learn to
tell them apart, and no description fits them, so that zero-shot accuracy on them is that of
guessing. No number made from them says anything about a method.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from zsar.data.protocols.datasets import pick
from zsar.demo.standin.plan import StandIn as StandIn
from zsar.demo.standin.writers import ctrgcn, pyskl, raw, smie, synse
from zsar.errors import UserError

DATASETS = ("ntu60", "ntu120", "pku51")
FORMS: Mapping[str, Callable[[StandIn, Path, dict[str, str]], None]] = {
    "raw": raw,
    "pyskl": pyskl,
    "ctrgcn": ctrgcn,
    "smie": smie,
    "synse": synse,
}
FOR_A_SPLIT = ("smie", "synse")
CLIPS = (4, 80)  # fewest: one for each use that the validation phase has for the clips of a class
FRAMES = (16, 300)
NOTICE = """\
STAND-IN: THESE FILES ARE SYNTHETIC.
They look like recordings of a known data set and are not: every motion in them is random.
They were made to try a pipeline. Numbers computed from them are no results; do not publish them.
Made by python -m zsar.demo.standin with {clips} clips a class, {frames} frames, seed {seed}.
"""


def generate(form: str, standin: StandIn, folder: Path) -> None:
    """Write a stand-in into a folder that is empty or not there yet; the same request gives the
    same bytes."""
    write = pick(FORMS, form, "form")
    pick(dict.fromkeys(DATASETS), standin.dataset.name, "data set with a stand-in")
    _within("clips", standin.clips, CLIPS)
    _within("frames", standin.frames, FRAMES)
    if bool(standin.split) != (form in FOR_A_SPLIT):
        needs = "is made for a split, name one" if form in FOR_A_SPLIT else "knows no splits"
        raise UserError(f"{form} {needs}; the split is {standin.split!r}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty; name a folder that is, or is not there yet")
    notice = NOTICE.format(clips=standin.clips, frames=standin.frames, seed=standin.seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "STAND-IN.txt").write_text(notice, encoding="ascii")
    write(standin, folder, {"STAND-IN.txt": notice})


def _within(name: str, value: int, limits: tuple[int, int]) -> None:
    fewest, most = limits
    if not fewest <= value <= most:
        raise UserError(f"{name} is {value}, expected {fewest} to {most}")
