"""Clips that belong to no data set: any file, folder or zip archive of them.

What is understood, by the ending of a file:

    .csv        a line per frame; the first line may name the columns: joints in any order and in
                the spelling of any Kinect SDK, MediaPipe or COCO, `time` (seconds, milliseconds or
                finer), `frame`, and `visibility` or `presence` of joints, which are not used. Where
                the joints are exactly those of a layout, none needs to be given.
    .npz, .npy  one array, frames (x bodies) x joints x 3; in an npz also `joints` (their names) and
                `fps`.
    .bvh        motion capture (zsar.data.files.bvh); it names its joints.
    .skeleton   NTU RGB+D.
    .txt        PKU-MMD, 150 numbers a line; the actions of a label file of the same name, in a
                folder or archive with "label" in its name, or the whole video.

What files do not say is taken from the nearest clips.yaml (zsar.data.formats.own) in the folder of
the clip or above it, else from what was declared. Without either, layouts have the unit and axes of
the program that they come from: mediapipe33 world landmarks in metres with axes [-x, -y, z], put
3 m in front of the camera because they are centred on the hips; azure32 millimetres and
[-x, -y, z]; all others metres and [x, y, z], as a Kinect. The frame rate of a file counts before
one that is declared, which counts before the times in a csv.

A clip is called by its file name without ending; a video of several actions by its frames, too,
0002-L_12-80; and by its whole path where two files have one name. Its label is -1 unless the file
says one, as those of NTU and PKU-MMD do: it then counts in the class list of that data set.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

import numpy as np

from zsar.data.files import archive, clip_files, limits, pku_text, sniff
from zsar.data.files.coordinates import METRES, Conventions, axes_matrix, checked_fps
from zsar.data.files.nearest_clips_yaml import nearest_conventions
from zsar.data.formats import ntu
from zsar.data.formats.labelled_npz import LABELS_CSV
from zsar.data.guard import guarded, named_printably
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, printable
from zsar.errors import UserError
from zsar.validation import did_you_mean

NOBODY_SAYS = -1  # the label
STANDARD_INPUT = Part(Path("standard input"))
Value = TypeVar("Value")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Declared:
    """What the user says of files that do not say it themselves; empty, or NaN: nothing."""

    layout: str  # a name of LAYOUTS
    unit: str  # metre, centimetre, millimetre or inch
    axes: tuple[str, str, str]  # such as ("-x", "-y", "z")
    origin: tuple[float, float, float]  # metres, added to every joint
    fps: float

    def __post_init__(self):
        for name, value, known in (("layout", self.layout, LAYOUTS), ("unit", self.unit, METRES)):
            if value and value not in known:
                hint = did_you_mean(value, known)
                raise UserError(
                    f"unknown {name} {value!r}{hint}; expected one of: {', '.join(known)}"
                )
        self.conventions()

    def conventions(self) -> Conventions:
        """The same in numbers."""
        origin = np.array(self.origin, dtype=float)
        if np.isnan(origin).any() and not np.isnan(origin).all():
            raise UserError(f"origin {self.origin}: expected three numbers, in metres")
        return Conventions(
            LAYOUTS[self.layout] if self.layout else None,
            METRES[self.unit] if self.unit else None,
            _or_user_error("axes", axes_matrix, self.axes) if any(self.axes) else None,
            None if np.isnan(origin).all() else origin,
            self.fps if np.isnan(self.fps) else _or_user_error("fps", checked_fps, self.fps),
        )


def _or_user_error(name: str, checked: Callable[[Value], Result], value: Value) -> Result:
    try:
        return checked(value)
    except ValueError as error:
        raise UserError(f"{name}: {error}") from error


NAN = float("nan")
UNDECLARED = Declared("", "", ("", "", ""), (NAN, NAN, NAN), NAN)


@dataclass(frozen=True, kw_only=True, eq=False)
class UnlabelledClip(Part):
    """A clip, what kind of file it is, and what was found beside it."""

    kind: str
    name: str
    said: Conventions | None  # by a clips.yaml
    labels: Part | None  # of a PKU-MMD video


def find(place: Path) -> list[Part]:
    """All clips of a file, a folder or a zip archive, in the order of their names."""
    with guarded(place):
        return _find(place)


def _find(place: Path) -> list[Part]:
    found: list[tuple[Part, str]] = []
    for part in archive.parts(place, *(f".{kind}" for kind in READERS)):
        kind = archive.suffix(part)
        if archive.file_name(part) == LABELS_CSV:
            continue
        if kind != "txt" or sniff.is_pku_video(sniff.head(part)):
            found.append((part, kind))
    if not found:
        raise UserError(
            f"{printable(str(place))}: holds no clip; expected files that end in"
            f" {', '.join(f'.{kind}' for kind in READERS)} (.txt: videos of PKU-MMD)"
        )
    named = Counter(archive.stem(part) for part, _ in found)
    labels = _label_files(place) if any(kind == "txt" for _, kind in found) else {}
    said = nearest_conventions(place, (part for part, _ in found))
    return [
        UnlabelledClip(
            part.path,
            part.member,
            kind=kind,
            name=archive.stem(part) if named[archive.stem(part)] == 1 else _long(place, part),
            said=said.get(part),
            labels=labels.get(archive.stem(part)),
        )
        for part, kind in found
    ]


def read(part: Part, declared: Declared) -> list[Recording | Damaged]:
    """The clips of a file; raises Damaged if all of it is wrong, and returns it in place of one
    clip of several."""
    if not isinstance(part, UnlabelledClip):
        (found,) = (each for each in find(part.path) if each.member == part.member)
        return read(found, declared)
    said = declared.conventions() if part.said is None else part.said
    with guarded(part):
        most = clip_files.LARGEST
        if not part.member and (size := part.path.stat().st_size) > most:
            raise Damaged(part, f"holds {size} bytes, expected at most {most}; {limits.CUT}")
        content = archive.content(part, most)
        return named_printably(READERS[part.kind](part, content, said))


def from_bytes(content: bytes, declared: Declared) -> list[Recording | Damaged]:
    """The clip that was read from standard input, of the kind that its first bytes show."""
    return _of_bytes(STANDARD_INPUT, "stdin", content, declared)


def from_upload(file: str, content: bytes, declared: Declared) -> list[Recording | Damaged]:
    """The clip of a file that only its sender has; its name is shown and never opened."""
    place = Part(Path(file))
    return _of_bytes(place, archive.stem(place), content, declared)


def _of_bytes(
    place: Part, name: str, content: bytes, declared: Declared
) -> list[Recording | Damaged]:
    if not (kind := sniff.kind(content)):
        raise Damaged(place, "is empty, expected a clip")
    part = UnlabelledClip(place.path, kind=kind, name=name, said=None, labels=None)
    with guarded(place):
        return READERS[kind](part, content, declared.conventions())


Read = Callable[[UnlabelledClip, bytes, Conventions], list[Recording | Damaged]]


def _joints(part: UnlabelledClip, content: bytes, said: Conventions) -> list[Recording | Damaged]:
    return [clip_files.recording(part, content, part.kind, _meta(part.name), said)]


def _ntu(part: UnlabelledClip, content: bytes, said: Conventions) -> list[Recording | Damaged]:
    numbers = ntu.NAME.fullmatch(archive.stem(part))
    setup, camera, subject, _, action = map(int, numbers.groups()) if numbers else (0, 0, 0, 0, 0)
    meta = ClipMeta(part.name, action - 1, subject, camera, setup)
    return [ntu.recording(part, content, meta)]


def _pku(part: UnlabelledClip, content: bytes, said: Conventions) -> list[Recording | Damaged]:
    frames = pku_text.video(part, content)
    if part.labels is None:
        whole = pku_text.ActionInterval(NOBODY_SAYS, 1, len(frames.numbers))
        return [pku_text.interval_clip(part, frames, whole, _meta(part.name))]

    def meta(_: pku_text.LabelLine, interval: pku_text.ActionInterval) -> ClipMeta:
        return _meta(f"{part.name}_{interval.start}-{interval.end}", interval.label - 1)

    return pku_text.clips(part, part.labels, frames, meta)


READERS: dict[str, Read] = {
    **dict.fromkeys(clip_files.FORMATS, _joints),
    "skeleton": _ntu,
    "txt": _pku,
}


def _meta(name: str, label: int = NOBODY_SAYS) -> ClipMeta:
    return ClipMeta(name, label, subject=0, camera=0, setup=0)


def _long(place: Path, part: Part) -> str:
    """The path without ending, from the place that was searched on."""
    inside = part.path.relative_to(place) if part.path != place else Path()
    whole = PurePosixPath(inside.as_posix()) / part.member
    return str(whole.with_suffix(""))


def _label_files(place: Path) -> dict[str, Part]:
    """Label files of PKU-MMD by the names of their videos: in the place, or beside a file."""
    found = {}
    for each in (place, *(_beside(place) if place.is_file() else ())):
        for part in archive.parts(each, ".txt"):
            if archive.stem(part) not in found and sniff.is_pku_labels(sniff.head(part)):
                found[archive.stem(part)] = part
    return found


def _beside(file: Path) -> Iterable[Path]:
    """Folders and archives with labels near a video."""
    home = file.resolve().parent
    near = sorted({*home.iterdir(), *home.parent.iterdir()})
    return [
        each
        for each in near
        if "label" in each.name.lower() and (each.is_dir() or each.suffix.lower() == ".zip")
    ]
