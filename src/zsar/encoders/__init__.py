"""Skeleton encoders by name; a module is loaded only when its encoder is asked for.

To add one: a file here, a line in ENCODERS and a section of settings/encoders.yaml.
"""

from importlib import import_module

from zsar.encoders.base import Encoder
from zsar.errors import UserError

ENCODERS = {  # name -> module of this package, class
    "stgcn": ("stgcn", "STGCN"),
    "shift_gcn": ("shift_gcn", "ShiftGCN"),
    "umurl": ("umurl", "UmURL"),
    "umurl_all": ("umurl", "UmURLAll"),
    "precomputed": ("precomputed", "Precomputed"),
}


def encoder(name: str) -> type[Encoder]:
    return getattr(import_module(module(name)), ENCODERS[name][1])


def module(name: str) -> str:
    """Where the encoder stands, in dots."""
    if name not in ENCODERS:
        raise UserError(f"unknown encoder {name!r}; choose one of: {', '.join(ENCODERS)}")
    return f"{__name__}.{ENCODERS[name][0]}"
