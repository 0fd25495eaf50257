"""The clips.yaml of your own recordings: which joints, which unit, which labels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.data.files.coordinates import AXES, METRES, Conventions, axes_matrix, checked_fps
from zsar.data.files.located_yaml import LocatedValue, plain_name
from zsar.data.joint_names import joint_key, known_layout, ntu25_joint, places
from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.recording import ClipMeta, Damaged
from zsar.data.skeleton import JOINTS

CLIPS_YAML = "clips.yaml"
FIELDS = ("layout", "unit", "axes", "origin", "fps", "classes", "subjects", "clips", "names")
SELF_DESCRIBED = "bvh"  # the layout of files that name their joints themselves
MOST_NAMES = 2000  # of classes, of performers, of joints
NUMBERS = ("subject", "camera", "setup")
PLACEHOLDERS = "{label}, {number}, {subject}, {camera}, {setup}, {}"


@dataclass(frozen=True)
class ClipsYaml:
    """A clips.yaml that was checked; `clips` lists clips by file name, or `names` is a pattern."""

    said: Conventions
    classes: tuple[str, ...]
    subjects: tuple[str, ...]
    clips: Mapping[str, LocatedValue]
    names: LocatedValue | None

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
    fields = top.fields(FIELDS, needed=("classes",))
    said = conventions(top)
    if ("clips" in fields) == ("names" in fields):
        raise top.damaged("expected either `clips` (a list by file name) or `names` (a pattern)")
    return ClipsYaml(
        said,
        _distinct(fields["classes"]),
        _distinct(fields["subjects"]) if "subjects" in fields else (),
        fields["clips"].entries() if "clips" in fields else {},
        fields.get("names"),
    )


def conventions(top: LocatedValue) -> Conventions:
    """What it says of the coordinates, whether or not it says anything of labels yet."""
    fields = top.fields(FIELDS, needed=())
    layout = _layout(fields["layout"]) if "layout" in fields else None
    if layout is not None and "unit" not in fields:
        raise top.damaged("`unit` is missing")
    return Conventions(
        layout,
        METRES[fields["unit"].choice(METRES)] if "unit" in fields else None,
        _axes(fields["axes"]) if "axes" in fields else None,
        _point(fields["origin"]) if "origin" in fields else None,
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
    pieces = re.split(r"\{(.*?)\}", re.sub(r"\.(csv|npz|npy|bvh)$", "", names.text()))
    fields = pieces[1::2]
    for field in fields:
        if field not in meanings or (field and fields.count(field) > 1):
            raise names.damaged(f"{{{field}}} is unknown or given twice, expected: {PLACEHOLDERS}")
    if ("label" in fields) == ("number" in fields):
        raise names.damaged("expected either {label} or {number} in the pattern")
    parts = [meanings[p] if k % 2 else re.escape(p) for k, p in enumerate(pieces)]
    return re.compile("".join(parts))


def _layout(item: LocatedValue) -> Layout | None:
    if not item.is_mapping:
        name = item.choice([*LAYOUTS, SELF_DESCRIBED])
        return None if name == SELF_DESCRIBED else LAYOUTS[name]
    fields = item.fields(("joints", "mapping"), needed=("joints",))
    joints = _distinct(fields["joints"])
    mapping = fields["mapping"].entries() if "mapping" in fields else {}
    measured, derived = _sources(joints)
    for name, source in mapping.items():
        if not (joint := ntu25_joint(name)):
            raise source.damaged(f"unknown joint {name!r}, expected one of: {', '.join(JOINTS)}")
        measured.pop(joint, None)
        derived.pop(joint, None)
        if source.is_mapping:
            derived[joint] = {
                _own(joints, key, source): each.number() for key, each in source.entries().items()
            }
        else:
            measured[joint] = _own(joints, source.text(), source)
    try:
        return Layout(joints, measured, derived)
    except ValueError as error:
        raise item.damaged(str(error)) from error


def _sources(joints: tuple[str, ...]) -> tuple[dict[str, str], dict[str, dict[str, float]]]:
    """Measured and derived joints that need no mapping: those called as one of the 25, and all
    where these are the joints of a known layout."""
    own = {joint_key(joint): joint for joint in joints}
    if not (known := known_layout(joints)):
        named = {ntu25_joint(joint): joint for joint in joints}
        return {joint: name for joint, name in named.items() if joint}, {}
    layout = LAYOUTS[known]
    measured = {joint: own[joint_key(theirs)] for joint, theirs in layout.measured.items()}
    derived = {
        joint: {own[joint_key(theirs)]: weight for theirs, weight in weights.items()}
        for joint, weights in layout.derived.items()
    }
    return measured, derived


def _own(joints: tuple[str, ...], name: str, source: LocatedValue) -> str:
    """The joint as the list spells it."""
    place = places(joints).get(joint_key(name))
    if place is None:
        raise source.damaged(f"unknown joint {name!r}, the layout has: {', '.join(joints)}")
    return joints[place]


def _distinct(item: LocatedValue) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for each in item.items():
        if plain_name(each.text()) in found:
            raise each.damaged(f"{each.text()!r} is listed twice, expected it once")
        found[plain_name(each.text())] = each.text()
    if not found:
        raise item.damaged("the list is empty")
    if len(found) > MOST_NAMES:
        raise item.damaged(f"lists {len(found)} names, expected at most {MOST_NAMES}")
    return tuple(found.values())


def _axes(item: LocatedValue) -> Float[np.ndarray, "3 3"]:
    try:
        return axes_matrix(tuple(each.choice(AXES) for each in item.items()))
    except Damaged:
        raise
    except ValueError as error:
        raise item.damaged(str(error)) from error


def _fps(item: LocatedValue) -> float:
    fps = item.number()
    try:
        return checked_fps(fps)
    except ValueError as error:
        raise item.damaged(str(error)) from error


def _point(item: LocatedValue) -> Float[np.ndarray, "3"]:
    point = np.array([each.number() for each in item.items()])
    if point.shape != (3,) or not np.isfinite(point).all():
        raise item.damaged("expected three numbers, in metres")
    return point
