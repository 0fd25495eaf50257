"""YAML values with their line numbers, so that every error names file and line."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import yaml

from zsar.data.recording import Damaged, Part
from zsar.yaml_files import LOADER

DEEPEST, MOST_EVENTS = 16, 200_000  # levels of lists; values, and ends of lists


@dataclass(frozen=True)
class LocatedValue:
    """A value, its file and its line."""

    place: Part
    node: yaml.Node

    @property
    def line(self) -> int:
        return self.node.start_mark.line + 1

    def damaged(self, what: str) -> Damaged:
        return Damaged(self.place, what, self.line)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value:
            raise self.damaged("expected a word or a number here")
        if not self.node.value.isprintable():
            raise self.damaged(f"{self.node.value!a} holds what cannot be printed")
        return self.node.value

    def choice(self, allowed: Collection[str]) -> str:
        if (text := self.text()) not in allowed:
            raise self.damaged(f"{text!r} is none of: {', '.join(allowed)}")
        return text

    def count(self) -> int:
        if not self.text().isdecimal():
            raise self.damaged(f"{self.text()!r} is no whole number from 0")
        return int(self.text())

    def number(self) -> float:
        try:
            return float(self.text())
        except ValueError as error:
            raise self.damaged(f"{self.text()!r} is no number") from error

    def items(self) -> list["LocatedValue"]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.damaged("expected a list here")
        return [LocatedValue(self.place, node) for node in self.node.value]

    def entries(self) -> dict[str, "LocatedValue"]:
        """Values by name, in the order of the file."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.damaged("expected `name: value` pairs here")
        found: dict[str, LocatedValue] = {}
        for name, value in self.node.value:
            key = LocatedValue(self.place, name)
            if key.text() in found:
                raise key.damaged(f"{key.text()} is given twice, expected it once")
            found[key.text()] = LocatedValue(self.place, value)
        return found

    def fields(
        self, allowed: Collection[str], needed: Collection[str]
    ) -> dict[str, "LocatedValue"]:
        """Values by name, where only some names are known and some must be there."""
        found = self.entries()
        for name, item in found.items():
            if name not in allowed:
                raise item.damaged(f"{name!r} is unknown, expected: {', '.join(allowed)}")
        for name in needed:
            if name not in found:
                raise self.damaged(f"`{name}` is missing")
        return found


def located_yaml(place: Part, text: bytes) -> LocatedValue:
    """The one document of a YAML file."""
    try:
        _check_size(place, text)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Damaged(place, f"is no YAML ({error.problem})", line) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Damaged(place, "is no YAML (it holds strange characters)") from error
    if node is None:
        raise Damaged(place, "is empty")
    return LocatedValue(place, node)


def _check_size(place: Part, text: bytes) -> None:
    """Refuse what is nested too deep or has too many values, before a tree is made of it: libyaml
    would overflow the stack, and a value takes a kilobyte."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or number > MOST_EVENTS:
            what = f"more than {DEEPEST} levels" if depth > DEEPEST else "too many values"
            line = event.start_mark.line + 1 if event.start_mark else None
            raise Damaged(place, f"has {what}, expected a clips.yaml", line)


def plain_name(text: str) -> str:
    """The same for `Sit down`, `sit_down` and `sit-down`."""
    return re.sub(r"[\s_-]+", " ", text.strip().lower())
