"""YAML files as plain values; nothing in a file is run."""

import re
from pathlib import Path
from typing import Any

import yaml

from zsar.errors import UserError

# Both build plain values alone; the first, where libyaml is installed, is much faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


# What building a value raises where a tag such as !!int or a date does not fit its text.
MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
MOST_LEVELS = 200
MOST_VALUES = 1_000_000  # that a file may stand for, however often it repeats a part of itself


def parse_yaml(text: str | bytes) -> Any:
    """The values of a text; `yaml.YAMLError` where it is not YAML."""
    _check_depth(text if isinstance(text, str) else text.decode("utf-8"))
    try:
        values = yaml.load(text, LOADER)
        if _size(values, {}) > MOST_VALUES:
            raise yaml.YAMLError(f"it repeats itself into more than {MOST_VALUES} values")
    except yaml.YAMLError:
        raise
    except MISFITS as error:
        raise yaml.YAMLError(_misfit(text)) from error
    except RecursionError as error:
        raise yaml.YAMLError("it holds itself, or has too many levels") from error
    return values


def _check_depth(text: str) -> None:
    """Very many levels would end the process: libyaml is not careful with the stack."""
    depth = 0
    for sign in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if sign in "[{" else max(0, depth - 1)
        if depth > MOST_LEVELS:
            raise yaml.YAMLError(f"it has more than {MOST_LEVELS} levels of brackets")
    # Anywhere, for YAML knows more line ends than Python, and marks that may stand before a line.
    if re.search(rf"[ ?-]{{{5 * MOST_LEVELS}}}", text):
        raise yaml.YAMLError(f"a line has {5 * MOST_LEVELS} blanks or dashes in a row")


def _misfit(text: str | bytes) -> str:
    """Which value it is that cannot be built, and in which line."""
    loader = LOADER(text)
    nodes: list[Any] = [loader.get_single_node()]
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, yaml.ScalarNode):
            try:
                loader.construct_object(node)
            except MISFITS:
                kind = node.tag.rpartition(":")[2]
                return f"line {node.start_mark.line + 1}: {node.value[:80]!r} is no {kind}"
        elif isinstance(node, yaml.MappingNode):
            nodes += [each for pair in node.value for each in pair]
        else:
            nodes += node.value
    return "a value does not fit its type"


def _size(values: Any, known: dict[int, int]) -> int:
    """The number of values, those of a part that is repeated counted each time."""
    if not isinstance(values, dict | list):
        return 1
    if id(values) not in known:
        inner = values.values() if isinstance(values, dict) else values
        known[id(values)] = MOST_VALUES + 1  # while it is being counted: it holds itself
        known[id(values)] = 1 + sum(_size(each, known) for each in inner)
    return known[id(values)]


def load_yaml(path: Path) -> Any:
    """The values of a file; UserError where it is not YAML."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder, expected a file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
