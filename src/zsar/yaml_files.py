"""YAML files as plain values; nothing in a file is run."""

from pathlib import Path
from typing import Any

import yaml

from zsar.errors import UserError

# Both build plain values alone; the first, where libyaml is installed, is much faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str | bytes) -> Any:
    """The values of a text; `yaml.YAMLError` where it is not YAML."""
    return yaml.load(text, LOADER)


def load_yaml(path: Path) -> Any:
    """The values of a file; UserError where it is not YAML."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
