"""Checks plain values against types, by pydantic; an error is one line with file, key and what was
expected."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from zsar.errors import UserError

PARAMS = "params.yaml"
Kind = TypeVar("Kind")
# Error types of pydantic.
UNKNOWN, MISSING, REFUSED = "unexpected_keyword_argument", "missing", "value_error"
LONGEST = 200  # characters of a value that a message shows
NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a word",
    bool: "true or false",
    list: "a list",
    tuple: "a list",
    dict: "a section with keys",
    NoneType: "null",
}
BOUNDS = {"gt": "above {}", "ge": "at least {}", "lt": "below {}", "le": "at most {}"}


@overload
def typed(kind: type[Kind], values: Any, at: str, file: str = PARAMS) -> Kind: ...


@overload
def typed(kind: Any, values: Any, at: str, file: str = PARAMS) -> Any: ...


def typed(kind: Any, values: Any, at: str, file: str = PARAMS) -> Any:
    """The values as this type, such as a frozen dataclass; `at` is their key in the file.

    Nothing is converted but whole numbers to floats and lists to tuples. Limits stand beside the
    fields: `Annotated[int, Field(gt=0)]`.
    """
    try:
        return _parsed(kind, values, at, file)
    except ValidationError as error:
        raise UserError(f"{file}: {_message(kind, values, at, error.errors())}") from error


def check_partial(kind: Any, values: Any, at: str, file: str) -> None:
    """As `typed`, of values that need not have all keys of a section."""
    try:
        _parsed(kind, values, at, file)
    except ValidationError as error:
        if found := [each for each in error.errors() if each["type"] != MISSING]:
            raise UserError(f"{file}: {_message(kind, values, at, found)}") from error


def _parsed(kind: Any, values: Any, at: str, file: str) -> Any:
    """By the rules that pydantic has for JSON: strict, but sections become dataclasses."""
    for key, found in _not_json(values, at):  # YAML knows more types
        raise UserError(
            f"{file}: {key or 'the file'} is {shown(found)}, expected a number or a word"
        )
    return _adapter(kind).validate_json(json.dumps(values), strict=True, extra="forbid")


@cache
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind)


def _not_json(values: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(values, dict):
        for key, each in values.items():
            yield from _not_json(key, join(at, key))
            yield from _not_json(each, join(at, key))
    elif isinstance(values, list | tuple):
        for number, each in enumerate(values):
            yield from _not_json(each, f"{at}[{number}]")
    elif isinstance(values, str):
        if any("\ud800" <= sign <= "\udfff" for sign in values):  # halves of characters
            yield at, values
    elif isinstance(values, int):
        if abs(values) >= 2**64:
            yield at, values
    elif not isinstance(values, float | None):
        yield at, values


def _message(kind: Any, values: Any, at: str, errors: Sequence[ErrorDetails]) -> str:
    """Of one error. A misspelt key explains the missing one, so that it comes first."""
    values, rank = json.loads(json.dumps(values)), {UNKNOWN: 0, MISSING: 1}
    error = min(errors, key=lambda each: rank.get(each["type"], len(rank)))
    if error["type"] in rank:
        *path, key = error["loc"]
        section, at, found = _locate(kind, values, at, path)
        if isinstance(key, int):
            return f"{at} is {shown(found)}, expected {len(get_args(_bare(section)))} values"
        hints = get_type_hints(_bare(section), include_extras=True)
        if error["type"] == UNKNOWN:
            return _unknown(at, str(key), hints)
        return f"{join(at, str(key))} is missing (expected {expectation(hints[str(key)])})"
    kind, at, found = _locate(kind, values, at, error["loc"])
    if is_dataclass(_bare(kind)):
        if error["type"] == REFUSED:  # by its __post_init__, which looks at several keys
            return f"{at or 'the file'}: {error['ctx']['error']}"
        return f"{at or 'the file'} should be a section with keys, not {shown(found)}"
    return f"{at or 'the file'} is {shown(found)}, expected {expectation(kind)}"


def shown(value: Any) -> str:
    """A value in one line of a message, shortened where it is long."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**64:
        return "a number of more than 64 bits"  # Python refuses to write the largest ones
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _locate(kind: Any, values: Any, at: str, path: Iterable[str | int]) -> tuple[Any, str, Any]:
    """The type, the dotted name and the value at a path; not inside a choice of several types."""
    for key in path:
        kind = _bare(kind)
        if is_dataclass(kind):
            kind = get_type_hints(kind, include_extras=True)[str(key)]
        elif get_origin(kind) in (list, tuple, dict):
            kind = get_args(kind)[get_origin(kind) is dict]
        else:
            break
        values = values[key]
        at = f"{at}[{key}]" if isinstance(key, int) else join(at, key)
    return kind, at, values


def _bare(kind: Any) -> Any:
    """Without limits, and without null beside it."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    first, *others = _choices(kind)
    return _bare(first) if others == [NoneType] else kind


def _choices(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def expectation(kind: Any) -> str:
    """A type in words, with its limits."""
    if get_origin(kind) is Annotated:
        return _limited(*get_args(kind))
    if get_origin(kind) is Literal:
        return "one of: " + ", ".join(map(str, get_args(kind)))
    if is_dataclass(kind):
        return "a section with " + ", ".join(field.name for field in fields(kind))
    if len(choices := _choices(kind)) > 1:
        return " or ".join(map(expectation, choices))
    return NAMES.get(get_origin(kind) or kind, str(kind))


def _limited(kind: Any, *limits: Any) -> str:
    """A description that stands beside the type says all."""
    for each in limits:
        if description := getattr(each, "description", None):
            return description
    parts = [part for each in limits for part in getattr(each, "metadata", [each])]
    bounds = [
        words.format(getattr(part, name))
        for part in parts
        for name, words in BOUNDS.items()
        if hasattr(part, name)
    ]
    if any(getattr(part, "min_length", 0) for part in parts):
        bounds.append("that is not empty")
    return " ".join([expectation(kind), " and ".join(bounds)]).strip()


def join(at: str, key: Any) -> str:
    return f"{at}.{key}" if at else str(key)


def unknown_key(at: str, key: str, known: Iterable[str], file: str = PARAMS) -> str:
    """The message about a name that is not known: the nearest one, and all that are."""
    return f"{file}: {_unknown(at, key, known)}"


def _unknown(at: str, key: str, known: Iterable[str]) -> str:
    names = list(map(str, known))
    message = f"unknown {join(at, key)}{did_you_mean(key, names)}"
    return f"{message}; expected one of: {', '.join(names) or 'none'}"


def check_choice(
    name: str, choices: Iterable[str], at: str, listed_in: str, file: str = PARAMS
) -> None:
    """Raise a UserError where a value is none of the names in the place that lists them."""
    names = list(dict.fromkeys(choices))
    if name not in names:
        raise UserError(
            f"{file}: {at} is {name!r}{did_you_mean(name, names)}, expected one of:"
            f" {', '.join(names)} (listed in {listed_in})"
        )


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A hint at the name that was probably meant."""
    close = get_close_matches(str(name), list(names), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
