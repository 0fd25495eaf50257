"""Whatever reading raises becomes damage of a named file, and what was read is checked.

Readers say themselves what is wrong with a file. What they did not foresee, an exception of a
library or a defect of ours, is caught here, named with its type, and loses one clip, not the run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from zsar.data.recording import Damaged, Part, Recording, printable
from zsar.errors import UserError


@contextmanager
def guarded(where: object, what: str = "cannot be read", advice: str = "") -> Iterator[None]:
    """Anything that is raised inside, other than UserError, as Damaged with the type of the error;
    numpy does not warn of numbers that are refused later."""
    try:
        with np.errstate(all="ignore"):
            yield
    except UserError:
        raise
    except OSError as error:
        raise Damaged(where, f"{what}: {error.strerror or error}{advice}") from error
    except Exception as error:
        raise Damaged(where, f"{what} ({type(error).__name__}: {error}){advice}") from error


def lost(part: Part) -> Damaged:
    """The word about a clip whose worker did not come back from it."""
    return Damaged(
        part,
        "ended the process that read it: the file crashes a library, or needs"
        " more memory than there is",
    )


def named_printably(found: Sequence[Recording | Damaged]) -> list[Recording | Damaged]:
    """The clips with names that may be shown and listed as they are."""
    return [
        each
        if isinstance(each, Damaged) or each.name.isprintable()
        else replace(each, name=printable(each.name))
        for each in found
    ]
