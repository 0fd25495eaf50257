"""`zsar settings`: every effective value of a cell, and the layer that it comes from."""

from dataclasses import asdict, replace

from zsar.cells import Cell
from zsar.config.config import PLAIN, SPLIT, Config
from zsar.config.layers import Setting
from zsar.config.settings import named_layers
from zsar.validation import PARAMS, check_choice

SECTIONS = ("splits", "texts", "encoders", "methods", "protocols", "datasets", "run", *PLAIN)


def settings_lines(config: Config, place: str, method: str, section: str) -> list[str]:
    """A line per setting: its name, its value, its origin, and what it overrides."""
    cell = Cell.at(place) if place else config.cell
    cell = replace(cell, method=method or config.params.method)
    if not cell.encoder:
        cell = replace(config.cell, dataset=cell.dataset, method=cell.method)
    if section:
        check_choice(section, SECTIONS, "--section", "zsar settings --help", "zsar settings")
    shown = [section] if section else [each for each in SECTIONS if each not in PLAIN]
    found = [row for each in shown for row in _rows(each, cell, config)]
    head = f"{cell.key}/{cell.method}, texts by {config.params.text}"
    width = max(len(name) for name, _ in found)
    return [head, *(f"{name:{width}}  {_with_origin(value)}" for name, value in found)]


def _rows(section: str, cell: Cell, config: Config) -> list[tuple[str, Setting]]:
    if section == "run":
        values = asdict(config.params.run)
        return [(f"run.{name}", Setting(value, PARAMS, ())) for name, value in values.items()]
    names = {
        "splits": ["+".join([SPLIT, *named_layers(cell.split)])],
        "texts": [config.params.text],
        "encoders": [cell.encoder],
        "methods": [cell.method],
        "protocols": list(config.files["protocols"]),
        "datasets": [cell.dataset],
    }
    return [
        (f"{section}.{name}.{key}".replace("..", "."), value)
        for name in names.get(section, [""])
        for key, value in config.traces(section, name, cell).items()
    ]


def _with_origin(value: Setting) -> str:
    below = "".join(f", over {each!r} ({origin})" for each, origin in reversed(value.overridden))
    return f"{value.value!r}  ({value.origin}{below})"
