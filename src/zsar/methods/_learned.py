"""The settings of a method that another one trains as a part."""

from typing import Any

from zsar import methods
from zsar.errors import UserError
from zsar.validation import typed


def learned_settings(owner: str, learned: str, settings: dict[str, Any]) -> Any:
    """Typed; the learned method must be inductive and need no kinematics."""
    kind = methods.method(learned)
    if kind.transductive or kind.kinematic:
        raise UserError(
            f"methods.{owner}.learned is {learned!r}, expected a method that learns from texts and"
            " seen clips alone, such as devise"
        )
    return typed(kind.Config, settings, f"methods.{owner}.settings")
