"""Zero-shot action recognition from skeletons.

import zsar
model = zsar.load()
model.predict("clip.csv", ["waves with the right hand", "sits down"], layout="mediapipe33")
"""

from typing import Any

__all__ = ["__version__", "load", "read"]


def __getattr__(name: str) -> Any:
    """What costs time is imported when it is asked for; `__init__.pyi` has the types."""
    from importlib import import_module, metadata

    if name in ("load", "read"):
        return getattr(import_module("zsar.prediction.load"), name)
    if name == "__version__":
        return metadata.version("zsar")
    raise AttributeError(f"module 'zsar' has no attribute {name!r}")
