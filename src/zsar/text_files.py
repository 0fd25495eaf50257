"""Files of text and JSON, read in UTF-8; what is wrong with one is said in one line."""

import json
from pathlib import Path
from typing import Any

from zsar.errors import UserError


def read_text(path: Path) -> str:
    """The text of a file; UserError with the line of the first character that is not UTF-8."""
    try:
        return decoded(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder, expected a file") from error


def decoded(content: bytes, where: str) -> str:
    """Text of UTF-8 with any line ends, which become those of Python."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{where}:{line}: byte {content[error.start]:#04x} is not UTF-8; save it as UTF-8"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_json(text: str, where: str) -> Any:
    """The values of a text; UserError with the line where it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{where}:{error.lineno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{where}: not JSON: a number is too long, or there are too many levels"
        ) from error


def read_json(path: Path) -> Any:
    """The values of a JSON file."""
    return parse_json(read_text(path), str(path))
