"""Skeleton encoders by name; a module is loaded only when its encoder is asked for.

To add one: a file here, a line in ENCODERS and a section of settings/encoders.yaml.
"""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from zsar.errors import UserError

if TYPE_CHECKING:
    from zsar.encoders.base import Encoder


class Entry(NamedTuple):
    module: str  # of this package
    kind: str  # name of the class
    note: str = ""  # for tables: what it is trained on beside seen classes with their labels


ENCODERS = {
    "stgcn": Entry("stgcn", "STGCN"),
    "shift_gcn": Entry("shift_gcn", "ShiftGCN"),
    "umurl": Entry(
        "umurl",
        "UmURL",
        "pre-trained without labels on the training clips of seen classes; labels of seen classes"
        " train only its classifier",
    ),
    "umurl_all": Entry(
        "umurl",
        "UmURLAll",
        "as umurl, but pre-trained on all training clips, those of unseen classes among them,"
        " without labels; no test clip is among them",
    ),
    "kinematics": Entry(
        "kinematics", "Kinematics", "measured attributes of body kinematics; nothing is trained"
    ),
    "precomputed": Entry("precomputed", "Precomputed"),
}


def encoder(name: str) -> "type[Encoder]":
    return getattr(import_module(module(name)), ENCODERS[name].kind)


def module(name: str) -> str:
    """The module of an encoder, in dots."""
    if name not in ENCODERS:
        raise UserError(f"unknown encoder {name!r}; choose one of: {', '.join(ENCODERS)}")
    return f"{__name__}.{ENCODERS[name].module}"


def weights_owner(name: str) -> str:
    """The encoder that may start from weights of this one: of a self-supervised encoder that may
    have seen unseen classes, the variant that uses them."""
    kind = encoder(name)
    if not kind.self_supervised or kind.uses_unlabelled:
        return name
    variants = (each for each in ENCODERS if issubclass(encoder(each), kind))
    for each in variants:
        if encoder(each).uses_unlabelled:
            return each
    raise UserError(f"no encoder is declared to use unlabelled clips as weights of {name} may have")
