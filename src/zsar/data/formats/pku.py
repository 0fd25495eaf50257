"""Reads PKU-MMD I and II: a text file per video and view, and a label file of the same name.

A video (0002-L.txt, in II A01N01-L.txt) has a line per frame, 150 numbers: two bodies x 25 joints
x xyz, the second all zero where one person is alone. Its label file has a line per action,
`label,start,end,confidence`, label 1 to 51, frames counted from 1, both ends included. Labels are
in a folder or archive whose name contains "label" (Train_Label_PKU_final, Label_PKUMMD.zip, ...).

A clip is called F002V001C003L001 after video, view (L M R are cameras 1 2 3), label and label line
(blank lines do not count), in part II A001N001V001C003L001. The subject is the number of the video,
because the published protocol names videos; in part II it is 100 A + N. Clips have all their
frames, however many. A wrong label line loses its own clip, a wrong frame the clips that show it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from zsar.data.files import archive
from zsar.data.files.limits import TEXT
from zsar.data.files.pku_text import ActionInterval, LabelLine, clips, video
from zsar.data.recording import ClipMeta, Damaged, Part, Recording

HOME = "http://39.96.165.147/Projects/PKUMMD/PKU-MMD.html (skeletons and labels; ask the authors)"
NAME = re.compile(r"(?:(\d{4})|A(\d\d)N(\d\d))-([LMR])")
VIEWS = "LMR"


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoPart(Part):
    """A video and where its labels are."""

    labels: Part | None


def recognises(path: Path) -> bool:
    return bool(_texts(path))


def find(folder: Path) -> list[Part]:
    texts = _texts(folder)
    if not texts:
        raise Damaged(folder, f"has no video such as 0002-L.txt; expected the files of {HOME}")
    labels = {archive.stem(part): part for part in archive.unique(filter(_is_label(folder), texts))}
    if not labels:
        raise Damaged(
            folder, 'has no label files; expected them in a folder with "label" in its name'
        )
    videos = archive.unique(part for part in texts if not _is_label(folder)(part))
    if not videos:
        raise Damaged(folder, f"has label files only; expected the videos from {HOME}")
    found = [
        VideoPart(part.path, part.member, labels=labels.get(archive.stem(part))) for part in videos
    ]
    return sorted(found, key=archive.stem)


def read(part: VideoPart) -> list[Recording | Damaged]:
    """A clip for every label line, or what is wrong with it."""
    if part.labels is None:
        raise Damaged(part, "has no label file of the same name")
    frames = video(part, archive.content(part, TEXT))
    return clips(part, part.labels, frames, partial(_meta, part))


def _texts(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".txt") if NAME.fullmatch(archive.stem(part))]


def _is_label(folder: Path) -> Callable[[Part], bool]:
    def is_label(part: Part) -> bool:
        inside = part.path.relative_to(folder) if part.path != folder else Path(folder.name)
        return "label" in f"{inside.parent / inside.stem}/{Path(part.member).parent}".lower()

    return is_label


def _meta(part: VideoPart, line: LabelLine, interval: ActionInterval) -> ClipMeta:
    video, group, person, view = NAME.fullmatch(archive.stem(part)).groups()  # type: ignore[union-attr]
    camera = VIEWS.index(view) + 1
    first = f"F{int(video):03d}" if video else f"A{int(group):03d}N{int(person):03d}"
    name = f"{first}V{camera:03d}C{interval.label:03d}L{line.number:03d}"
    subject = int(video or 100 * int(group) + int(person))
    return ClipMeta(name, interval.label - 1, subject, camera, setup=0)
