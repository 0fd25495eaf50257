"""Reads plain data and arrays out of a pickle without running anything that it asks to run.

A pickle is a program. This interpreter knows the instructions that build plain values, and of
numpy's notions three: data type, array, number. It calls nothing. An array stays in the file and
only its place, type and shape are noted, so that a pickle of gigabytes takes seconds and no memory.
"""

import mmap
import struct
from pathlib import Path
from typing import Any

from zsar.data.files.pickles.arrays import Array
from zsar.data.files.pickles.machine import Machine
from zsar.data.files.pickles.steps import STEPS
from zsar.data.recording import Damaged

__all__ = ["Array", "plain"]


def plain(path: Path) -> Any:
    """What the pickle holds, arrays as `Array`; Damaged where it is anything but plain data."""
    if not path.stat().st_size:
        raise Damaged(path, "is empty, expected a pickle")
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        machine = Machine(data)
        try:
            return machine.run(STEPS)
        except (IndexError, KeyError, struct.error) as error:
            what = f"is no whole pickle: byte {machine.position} leads nowhere; download it again"
            raise Damaged(path, what) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise Damaged(path, f"byte {machine.position}: {error}") from error
