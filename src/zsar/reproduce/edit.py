"""params.yaml with other values, every other line as it was."""

from collections.abc import Mapping
from io import StringIO
from typing import Any


def edited(text: str, values: Mapping[str, Any]) -> str:
    """A YAML file with these values, by the dotted names of their keys; new ones are added."""
    from ruamel.yaml import YAML

    yaml = YAML()
    document = yaml.load(text)
    for name, value in values.items():
        *path, key = name.split(".")
        section = document
        for each in path:
            if not isinstance(section.get(each), dict):
                section[each] = {}
            section = section[each]
        section[key] = value
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()
