"""`zsar explain`: measure one clip and say which classes fit it, or which sentences, and why."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zsar.cells import RECORDED
from zsar.cli.show_clip import clip_place, recording
from zsar.config.config import Config
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.kinematics import descriptions
from zsar.kinematics.actors import motion_of
from zsar.kinematics.described import Descriptions
from zsar.kinematics.explain import Explanation, explain
from zsar.kinematics.measure import measure
from zsar.text import free_text
from zsar.text.descriptions import class_names
from zsar.validation import did_you_mean


def explain_clip(
    clip: str, answer: str, against: str, say: Sequence[str], config: Config
) -> Explanation:
    """Of DATASET/NAME, by the structured descriptions of its classes, or by those predicted from
    the sentences `say`; nothing is learned from recordings."""
    if Path(clip).exists():
        raise UserError(
            f"{clip} is a file, expected DATASET/NAME; `zsar predict {clip} --explain` says why a"
            " recording of your own is what it is"
        )
    dataset, name = clip_place(clip, config)
    candidates = tuple(say) if say else dataset_info(dataset, config.dataset(dataset)).classes
    _distinct(candidates if say else ())
    chosen = [_number(each, candidates) if each else None for each in (answer, against)]
    if chosen[0] is not None and chosen[0] == chosen[1]:
        raise UserError(f"--as and --against both name {answer!r}, expected two classes")
    measured = measure([motion_of(recording(dataset, name, config))])[0]
    if np.isnan(measured).all():
        raise UserError(f"{dataset}/{name} shows nobody, so nothing can be measured")
    described = free_text.describe(candidates) if say else _recorded(dataset, config)
    some = described[np.arange(len(candidates))]
    return explain(f"{dataset}/{name}", measured, some, candidates, *chosen)


def _recorded(dataset: str, config: Config) -> Descriptions:
    folder = RECORDED / config.dataset(dataset).descriptions
    return descriptions.load(folder / descriptions.FILE, class_names(folder))


def _distinct(sentences: Sequence[str]) -> None:
    if len(sentences) == 1:
        raise UserError(
            f"--say is given once, {sentences[0]!r}; expected at least two sentences to choose from"
        )
    for place, each in enumerate(sentences):
        if not each.strip():
            raise UserError("--say is empty, expected a sentence")
        if each in sentences[:place]:
            raise UserError(f"--say gives {each!r} twice, expected different sentences")


def write_explanation(found: Explanation, to: Path) -> None:
    """As a picture or as JSON."""
    from zsar.atomic import atomic_write
    from zsar.viz.reasons import draw_reasons

    if to.suffix.lower() == ".png":
        draw_reasons(found, to)
    elif to.suffix.lower() == ".json":
        with atomic_write(to) as draft:
            draft.write_text(found.as_json() + "\n", encoding="utf-8")
    else:
        raise UserError(f"{to}: an explanation ends in .png or .json")


def _number(name: str, classes: tuple[str, ...]) -> int:
    if name not in classes:
        raise UserError(
            f"no candidate {name!r}{did_you_mean(name, list(classes))}; expected one of:"
            f" {', '.join(classes)}"
        )
    return classes.index(name)
