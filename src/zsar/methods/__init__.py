"""One file per alignment method, named as the method is; its one subclass of Method is the method.

The folder is the table: a new method is a new file here and a section of its own in
settings/methods.yaml. Modules are loaded by name, so that an edit to one method leaves the results
of every other valid.
"""

from importlib import import_module
from pkgutil import iter_modules

from zsar.errors import UserError
from zsar.methods.base import Method


def available() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__) if module.name != "base")


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
