"""Plain values as dataclasses: of a key that is unknown, missing or wrongly typed, a complaint."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from zsar.errors import UserError

FILE = "params.yaml"
Kind = TypeVar("Kind")


def typed(kind: type[Kind], values: Any, at: str, file: str = FILE) -> Kind:
    """Build a dataclass from plain values, or complain about the first key that does not fit."""
    if not isinstance(values, dict):
        raise UserError(f"{file}: {at or 'the file'} should be a section with keys, not {values!r}")
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise UserError(unknown(at, key, known, file))
    for key in known:
        if key not in values:
            raise UserError(f"{file}: {join(at, key)} is missing (expected {_spoken(hints[key])})")
    return kind(**{key: value(hints[key], values[key], join(at, key), file) for key in known})


def fitting(kind: Any, values: Any, at: str, file: str) -> None:
    """Complain about the first key that does not fit; unlike in `typed`, keys may be missing."""
    parts = [each for each in (kind, *get_args(kind)) if is_dataclass(each)]
    if not parts or not isinstance(values, dict):
        value(kind, values, at, file)
        return
    each_key = get_origin(kind) is dict  # names of the person's own, a section each
    hints = {} if each_key else get_type_hints(parts[0])
    for key, found in values.items():
        if not each_key and key not in hints:
            raise UserError(unknown(at, key, hints, file))
        fitting(parts[0] if each_key else hints[key], found, join(at, key), file)


def value(kind: Any, found: Any, at: str, file: str = FILE) -> Any:
    """A plain value as the type that a field asks for."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return typed(kind, found, at, file)  # type: ignore[arg-type]
    if origin is list and isinstance(found, list) and inner:
        return [value(inner[0], item, f"{at}[{i}]", file) for i, item in enumerate(found)]
    if origin is tuple and isinstance(found, list):
        return tuple(value(inner[0], item, f"{at}[{i}]", file) for i, item in enumerate(found))
    if origin is dict and isinstance(found, dict):
        return {key: value(inner[1], item, join(at, key), file) for key, item in found.items()}
    if origin in (Union, UnionType):
        return _one_of(inner, found, at, file)
    if kind is float and isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    if _fits(kind, found):
        return found
    raise UserError(f"{file}: {at} is {found!r}, expected {_spoken(kind)}")


def _one_of(kinds: tuple[Any, ...], found: Any, at: str, file: str) -> Any:
    if found is None and NoneType in kinds:
        return None
    choices = [kind for kind in kinds if kind is not NoneType]
    for kind in choices[:-1]:
        try:
            return value(kind, found, at, file)
        except UserError:
            continue
    try:
        return value(choices[-1], found, at, file)
    except UserError as complaint:
        if len(choices) == 1:
            raise
        expected = " or ".join(_spoken(kind) for kind in choices)
        raise UserError(f"{file}: {at} is {found!r}, expected {expected}") from complaint


def _fits(kind: Any, found: Any) -> bool:
    if kind is Any:
        return True
    if get_origin(kind) is Literal:
        return found in get_args(kind)
    return type(found) is (get_origin(kind) or kind)


def _spoken(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of: " + ", ".join(map(str, get_args(kind)))
    if is_dataclass(kind):
        return "a section with " + ", ".join(field.name for field in fields(kind))
    if get_origin(kind) is dict:
        return "a section with keys"
    words = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
    return words.get(kind, f"a {get_origin(kind).__name__}" if get_origin(kind) else str(kind))


def join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else str(key)


def unknown(at: str, key: str, allowed: Iterable[str], file: str = FILE) -> str:
    """What is said of a name that nobody knows: the nearest one, and all that are known."""
    names = list(map(str, allowed))
    said = f"{file}: unknown {join(at, key)}{nearest(key, names)}"
    return f"{said}; expected one of: {', '.join(names) or 'none'}"


def among(name: str, allowed: Iterable[str], at: str, listed: str, file: str = FILE) -> None:
    """Complain about a value that is none of the names in the place that lists them."""
    names = list(dict.fromkeys(allowed))
    if name not in names:
        raise UserError(
            f"{file}: {at} is {name!r}{nearest(name, names)}, expected one of: {', '.join(names)}"
            f" (listed in {listed})"
        )


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint at the name that was probably meant."""
    close = get_close_matches(str(name), list(names), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
