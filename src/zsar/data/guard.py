"""Whatever reading raises becomes damage of a named file, and what was read is checked.

Readers say themselves what is wrong with a file. What they did not foresee, an exception of a
library or a defect of ours, is caught here, named with its type, and loses one clip, not the run.
"""

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

import numpy as np

from zsar.data.recording import Damaged, Part, Recording, printable
from zsar.errors import UserError


class guarded:
    """Anything that is raised inside, other than UserError, as Damaged with the type of the error;
    numpy does not warn of numbers that are refused later."""

    # Not a generator: every clip goes through here twice, and this takes half the time.
    def __init__(self, where: object, what: str = "cannot be read", advice: str = ""):
        self.where, self.what, self.advice = where, what, advice
        self.quiet = np.errstate(all="ignore")

    def __enter__(self) -> None:
        self.quiet.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.quiet.__exit__(kind, error, trace)
        if isinstance(error, OSError):
            said = f": {error.strerror or error}"
        elif isinstance(error, Exception) and not isinstance(error, UserError):
            said = f" ({type(error).__name__}: {error})"
        else:
            return
        raise Damaged(self.where, f"{self.what}{said}{self.advice}") from error


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
