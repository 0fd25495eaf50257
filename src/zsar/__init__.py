"""Zero-shot action recognition from skeletons.

import zsar
model = zsar.load()
model.predict("clip.csv", ["waves with the right hand", "sits down"], layout="mediapipe33")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zsar.prediction.load import load, read

    __version__: str

__all__ = ["__version__", "load", "read"]


def __getattr__(name: str) -> Any:
    """What costs time is imported when it is asked for."""
    if name in ("load", "read"):
        from zsar.prediction import load

        return getattr(load, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("zsar")
    raise AttributeError(f"module 'zsar' has no attribute {name!r}")
