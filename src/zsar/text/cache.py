"""A cache of files on disk, for features and for answers of a language model.

Losing it costs time or money, and changes no result.
"""

import os
from hashlib import sha256
from pathlib import Path
from threading import get_ident

CHECKSUM_BYTES = 32  # at the start of every entry


def cache_key(*parts: str) -> str:
    """One hash for these parts in this order."""
    return sha256("\0".join(parts).encode()).hexdigest()


class Cache:
    """Entries are written atomically; a damaged entry counts as missing."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, key: str) -> bytes | None:
        try:
            entry = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        checksum, content = entry[:CHECKSUM_BYTES], entry[CHECKSUM_BYTES:]
        return content if sha256(content).digest() == checksum else None

    def put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        # The name is unique, so that two threads with the same entry do not write to one file.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}.partial")
        try:
            with draft.open("wb") as file:
                file.write(sha256(content).digest() + content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key
