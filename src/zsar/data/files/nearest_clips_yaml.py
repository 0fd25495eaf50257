"""The clips.yaml that holds for a clip: in its folder or in the nearest one above."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from zsar.data.files import archive
from zsar.data.files.clips_yaml import CLIPS_YAML, conventions
from zsar.data.files.coordinates import Conventions
from zsar.data.files.located_yaml import located_yaml
from zsar.data.recording import Part

LARGEST = 1 << 24  # bytes


def nearest_conventions(place: Path, clips: Iterable[Part]) -> dict[Part, Conventions]:
    """What the nearest clips.yaml says of each clip that has one."""
    sheets = [*_above(place)]
    sheets += [
        part for part in archive.parts(place, ".yaml") if archive.file_name(part) == CLIPS_YAML
    ]
    read = {
        sheet: conventions(located_yaml(sheet, archive.content(sheet, LARGEST))) for sheet in sheets
    }
    found = {}
    for clip in clips:
        nearest = max(sheets, key=lambda sheet: _nearness(sheet, clip), default=None)
        if nearest is not None and any(_nearness(nearest, clip)):
            found[clip] = read[nearest]
    return found


def _above(place: Path) -> Iterator[Part]:
    """The nearest clips.yaml in the folders that hold the place."""
    for folder in place.absolute().parents:
        if (folder / CLIPS_YAML).is_file():
            yield Part(folder / CLIPS_YAML)
            return


def _nearness(sheet: Part, clip: Part) -> tuple[int, int]:
    """How deep the folder of a clips.yaml lies that holds the clip; one in an archive is nearest.
    Nothing where the clip is elsewhere."""
    folder = sheet.path.absolute().parent
    if not sheet.member:
        holds = clip.path.absolute().is_relative_to(folder)
        return (1, len(folder.parts)) if holds else (0, 0)
    inside = PurePosixPath(sheet.member).parent
    holds = clip.path == sheet.path and PurePosixPath(clip.member).is_relative_to(inside)
    return (2, len(inside.parts)) if holds else (0, 0)
