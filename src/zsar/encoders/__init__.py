"""One file per skeleton encoder, named as the encoder is; loaded by name, like the methods."""

from importlib import import_module

from zsar.encoders.base import Encoder
from zsar.errors import Complaint

# Module name -> class; the room also holds what encoders share.
ENCODERS = {
    "stgcn": "STGCN",
    "shift_gcn": "ShiftGCN",
    "umurl": "UmURL",
    "umurl_all": "UmURLAll",
    "given": "Given",
}


def encoder(name: str) -> type[Encoder]:
    if name not in ENCODERS:
        raise Complaint(f"unknown encoder {name!r}; choose one of: {', '.join(ENCODERS)}")
    return getattr(import_module(f"{__name__}.{name}"), ENCODERS[name])
