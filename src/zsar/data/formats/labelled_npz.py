"""Reads clips that describe themselves: a folder or zip archive of .npz files with one labels.csv.

    clips.zip
        labels.csv            file,label,subject
                              clips/a01_s01_e01_skeleton3D.npz,high arm wave,1
        clips/*.npz           a file per clip, with the arrays
            skeleton          frames x joints x 3; skeleton2 is a second person
            joints            names of the joints in file order, such as ShoulderLeft
            fps, label        frames per second; the label once more

The names of the joints choose the layout, in any order. Subjects are numbers; where they have
names, such as the pairs of performers s01s02, they count from 1 in sorted order. Labels follow the
class list of MSR-Action3D or SBU if it has all of them, else they are sorted.

What was found of the axes and units of the two, from the geometry of all frames and of no class:

MSR-Action3D is as it should be: metres, x to the performer's right, y up, z away. Head to ankles is
1.54 m, and bones keep their lengths. The feet point where hips and shoulders face in 97 % of the
frames, so names of sides and axes agree; the right hand moves 1.7 times as far as the left one, so
the sensor was not mirrored. Its hip centre and spine lie 0.12 m behind the hips, and heads 0.19 m
nearer than ankles: the tracker's, left as they are.

SBU is read from `original` (frames x person x joint x xyz), not from `skeleton`, which multiplies x
and y by the depth as if they were pixels. They are not: with `original` as it is, the distance
between the shoulders varies by 0.5 % within a clip and is 0.30 m along x, y and z alike (with
`skeleton` 3 %); one factor between x and z of 0.98 or 1.02 makes that worse.
    millimetres   Probable, to about 15 %: trunk 0.43 m, head to feet 1.43 m, elbow to hand 0.28 m.
    pitch         Upright bodies recede upwards by 8.7 degrees; the floor sinks by 9 degrees over
                  all clips, and by about 12 between the two persons of a clip: the camera looked up
                  by 9 degrees, which are turned back. Sure to about 3 degrees.
    sides         Names and axes agree: knees bend forwards in 75 % of the frames, elbows backwards
                  in 83 %, and persons face each other in 92 %. Unsure is whether the sensor was
                  mirrored and so all of left and right: neither hand moves further.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from zsar.data import protocols
from zsar.data.files import archive, small_arrays
from zsar.data.files.limits import lines
from zsar.data.joint_names import in_order_of, known_layout, no_layout
from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, Unreadable, to_recording

HOME = (
    "https://wangjiangb.github.io/my_data.html (MSR-Action3D) or"
    " https://www3.cs.stonybrook.edu/~kyun/research/kinect_interaction (SBU), as a zip archive of"
    " an npz file per clip and labels.csv (see zsar.data.formats.labelled_npz)"
)
LABELS_CSV = "labels.csv"
COLUMNS = ["file", "label", "subject"]
LARGEST = 1 << 24  # bytes of a clip, or of labels.csv
CATALOGUE = ("msr_action3d", "sbu")  # the data sets that are distributed so

Arrays = Mapping[str, np.ndarray]
Bodies = Float[np.ndarray, "frame body theirs xyz"]


class Coordinates(NamedTuple):
    """Where the joints of a clip stand, and how they become metres with y upwards."""

    arrays: tuple[str, ...]  # one per person, or one with an axis of persons
    unit: float  # metres
    pitch: float  # degrees by which the camera looked up


METRES = Coordinates(("skeleton", "skeleton2"), unit=1.0, pitch=0.0)
COORDINATES = {"sbu": Coordinates(("original",), unit=0.001, pitch=9.0)}


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledClip(Part):
    """A clip, with what labels.csv says of it."""

    meta: ClipMeta
    label: str
    coordinates: Coordinates


class Row(NamedTuple):
    """A line of labels.csv."""

    line: int
    file: str
    label: str
    subject: str


def recognises(path: Path) -> bool:
    return any(_header(part) == COLUMNS for part in _label_files(path))


def classes(folder: Path) -> tuple[str, ...]:
    """The class list of the data set that has all labels, else the labels, sorted."""
    return _classes(_rows(_place(folder)))


def protocol(folder: Path) -> str:
    """By performer, where there are at least two."""
    return "xsub" if len({row.subject for row in _rows(_place(folder))}) > 1 else "clips"


def find(folder: Path) -> list[Part]:
    """The clips in the order of labels.csv; then those that it does not list."""
    place = _place(folder)
    rows, files = _rows(place), _files(folder, place)
    listed, subjects = _classes(rows), _subjects(rows)
    coordinates = COORDINATES.get(_dataset(rows), METRES)
    found: list[Part] = []
    for row in rows:
        if row.file not in files:
            why = Damaged(place, f"the clip {row.file} is not there; expected its file", row.line)
            found.append(Unreadable(place.path, row.file, why=why))
            continue
        part = files.pop(row.file)
        label = listed.index(row.label)
        meta = ClipMeta(archive.stem(part), label, subjects[row.subject], camera=0, setup=0)
        found.append(
            LabelledClip(
                part.path, part.member, meta=meta, label=row.label, coordinates=coordinates
            )
        )
    for part in files.values():
        why = Damaged(part, f"is not listed in {LABELS_CSV}; expected a line for every clip")
        found.append(Unreadable(part.path, part.member, why=why))
    return found


def read(part: LabelledClip | Unreadable) -> list[Recording]:
    if isinstance(part, Unreadable):
        raise part.why
    arrays = small_arrays.arrays(part, archive.content(part, LARGEST))
    label, fps = str(_array(part, arrays, "label", "U")), float(_array(part, arrays, "fps", "fiu"))
    if label != part.label:
        raise Damaged(part, f"says it is {label!r}, expected {part.label!r} as in {LABELS_CSV}")
    if not (np.isfinite(fps) and fps > 0):
        raise Damaged(part, f"fps is {fps}, expected more than 0")
    layout, order = _layout(part, arrays)
    bodies = _bodies(part, arrays, len(order))[:, :, order]
    return [to_recording(part, part.meta, layout, _upright(bodies, part.coordinates), fps)]


def _upright(bodies: Bodies, coordinates: Coordinates) -> Bodies:
    """In metres, turned about x so that y is up where the camera looked up."""
    sine, cosine = np.sin(np.radians(coordinates.pitch)), np.cos(np.radians(coordinates.pitch))
    turn = np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]])
    return bodies * coordinates.unit @ turn.T


def _bodies(part: LabelledClip, arrays: Arrays, joints: int) -> Bodies:
    """Frames x bodies x joints x xyz as in the file; a second person may be missing."""
    first, *others = part.coordinates.arrays
    names = [first, *(name for name in others if name in arrays)]
    found: list[np.ndarray] = []
    for name in names:
        array = _array(part, arrays, name, "fiu").astype(np.float64)
        people = array[:, None] if array.ndim == 3 else array
        if people.ndim != 4 or people.shape[2:] != (joints, 3):
            what = f"expected frames (x persons) x {joints} joints x 3"
            raise Damaged(part, f"{name} has the shape {array.shape}, {what}")
        if len(people) != len(found[0] if found else people):
            what = f"expected {len(found[0])} as in {first}"
            raise Damaged(part, f"{name} has {len(people)} frames, {what}")
        found.append(people)
    return np.concatenate(found, axis=1)


def _layout(part: Part, arrays: Arrays) -> tuple[Layout, list[int]]:
    """The layout of these joints, and their places in the file in its order."""
    names = [str(name) for name in _array(part, arrays, "joints", "U").ravel()]
    if fits := known_layout(names):
        layout = LAYOUTS[fits]
        if len(names) == len(layout.joints):
            return layout, in_order_of(names, layout)
    raise Damaged(part, no_layout(names) if names else "joints are none, expected their names")


def _array(part: Part, arrays: Arrays, name: str, kinds: str) -> np.ndarray:
    what = "text" if kinds == "U" else "numbers"
    if name not in arrays:
        raise Damaged(part, f"has no array {name}, expected one of {what}")
    array = arrays[name]
    if array.dtype.kind not in kinds:
        raise Damaged(part, f"{name} is of type {array.dtype}, expected {what}")
    if name in ("label", "fps") and array.size != 1:
        raise Damaged(part, f"{name} has the shape {array.shape}, expected a single value")
    return array.reshape(()) if name in ("label", "fps") else array


def _classes(rows: list[Row]) -> tuple[str, ...]:
    published = _dataset(rows)
    if published:
        return protocols.dataset(published).classes
    return tuple(sorted({row.label for row in rows}))


def _dataset(rows: list[Row]) -> str:
    """The published data set whose class list has all labels; empty: none."""
    labels = {row.label for row in rows}
    has_all = (name for name in CATALOGUE if labels <= set(protocols.dataset(name).classes))
    return next(has_all, "")


def _subjects(rows: list[Row]) -> dict[str, int]:
    """A number for every subject: its own, or its place among the names."""
    subjects = sorted({row.subject for row in rows})
    if all(subject.isdecimal() for subject in subjects):
        return {subject: int(subject) for subject in subjects}
    return {subject: number for number, subject in enumerate(subjects, 1)}


def _label_files(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".csv") if archive.file_name(part) == LABELS_CSV]


def _place(folder: Path) -> Part:
    found = _label_files(folder)
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise Damaged(folder, f"expected one {LABELS_CSV} and its clips; found {names}; see {HOME}")
    return found[0]


def _table(place: Part) -> list[list[str]]:
    try:
        rows = lines(place, archive.content(place, LARGEST).decode("utf-8-sig"))
        table = [[field.strip() for field in row] for row in csv.reader(rows)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Damaged(place, f"is no readable table in UTF-8 ({error})") from error
    for number, row in enumerate(table, start=1):
        if strange := [field for field in row if not field.isprintable()]:
            raise Damaged(place, f"{strange[0]!a} holds what cannot be printed", number)
    return table


def _header(place: Part) -> list[str]:
    try:
        return next(iter(_table(place)), [])
    except Damaged:
        return []


def _rows(place: Part) -> list[Row]:
    table = _table(place)
    if not table or table[0] != COLUMNS:
        found = ",".join(table[0]) if table else "nothing"
        raise Damaged(place, f"begins with {found!r}, expected {','.join(COLUMNS)}", 1)
    rows: dict[str, Row] = {}
    for line, fields in enumerate(table[1:], start=2):
        if not any(fields):
            continue
        if len(fields) != len(COLUMNS) or not all(fields):
            raise Damaged(place, f"{fields}, expected a file, a label and a subject", line)
        row = Row(line, *fields)
        if row.file in rows:
            raise Damaged(place, f"{row.file} is also in line {rows[row.file].line}", line)
        rows[row.file] = row
    if not rows:
        raise Damaged(place, "lists no clip, expected a line for every clip")
    return list(rows.values())


def _files(folder: Path, place: Part) -> dict[str, Part]:
    """The clips by their names in labels.csv, which are relative to it."""
    top = PurePosixPath(place.member or place.path.as_posix()).parent
    found = {}
    for part in archive.unique(archive.parts(folder, ".npz")):
        file = PurePosixPath(part.member or part.path.as_posix())
        found[str(file.relative_to(top) if file.is_relative_to(top) else file)] = part
    return found
