"""`zsar explain`: measure one clip and say which classes fit it, and why."""

from pathlib import Path

import numpy as np

from zsar.cells import RECORDED
from zsar.cli.show_clip import clip_place, recording
from zsar.config.config import Config
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.kinematics import descriptions
from zsar.kinematics.actors import motion_of
from zsar.kinematics.explain import Explanation, explain
from zsar.kinematics.measure import measure
from zsar.text.descriptions import class_names
from zsar.validation import did_you_mean


def explain_clip(clip: str, answer: str, against: str, config: Config) -> Explanation:
    """Of DATASET/NAME, by the structured descriptions of its classes; nothing is learned."""
    dataset, name = clip_place(clip, config)
    section = config.dataset(dataset)
    classes = dataset_info(dataset, section).classes
    folder = RECORDED / section.descriptions
    described = descriptions.load(folder / descriptions.FILE, class_names(folder))
    measured = measure([motion_of(recording(dataset, name, config))])[0]
    chosen = [_number(each, classes) if each else None for each in (answer, against)]
    if chosen[0] is not None and chosen[0] == chosen[1]:
        raise UserError(f"--as and --against both name {answer!r}, expected two classes")
    some = described[np.arange(len(classes))]
    return explain(f"{dataset}/{name}", measured, some, classes, *chosen)


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
            f"no class {name!r}{did_you_mean(name, list(classes))}; expected one of:"
            f" {', '.join(classes)}"
        )
    return classes.index(name)
