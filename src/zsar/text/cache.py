"""What was made or paid for once, kept by content; losing it costs time or money, no result."""

import os
from hashlib import sha256
from pathlib import Path
from threading import get_ident

SUM = 32  # bytes of the checksum that opens every entry


def key(*parts: str) -> str:
    """One name for these parts in this order."""
    return sha256("\0".join(parts).encode()).hexdigest()


class Cache:
    """Entries that appear whole or not at all; one that was damaged since counts as never made."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, name: str) -> bytes | None:
        try:
            entry = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        return entry[SUM:] if sha256(entry[SUM:]).digest() == entry[:SUM] else None

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Of its own name, so that two who make the same entry at once do not write to one file.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}.partial")
        try:
            with draft.open("wb") as file:
                file.write(sha256(content).digest() + content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name
