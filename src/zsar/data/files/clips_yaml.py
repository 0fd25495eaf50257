"""The clips.yaml of your own recordings: which joints, which unit, which labels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.data.files.located_yaml import LocatedValue, plain_name
from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.recording import ClipMeta, present
from zsar.data.skeleton import JOINTS

METRES = {"metre": 1.0, "centimetre": 0.01, "millimetre": 0.001}
AXES = {
    f"{sign}{axis}": vector * (-1 if sign else 1)
    for axis, vector in zip("xyz", np.eye(3), strict=True)
    for sign in ("", "-")
}
FIELDS = ("layout", "unit", "axes", "origin", "fps", "classes", "subjects", "clips", "names")
SLOWEST, FASTEST = 1.0, 1000.0  # frames per second
NUMBERS = ("subject", "camera", "setup")
PLACEHOLDERS = "{label}, {number}, {subject}, {camera}, {setup}, {}"


@dataclass(frozen=True)
class CoordinateSystem:
    """How coordinates in the files become metres in the axes of a camera that looks along z."""

    layout: Layout
    axes: Float[np.ndarray, "3 3"]
    origin: Float[np.ndarray, "3"]

    def to_metres(
        self, bodies: Float[np.ndarray, "frame body theirs xyz"]
    ) -> Float[np.ndarray, "frame body theirs xyz"]:
        mask = present(bodies)[:, :, None, None]
        return np.where(mask, bodies @ self.axes.T + self.origin, 0)


@dataclass(frozen=True)
class ClipsYaml:
    """A clips.yaml that was checked; `clips` lists clips by file name, or `names` is a pattern."""

    coordinates: CoordinateSystem
    classes: tuple[str, ...]
    subjects: tuple[str, ...]
    clips: Mapping[str, LocatedValue]
    names: LocatedValue | None
    fps: float  # NaN where it is not said

    def meta(self, name: str, values: Mapping[str, str]) -> ClipMeta:
        """The label and the numbers of a clip from an entry or a file name; ValueError if there are
        none."""
        numbers = {key: self._number(key, values[key]) for key in NUMBERS if key in values}
        known = dict.fromkeys(NUMBERS, 0) | numbers
        return ClipMeta(name, self._label(values), **known)

    def _label(self, values: Mapping[str, str]) -> int:
        if "number" in values:
            if not 1 <= int(values["number"]) <= len(self.classes):
                last = len(self.classes)
                raise ValueError(f"class number {values['number']}, expected 1 to {last}")
            return int(values["number"]) - 1
        names = [plain_name(each) for each in self.classes]
        if plain_name(values["label"]) not in names:
            raise ValueError(f"label {values['label']!r} is none of: {', '.join(self.classes)}")
        return names.index(plain_name(values["label"]))

    def _number(self, key: str, value: str) -> int:
        if key == "subject" and value in self.subjects:
            return self.subjects.index(value) + 1
        if not value.isdecimal():
            known = f" or one of `subjects`: {', '.join(self.subjects)}" if self.subjects else ""
            raise ValueError(f"{key} {value!r}, expected a whole number{known}")
        return int(value)


def clips_yaml(top: LocatedValue) -> ClipsYaml:
    """Check everything that can be checked without looking at the clips."""
    fields = top.fields(FIELDS, needed=("layout", "unit", "classes"))
    if ("clips" in fields) == ("names" in fields):
        raise top.damaged("expected either `clips` (a list by file name) or `names` (a pattern)")
    scale = METRES[fields["unit"].choice(METRES)]
    axes = _axes(fields["axes"]) if "axes" in fields else np.eye(3)
    origin = _point(fields["origin"]) if "origin" in fields else np.zeros(3)
    return ClipsYaml(
        CoordinateSystem(_layout(fields["layout"]), axes * scale, origin),
        _distinct(fields["classes"]),
        _distinct(fields["subjects"]) if "subjects" in fields else (),
        fields["clips"].entries() if "clips" in fields else {},
        fields.get("names"),
        _fps(fields["fps"]) if "fps" in fields else float("nan"),
    )


def entry_values(entry: LocatedValue) -> dict[str, str]:
    """The values of one entry under `clips`."""
    fields = entry.fields(("label", *NUMBERS), needed=("label",))
    return {key: item.text() for key, item in fields.items()}


def pattern(names: LocatedValue) -> re.Pattern[str]:
    """`{label}/s{subject}_{}` as a regular expression; {} is anything within a name."""
    meanings = {"label": r"(?P<label>[^/]+?)", "number": r"(?P<number>\d+)", "": r"[^/]*"}
    meanings |= {key: rf"(?P<{key}>[^/]+?)" for key in NUMBERS}
    pieces = re.split(r"\{(.*?)\}", re.sub(r"\.(csv|npz)$", "", names.text()))
    fields = pieces[1::2]
    for field in fields:
        if field not in meanings or (field and fields.count(field) > 1):
            raise names.damaged(f"{{{field}}} is unknown or given twice, expected: {PLACEHOLDERS}")
    if ("label" in fields) == ("number" in fields):
        raise names.damaged("expected either {label} or {number} in the pattern")
    parts = [meanings[p] if k % 2 else re.escape(p) for k, p in enumerate(pieces)]
    return re.compile("".join(parts))


def _layout(item: LocatedValue) -> Layout:
    if not item.is_mapping:
        return LAYOUTS[item.choice(LAYOUTS)]
    fields = item.fields(("joints", "mapping"), needed=("joints",))
    joints = _distinct(fields["joints"])
    mapping = fields["mapping"].entries() if "mapping" in fields else {}
    measured: dict[str, str] = {joint: joint for joint in joints if joint in JOINTS}
    derived: dict[str, dict[str, float]] = {}
    for joint, source in mapping.items():
        if joint not in JOINTS:
            raise source.damaged(f"unknown joint {joint!r}, expected one of: {', '.join(JOINTS)}")
        measured.pop(joint, None)
        if source.is_mapping:
            derived[joint] = {key: each.number() for key, each in source.entries().items()}
        else:
            measured[joint] = source.text()
        for key in derived.get(joint, {measured.get(joint): 1}):
            if key not in joints:
                raise source.damaged(f"unknown joint {key!r}, the layout has: {', '.join(joints)}")
    try:
        return Layout(joints, measured, derived)
    except ValueError as error:
        raise item.damaged(str(error)) from error


def _distinct(item: LocatedValue) -> tuple[str, ...]:
    found: list[str] = []
    for each in item.items():
        if plain_name(each.text()) in map(plain_name, found):
            raise each.damaged(f"{each.text()!r} is listed twice, expected it once")
        found.append(each.text())
    if not found:
        raise item.damaged("the list is empty")
    return tuple(found)


def _axes(item: LocatedValue) -> Float[np.ndarray, "3 3"]:
    axes = np.array([AXES[each.choice(AXES)] for each in item.items()])
    if axes.shape != (3, 3) or abs(np.linalg.det(axes)) != 1:
        raise item.damaged("expected three different axes, such as [x, -y, -z]")
    return axes


def _fps(item: LocatedValue) -> float:
    if not SLOWEST <= item.number() <= FASTEST:
        raise item.damaged(f"expected frames per second, {SLOWEST:g} to {FASTEST:g}")
    return item.number()


def _point(item: LocatedValue) -> Float[np.ndarray, "3"]:
    point = np.array([each.number() for each in item.items()])
    if point.shape != (3,) or not np.isfinite(point).all():
        raise item.damaged("expected three numbers, in metres")
    return point
