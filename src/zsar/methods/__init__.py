"""Alignment methods by name, one file each; the one subclass of Method in a file is the method.

The folder is the table: a new method is a new file here and a section of settings/methods.yaml.
Modules are loaded by name, so that an edit of one method leaves the results of every other valid. A
module whose name begins with an underscore is a part that methods share.
"""

from importlib import import_module
from pkgutil import iter_modules

from zsar.errors import UserError
from zsar.methods.base import Method


def available() -> list[str]:
    names = [module.name for module in iter_modules(__path__)]
    return sorted(name for name in names if name != "base" and not name.startswith("_"))


def method(name: str) -> type[Method]:
    if name not in available():
        raise UserError(f"unknown method {name!r}; choose one of: {', '.join(available())}")
    module = import_module(f"{__name__}.{name}")
    (kind,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Method)
        and value.__module__ == module.__name__
    )
    return kind
