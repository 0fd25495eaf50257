"""How a program ends: what goes wrong outside it is one line and a status, never a traceback."""

import signal
import sys
from collections.abc import Callable
from threading import current_thread, main_thread
from types import FrameType

from zsar.errors import UserError

INTERRUPTED = 128 + signal.SIGINT  # statuses as a shell gives them


def run_program(name: str, work: Callable[[], object]) -> None:
    """Do the work of a program of this name; errors of users and of the machine end it cleanly."""
    try:
        end_on_sigterm()
        work()
    except UserError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
        sys.exit(INTERRUPTED)
    except OSError as error:
        sys.exit(f"{name}: {system_message(error)}")
    except MemoryError:
        sys.exit(f"{name}: memory ran out")


def end_on_sigterm() -> None:
    """SIGTERM unwinds this process as Ctrl-C does, so that drafts are removed and workers ended."""
    if current_thread() is main_thread():
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def system_message(error: OSError) -> str:
    """What the system says about which file, in one line."""
    said = " ".join(str(error.strerror or error).split()) or type(error).__name__
    return f"{error.filename}: {said}" if error.filename else said
