"""A question of the page to the model: a file and what it may be in, plain JSON out.

An archive is the one kind of upload that is written to disk, under a name of ours in a folder that
is removed at once; any other file is read from memory. No reader unpickles.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from pydantic import Field

from zsar.data import unlabelled
from zsar.data.files import archive
from zsar.data.files.coordinates import METRES
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged, Recording
from zsar.data.unlabelled import UNDECLARED, Declared
from zsar.errors import UserError
from zsar.kinematics.known_classes import known_classes
from zsar.prediction.answers import NONE, Prediction
from zsar.prediction.excerpts import excerpts
from zsar.prediction.model import Model
from zsar.prediction.reading import FEW, batched, of_parts
from zsar.viz.figure import drawn_clip
from zsar.viz.player import clip_data

LARGEST_UPLOAD = 64 << 20  # bytes
UNPACKED = 512 << 20  # bytes of all members of an archive
MOST_SENTENCES = 1000
LONGEST_SENTENCE = 500  # characters
LONGEST_NAME = 255  # characters of a file name, the last ones
MOST_WINDOWS = 600  # of all clips of a file; a clip that is taken whole is one
MOST_FRAMES = 100_000  # of all clips of a file, nearly an hour
PLAYED = 9000  # frames of a clip that the page gets, at most
RANKED = 10  # candidates of a window that the page gets
REASONS = 10
ELSEWHERE = "`zsar predict` has no such limit"

Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Question:
    """What the page sends beside a file; what is empty or null says nothing."""

    file: str  # its name, which is shown
    sentences: list[str]
    dataset: str  # whose classes are candidates, too
    layout: str
    unit: str
    axes: list[str]
    origin: list[Number]
    fps: Number | None
    window: Number | None  # seconds; 0: none


def choices(model: Model, name: str) -> dict[str, Any]:
    """What can be chosen on the page; `name` is that of the cell, if there is one."""
    known = known_classes()
    return {
        "cell": name,
        "classes": list(model.classes),  # candidates where nothing is said
        "layouts": list(LAYOUTS),
        "units": list(METRES),
        "datasets": {each: known.of(each).names for each in known.lists},
        "none": NONE,
        "unsure": model.unsure,
        "largest": LARGEST_UPLOAD,
        "sentences": MOST_SENTENCES,
    }


def answer(model: Model, question: Question, content: bytes) -> dict[str, Any]:
    """Every clip of the file: its motion and what each of its windows is, or what is wrong."""
    question = replace(question, file=" ".join(question.file.split())[-LONGEST_NAME:])
    labels = _labels(model, question)
    said = _declared(question)
    if len(content) > LARGEST_UPLOAD:
        raise UserError(
            f"{question.file}: {len(content)} bytes, expected at most {LARGEST_UPLOAD}; {ELSEWHERE}"
        )
    found: list[dict[str, Any]] = []
    for each in _within_limits(_recordings(question.file, content, said), question):
        if isinstance(each, Damaged):
            found.append({"name": "", "error": str(each)})
        else:
            windows = model.predictions([each], labels, question.window, explained=True)
            motion = clip_data(drawn_clip(each, each.name), PLAYED)
            shown = [_window(one) for one in windows if isinstance(one, Prediction)]
            found.append({"name": each.name, "motion": motion, "windows": shown})
    return {"clips": found}


def _labels(model: Model, question: Question) -> tuple[str, ...]:
    if (count := len(question.sentences)) > MOST_SENTENCES:
        raise UserError(f"{count} sentences, expected at most {MOST_SENTENCES}; {ELSEWHERE}")
    for each in question.sentences:
        if len(each) > LONGEST_SENTENCE:
            raise UserError(
                f"the sentence {each[:30]!r}... has {len(each)} characters, expected at most"
                f" {LONGEST_SENTENCE}"
            )
    names = known_classes().of(question.dataset).names if question.dataset else ()
    if not names and not question.sentences and not model.classes:
        raise UserError(
            "nothing to choose from: expected a sentence or more, or a data set whose classes it"
            " may be"
        )
    return model.checked((*names, *question.sentences) or None)


def _declared(question: Question) -> Declared:
    for name in ("axes", "origin"):
        if len(getattr(question, name)) not in (0, 3):
            raise UserError(f"{name}: {getattr(question, name)}, expected three, or none")
    axes, origin = question.axes or UNDECLARED.axes, question.origin or UNDECLARED.origin
    fps = UNDECLARED.fps if question.fps is None else question.fps
    return Declared(question.layout, question.unit, (*axes,), (*origin,), fps)


def _recordings(file: str, content: bytes, said: Declared) -> Iterator[Recording | Damaged]:
    if not file.lower().endswith(".zip"):
        yield from unlabelled.from_upload(file, content, said)
        return
    # Labels are looked for beside an archive and one folder above, so it lies two folders deep.
    with TemporaryDirectory(prefix="zsar-app-") as folder:
        path = Path(folder, "upload", "upload.zip")
        path.parent.mkdir()
        path.write_bytes(content)
        try:
            for each in _members(path, said):
                yield _renamed(each, path, file) if isinstance(each, Damaged) else each
        except UserError as error:
            raise _renamed(error, path, file) from error


def _members(path: Path, said: Declared) -> Iterator[Recording | Damaged]:
    size = sum(each.size for each in archive.members(path).values())
    if size > UNPACKED:
        raise UserError(f"{path}: unpacks to {size} bytes, expected at most {UNPACKED}")
    for some in batched(unlabelled.find(path), FEW):
        yield from of_parts(some, said)


def _renamed(error: UserError, path: Path, file: str) -> Damaged:
    """With the name that the user knows in place of ours."""
    where, _, what = str(error).replace(str(path), file).partition(": ")
    return Damaged(where, what)


def _within_limits(
    found: Iterable[Recording | Damaged], question: Question
) -> Iterator[Recording | Damaged]:
    frames = windows = 0
    for each in found:
        windows += 1
        if isinstance(each, Recording):
            frames += len(each.bodies)
            windows += sum(1 for _ in excerpts(each, question.window)) - 1
        if frames > MOST_FRAMES:
            raise UserError(
                f"{question.file}: more than {MOST_FRAMES} frames, expected no more at once;"
                f" {ELSEWHERE}"
            )
        if windows > MOST_WINDOWS:
            raise UserError(
                f"{question.file}: more than {MOST_WINDOWS} clips or windows, expected no more at"
                f" once; choose longer windows, or {ELSEWHERE}"
            )
        yield each


def _window(found: Prediction) -> dict[str, Any]:
    why = found.explanation
    return {
        "start": found.start,
        "end": found.end,
        "answer": found.label or NONE,
        "confidence": found.confidence,
        "none": found.none,
        "ranking": [asdict(each) for each in found.ranking[:RANKED]],
        "others": len(found.ranking[RANKED:]),
        "evidence": why.strongest(REASONS) if why else None,
    }
