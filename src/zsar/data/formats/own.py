"""Reads your own recordings: a folder or zip archive of .csv or .npz clips with one clips.yaml.

    my_study.zip                        clips.yaml
        clips.yaml                          layout: kinect20
        wave/anna_1.csv                     unit: metre
        wave/ben_1.csv                      classes: [wave, sit down]
        sit_down/anna_1.csv                 subjects: [anna, ben]
        ...                                 names: "{label}/{subject}_{}"

`zsar add my_study my_study.zip --write` is the next step. What clips.yaml may say:

    layout    the joints in file order: ntu25 (Kinect v2), kinect20 (Kinect v1), kinect20_utd,
              coco17, mediapipe33, smpl22, kard15; or your own, for instance
                  layout:
                    joints: [hips, chest, head, left_hand, right_hand, ...]
                    mapping:
                      spine_base: hips                  # what is it among the 25 joints?
                      neck: {chest: 0.5, head: 0.5}     # computed from others
              Joints named as one of the 25 need no mapping; all 25 need a source.
    unit      metre, centimetre or millimetre.
    axes      where x, y, z are to come from, if the files differ from a Kinect's: x towards the
              right hand of a person who faces the camera, y up, z away from the camera.
              Images have x, y turned (MediaPipe, many pose estimators): [-x, -y, z]. Models that
              look along z with the left hand at x (SMPL): [-x, y, -z]. Without it: [x, y, z].
    origin    a point in metres that is added to every joint. Skeletons centred on their own hips
              need one, for instance [0, 0, 3]: all zeros mean that nobody is there.
    classes   the names of all actions; labels count from 0 in this order.
    subjects  names of performers, if they have no numbers; they count from 1 in this order.
    names     how file names tell about clips, seen from the folder of clips.yaml and without .csv:
              {label} (`sit_down` is `sit down`) or {number} (of the class, from 1), {subject},
              {camera}, {setup}, and {} for anything else.
    clips     instead of `names`, a list:
                  clips:
                    anna_1.csv: {label: wave, subject: anna, camera: 1}
                    ben_7.npz: {label: sit down, subject: ben}

A .csv has a line per frame, x, y, z of the first joint, of the second, ..., then of the joints of a
second person; all zeros where somebody is not there. A first line of names is checked:
hip_center_x, hip_center_y, ... A .npz holds one array, frames x joints x 3 or frames x bodies x
joints x 3. A clip is called by its file name without ending, wave/anna_1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from zsar.data.files import archive
from zsar.data.files.clip_files import joints
from zsar.data.files.clips_yaml import ClipsYaml, Space, clips_yaml, pattern, words
from zsar.data.files.located_yaml import located_yaml
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, recorded

HOME = "your own recordings: clips as .csv or .npz with one clips.yaml (see zsar.data.formats.own)"
SHEET = "clips.yaml"
SMALLEST, LARGEST = 0.2, 5.0  # metres; a body outside is a sign of a wrong unit


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip(Part):
    """A clip and all that clips.yaml says of it."""

    facts: ClipMeta
    space: Space


@dataclass(frozen=True, kw_only=True, eq=False)
class Absent(Part):
    """Something that cannot be read, and why."""

    why: Damaged


def recognises(path: Path) -> bool:
    return any(_file_name(part) == SHEET for part in archive.parts(path, ".yaml"))


def classes(folder: Path) -> tuple[str, ...]:
    """The names of the actions, in the order of their labels."""
    return _sheet(_place(folder)).classes


def protocol(folder: Path) -> str:
    """By performer, where clips.yaml tells two apart."""
    performers = {part.facts.subject for part in find(folder) if isinstance(part, Clip)}
    return "xsub" if len(performers) > 1 else "clips"


def find(folder: Path) -> list[Part]:
    place = _place(folder)
    rules, files = _sheet(place), _files(folder, place)
    found = _listed(rules, files) if rules.names is None else _matched(rules, files)
    if not found:
        raise Damaged(place, "finds no clip; expected .csv or .npz files beside it")
    return found


def read(part: Clip | Absent) -> list[Recording]:
    if isinstance(part, Absent):
        raise part.why
    layout = part.space.layout
    bodies = part.space.placed(joints(part, archive.content(part), layout.joints))
    recording = recorded(part, part.facts, layout, bodies)
    _check(part, recording)
    return [recording]


def _place(folder: Path) -> Part:
    found = archive.parts(folder, ".yaml", ".yml")
    if len(found) != 1 or _file_name(found[0]) != SHEET:
        names = ", ".join(map(str, found)) or "none"
        raise Damaged(folder, f"expected one YAML file, {SHEET}; found {names}")
    return found[0]


def _sheet(place: Part) -> ClipsYaml:
    return clips_yaml(located_yaml(place, archive.content(place)))


def _file_name(part: Part) -> str:
    return Path(part.member or part.path).name


def _files(folder: Path, place: Part) -> dict[str, Part]:
    """The clips by the name under which clips.yaml knows them."""
    found: dict[str, Part] = {}
    clips: dict[str, Part] = {}
    for part in archive.parts(folder, ".csv", ".npz"):
        name = _seen_from(place, part)
        if _clip_name(name) in clips:
            raise Damaged(part, f"the clip is also in {clips[_clip_name(name)]}; expected it once")
        found[name] = clips[_clip_name(name)] = part
    return found


def _seen_from(place: Part, part: Part) -> str:
    if not part.member:
        folder = place.path.parent
        inside = part.path.is_relative_to(folder)
        return (part.path.relative_to(folder) if inside else part.path).as_posix()
    top = PurePosixPath(place.member if part.path == place.path else "").parent
    member = PurePosixPath(part.member)
    return str(member.relative_to(top) if member.is_relative_to(top) else member)


def _listed(rules: ClipsYaml, files: Mapping[str, Part]) -> list[Part]:
    found: list[Part] = []
    for name, entry in sorted(rules.clips.items()):
        said = words(entry)
        try:
            facts = rules.facts(_clip_name(name), said)
        except ValueError as error:
            raise entry.damaged(f"{name}: {error}") from error
        if name in files:
            found.append(_clip(files[name], facts, rules))
        else:
            why = entry.damaged(f"the clip {name} is not there; expected a .csv or .npz file")
            found.append(Absent(entry.place.path, name, why=why))
    return found


def _matched(rules: ClipsYaml, files: Mapping[str, Part]) -> list[Part]:
    assert rules.names is not None
    form = pattern(rules.names)
    found: list[Part] = []
    for name, part in sorted(files.items()):
        match = form.fullmatch(_clip_name(name))
        try:
            if match is None:
                raise ValueError(f"is not named as `names` says: {rules.names.text()}")
            facts = rules.facts(_clip_name(name), match.groupdict())
            found.append(_clip(part, facts, rules))
        except ValueError as error:
            found.append(Absent(part.path, part.member, why=Damaged(part, str(error))))
    return found


def _clip(part: Part, facts: ClipMeta, rules: ClipsYaml) -> Clip:
    return Clip(part.path, part.member, facts=facts, space=rules.space)


def _clip_name(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _check(part: Part, recording: Recording) -> None:
    """Refuse what a wrong unit or a missing origin makes of a clip."""
    here = recording.ids > 0
    lost = here & ~recording.bodies[:, :, 0].any(-1)
    if lost.any():
        frame = lost.any(1).argmax() + 1
        what = "the spine base is all zeros, which means nobody; give clips.yaml an `origin`"
        raise Damaged(part, f"frame {frame}: {what}")
    size = float(np.median(np.ptp(recording.bodies[here], axis=1).max(1))) if here.any() else 1.0
    if not SMALLEST < size < LARGEST:
        raise Damaged(part, f"bodies measure {size:.3g} m; is `unit` in clips.yaml right?")
