"""Layers of settings, the weakest first: a later one overrides an earlier one key by key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

AUTO = "auto"  # in params.yaml: the value of the layers


@dataclass(frozen=True)
class Layer:
    """Some settings of a plug-in, and where they stand."""

    origin: str  # such as settings/methods.yaml: smie.small
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """An effective setting, and what it overrides, the weakest first."""

    value: Any
    origin: str
    overridden: tuple[tuple[Any, str], ...]


def effective(layers: Sequence[Layer]) -> dict[str, Any]:
    """The values of all layers together."""
    found: dict[str, Any] = {}
    for layer in layers:
        found = merged(found, layer.values)
    return found


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Nested sections are merged key by key, so that a layer names only what it changes."""
    return dict(below) | {
        key: merged(below.get(key, {}) if isinstance(below.get(key), dict) else {}, value)
        if isinstance(value, dict) and (value or isinstance(below.get(key), dict))
        else value
        for key, value in above.items()
    }


def traced(layers: Sequence[Layer]) -> dict[str, Setting]:
    """Every effective setting by its dotted name, with the layer that it comes from."""
    found: dict[str, Setting] = {}
    for layer in layers:
        for name, value in leaves(layer.values):
            if value == {} and any(key.startswith(f"{name}.") for key in found):
                continue  # an empty section changes nothing, as in `merged`
            before = found.pop(name, None)
            earlier = (*before.overridden, (before.value, before.origin)) if before else ()
            for each in [key for key in found if key.startswith(f"{name}.")]:
                del found[each]  # a value in the place of a section
            found[name] = Setting(value, layer.origin, earlier)
    return found


def leaves(values: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values; an empty section is a value, too."""
    for key, value in values.items():
        name = f"{at}.{key}" if at else str(key)
        if isinstance(value, dict) and value:
            yield from leaves(value, name)
        else:
            yield name, value


def without_auto(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values but those that are `auto`, which are left to the layers."""
    found = {}
    for key, value in values.items():
        if isinstance(value, dict):
            if inner := without_auto(value):
                found[key] = inner
        elif value != AUTO:
            found[key] = value
    return found
