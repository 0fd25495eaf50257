"""Reads your own recordings: a folder or zip archive of clips with one clips.yaml.

    my_study.zip                        clips.yaml
        clips.yaml                          layout: kinect20
        wave/anna_1.csv                     unit: metre
        wave/ben_1.csv                      classes: [wave, sit down]
        sit_down/anna_1.csv                 subjects: [anna, ben]
        ...                                 names: "{label}/{subject}_{}"

Clips are .csv, .npz, .npy or .bvh. `zsar add my_study my_study.zip --write` is the next step;
`zsar show wave/anna_1.csv` draws a clip before that. What clips.yaml may say:

    layout    the joints in file order: ntu25 (Kinect v2), kinect20 (Kinect v1), kinect20_utd,
              coco17, mediapipe33, smpl22, azure32 (Azure Kinect), kard15; or your own, for instance
                  layout:
                    joints: [hips, chest, head, left_hand, right_hand, ...]
                    mapping:
                      spine_base: hips                  # what is it among the 25 joints?
                      neck: {chest: 0.5, head: 0.5}     # computed from others
              Joints named as one of the 25 need no mapping, nor do those that are together those of
              a known layout; all 25 need a source. ShoulderLeft, SHOULDER_LEFT and left_shoulder
              are one name everywhere. Without it, or with `bvh`, files have to name their joints.
    unit      metre, centimetre, millimetre or inch. May be left out where the layout is: then as
              in `axes`, and a .bvh is measured (zsar.data.files.bvh).
    axes      which axes of the files are x, y, z, if they differ from a Kinect's: x towards the
              right hand of a person who faces the camera, y up, z away from the camera.
              Images have x, y turned: [-x, -y, z]. Models that look along z with the left hand at x
              (SMPL): [-x, y, -z]. Without it: [x, y, z]; for mediapipe33 [-x, -y, z] and `origin`
              [0, 0, 3], as its world landmarks need; for azure32 [-x, -y, z] and millimetres; and a
              .bvh is turned upright and towards the camera.
    origin    a point in metres that is added to every joint. Skeletons centred on their own hips
              need one, for instance [0, 0, 3]: all zeros mean an absent body.
    fps       frames per second; without it, and if the files do not say, nothing is known of speeds
              (`kinematics`). What an .npz or .bvh says counts first, the times of a .csv last.
    classes   the names of all actions; labels count from 0 in this order.
    subjects  names of performers, if they have no numbers; they count from 1 in this order.
    names     what file names say of clips, relative to the folder of clips.yaml and without .csv:
              {label} (`sit_down` is `sit down`) or {number} (of the class, from 1), {subject},
              {camera}, {setup}, and {} for anything else.
    clips     instead of `names`, a list:
                  clips:
                    anna_1.csv: {label: wave, subject: anna, camera: 1}
                    ben_7.npz: {label: sit down, subject: ben}

A .csv has a line per frame, x, y, z of the first joint, of the second, ..., then of the joints of a
second person; all zeros where a body is absent. Its first line may name the columns: then they may
stand in any order (hip_center_x or HipCenterX; a second person has the same names again), with a
column `time` (seconds, milliseconds or finer), `frame`, and `visibility` or `presence` of joints,
which are not used. Joints that are numbered, x0, y0, z0, x1, ..., are in the order of the layout. A
.npz holds one array, frames x joints x 3 or frames x bodies x joints x 3, and may hold `joints`
(their names) and `fps`; a .npy the array alone. A clip is called by its file name without ending,
wave/anna_1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zsar.data.files import archive, clip_files
from zsar.data.files.clip_files import SUFFIXES, recording
from zsar.data.files.clips_yaml import (
    CLIPS_YAML,
    ClipsYaml,
    clips_yaml,
    entry_values,
    pattern,
)
from zsar.data.files.coordinates import Conventions
from zsar.data.files.located_yaml import located_yaml
from zsar.data.files.nearest_clips_yaml import LARGEST
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, Unreadable

HOME = "your own recordings: .csv, .npz or .bvh clips with a clips.yaml (see zsar.data.formats.own)"


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnClip(Part):
    """A clip, with its label and its coordinate system from clips.yaml."""

    meta: ClipMeta
    said: Conventions


def recognises(path: Path) -> bool:
    return any(archive.file_name(part) == CLIPS_YAML for part in archive.parts(path, ".yaml"))


def classes(folder: Path) -> tuple[str, ...]:
    """The names of the actions, in the order of their labels."""
    return _read_clips_yaml(_place(folder)).classes


def protocol(folder: Path) -> str:
    """By performer, where clips.yaml has at least two."""
    performers = {part.meta.subject for part in find(folder) if isinstance(part, OwnClip)}
    return "xsub" if len(performers) > 1 else "clips"


def find(folder: Path) -> list[Part]:
    place = _place(folder)
    description, files = _read_clips_yaml(place), _files(folder, place)
    select = _listed if description.names is None else _matched
    found = select(description, files)
    if not found:
        raise Damaged(place, f"finds no clip; expected {', '.join(SUFFIXES)} files beside it")
    return found


def read(part: OwnClip | Unreadable) -> list[Recording]:
    if isinstance(part, Unreadable):
        raise part.why
    kind = archive.suffix(part)
    return [recording(part, archive.content(part, clip_files.LARGEST), kind, part.meta, part.said)]


def _place(folder: Path) -> Part:
    found = archive.parts(folder, ".yaml", ".yml")
    if len(found) != 1 or archive.file_name(found[0]) != CLIPS_YAML:
        names = ", ".join(map(str, found)) or "none"
        raise Damaged(folder, f"expected one YAML file, {CLIPS_YAML}; found {names}")
    return found[0]


def _read_clips_yaml(place: Part) -> ClipsYaml:
    return clips_yaml(located_yaml(place, archive.content(place, LARGEST)))


def _files(folder: Path, place: Part) -> dict[str, Part]:
    """The clips by their names in clips.yaml."""
    found: dict[str, Part] = {}
    clips: dict[str, Part] = {}
    for part in archive.parts(folder, *SUFFIXES):
        name = _relative_name(place, part)
        if _clip_name(name) in clips:
            raise Damaged(part, f"the clip is also in {clips[_clip_name(name)]}; expected it once")
        found[name] = clips[_clip_name(name)] = part
    return found


def _relative_name(place: Part, part: Part) -> str:
    if not part.member:
        folder = place.path.parent
        inside = part.path.is_relative_to(folder)
        return (part.path.relative_to(folder) if inside else part.path).as_posix()
    top = PurePosixPath(place.member if part.path == place.path else "").parent
    member = PurePosixPath(part.member)
    return str(member.relative_to(top) if member.is_relative_to(top) else member)


def _listed(description: ClipsYaml, files: Mapping[str, Part]) -> list[Part]:
    found: list[Part] = []
    for name, entry in sorted(description.clips.items()):
        values = entry_values(entry)
        try:
            meta = description.meta(_clip_name(name), values)
        except ValueError as error:
            raise entry.damaged(f"{name}: {error}") from error
        if name in files:
            found.append(_clip(files[name], meta, description))
        else:
            why = entry.damaged(
                f"the clip {name} is not there; expected a .csv or .npz file or such"
            )
            found.append(Unreadable(entry.place.path, name, why=why))
    return found


def _matched(description: ClipsYaml, files: Mapping[str, Part]) -> list[Part]:
    assert description.names is not None
    form = pattern(description.names)
    found: list[Part] = []
    for name, part in sorted(files.items()):
        match = form.fullmatch(_clip_name(name))
        try:
            if match is None:
                raise ValueError(f"is not named as `names` says: {description.names.text()}")
            meta = description.meta(_clip_name(name), match.groupdict())
            found.append(_clip(part, meta, description))
        except ValueError as error:
            found.append(Unreadable(part.path, part.member, why=Damaged(part, str(error))))
    return found


def _clip(part: Part, meta: ClipMeta, description: ClipsYaml) -> OwnClip:
    return OwnClip(part.path, part.member, meta=meta, said=description.said)


def _clip_name(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
