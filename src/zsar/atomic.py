"""Files that are written completely or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zsar.errors import UserError

# What the disk or its owner does not allow; anything else is no matter of the file.
REFUSALS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EPERM,
    errno.EROFS,
}


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A draft to write to; it takes the name `path`, safe on disk, once the block ends without an
    error. Where the disk is full or the folder may not be written, UserError, and no draft."""
    draft = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        said = error.strerror or os.strerror(error.errno or 0)
        raise UserError(f"{path}: cannot be written: {said}; it is as it was before") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
