"""params.yaml and the layers of settings/: what is selected, and the settings of each cell."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from zsar.cells import Cell
from zsar.config.layers import AUTO, Layer, Setting, effective, leaves, merged, traced, without_auto
from zsar.config.params import Params
from zsar.config.settings import (
    STAGE_KEYS,
    DatasetConfig,
    Settings,
    named_layers,
    without_layers,
)
from zsar.errors import UserError
from zsar.validation import PARAMS, check_choice, check_partial, did_you_mean, typed, unknown_key

FOLDER = Path("settings")
# Sections, each in a file of that name below settings/: of plug-ins, which have layers, and others.
PLUGINS = ("texts", "encoders", "methods", "protocols", "splits")
PLAIN = ("describe", "text_report", "demo")
SPLIT = "zero_shot"  # the one kind of split that has settings
DEFAULT, LIKE = "default", "like"
LEARNED = "learned"  # of a method: the one that it trains


@dataclass(frozen=True)
class Config:
    """All settings of all cells."""

    params: Params
    files: dict[str, Any]  # settings/NAME.yaml, by NAME

    @property
    def cell(self) -> Cell:
        """The selected one."""
        names = self.params
        return Cell(names.dataset, names.preprocess, names.split, names.encoder, "", names.method)

    @cached_property
    def datasets(self) -> dict[str, DatasetConfig]:
        file = file_of("datasets")
        return {
            name: typed(
                DatasetConfig,
                effective(self._plain("datasets", name)),
                f"datasets.{name}",
                file,
            )
            for name in self.files["datasets"]
        }

    def dataset(self, name: str) -> DatasetConfig:
        """A data set's section, with the values of params.yaml."""
        if name not in self.datasets:
            names = list(self.datasets)
            raise UserError(
                f"{file_of('datasets')}: unknown data set {name!r}{did_you_mean(name, names)}; "
                f"expected one of: {', '.join(names)}"
            )
        return self.datasets[name]

    def steps(self, name: str) -> list[Any]:
        """The preprocessing steps of this name."""
        check_choice(name, self.files["preprocess"], "preprocess", file_of("preprocess"))
        return self.files["preprocess"][name]

    def layers(self, section: str, name: str, cell: Cell) -> list[Layer]:
        """The layers that hold for a plug-in in a cell, the weakest first."""
        table, bare = self.files[section], without_layers(name)
        if bare not in table:
            raise UserError(unknown_key("", bare, table, file_of(section)))
        dataset = self.dataset(cell.dataset)
        datasets = [each for each in (dataset.of, cell.dataset) if each]
        splits = [f"{each}/{without_layers(cell.split)}" for each in datasets if cell.split]
        named = [
            f"{place}{layer}"
            for layer in named_layers(name)
            for place in ("", *(f"{each}+" for each in (*datasets, *splits)))
        ]
        lineage = self.lineage(section, bare)
        self._check_named_layers(section, name, lineage)
        found = [
            Layer(f"{file_of(section)}: {plugin}.{layer}", table[plugin][layer])
            for layer in [DEFAULT, *dataset.layers, *datasets, *splits, *named]
            for plugin in lineage
            if layer in table[plugin]
        ]
        in_params = self._in_params(section).get(bare, {})
        return found + ([Layer(f"{PARAMS}: {section}.{bare}", in_params)] if in_params else [])

    def lineage(self, section: str, name: str) -> list[str]:
        """The plug-in, and before it those whose layers lie beneath its own."""
        table, lineage = self.files[section], [name]
        while LIKE in table[lineage[0]]:
            model, file = table[lineage[0]][LIKE], file_of(section)
            others = [each for each in table if each not in lineage]
            check_choice(model, others, f"{lineage[0]}.like", file, file)
            lineage.insert(0, model)
        return lineage

    def _check_named_layers(self, section: str, name: str, lineage: list[str]) -> None:
        known = self.files["layers"]["named"]
        keys = [key.rpartition("+")[2] for plugin in lineage for key in self.files[section][plugin]]
        there = [key for key in keys if key in known]
        for layer in named_layers(name):
            if layer not in there:
                raise UserError(
                    f"{PARAMS}: {name!r} asks for the layer {layer!r}; of {without_layers(name)}"
                    f" there are: {', '.join(dict.fromkeys(there)) or 'none'} ({file_of(section)})"
                )

    def _in_params(self, section: str) -> dict[str, Any]:
        """What params.yaml sets in a section."""
        return without_auto(getattr(self.params, section))

    def _plain(self, section: str, name: str = "") -> list[Layer]:
        """The layers of what has no plug-ins: the file, then params.yaml."""
        file, in_params = self.files[section], self._in_params(section)
        if name:
            file, in_params = file[name], in_params.get(name, {})
        at = f"{section}.{name}".rstrip(".")
        below = Layer(file_of(section) + (f": {name}" if name else ""), file)
        return [below, Layer(f"{PARAMS}: {at}", in_params)] if in_params else [below]

    def plain(self, section: str) -> dict[str, Any]:
        """The effective values of a section without plug-ins, one of PLAIN."""
        return effective(self._plain(section))

    def plugin(self, section: str, name: str, cell: Cell) -> dict[str, Any]:
        """The effective settings of a plug-in in a cell."""
        return effective(self.layers(section, name, cell))

    def traces(self, section: str, name: str, cell: Cell) -> dict[str, Setting]:
        """Every effective setting of a plug-in, or of a plain section, and where it comes from."""
        if section in PLUGINS:
            return traced(self.layers(section, name, cell))
        return traced(self._plain(section, name))

    def trace(self, name: str, cell: Cell) -> Setting:
        """A setting by its whole dotted name."""
        section, plugin, key = (*name.split(".", 2), "")[:3]
        if section in (*PLUGINS, "datasets"):
            return self.traces(section, plugin, cell)[key]
        return self.traces(section, "", cell)[name.partition(".")[2]]

    def at(self, cell: Cell) -> Settings:
        """All settings of a cell: of every plug-in, of its own ones with their named layers."""
        values: dict[str, Any] = {
            "run": asdict(self.params.run),
            "dataset": asdict(self.dataset(cell.dataset)),
            "preprocess": self.steps(cell.preprocess) if cell.preprocess else [],
            "splits": self.plugin("splits", "+".join([SPLIT, *named_layers(cell.split)]), cell),
            "texts": {},
            "encoders": {},
            "methods": {},
            "gates": {},
            "protocols": {
                name: self.plugin("protocols", self._protocol_name(name, layers, cell), cell)
                for name, layers in self.files["protocols"].items()
            },
            **{section: self.plain(section) for section in PLAIN},
        }
        values["texts"] = {name: self.plugin("texts", name, cell) for name in self.files["texts"]}
        for section, chosen in (("encoders", cell.encoder), ("methods", cell.method)):
            for name in dict.fromkeys([*([chosen] if chosen else []), *self.files[section]]):
                values[section][name] = self.plugin(section, name, cell)
        for name, method in values["methods"].items():
            if LEARNED in method:
                self._fill_in(name, method, values["methods"])
        gates = self.files["evaluation"]["gates"]
        for name, method in values["methods"].items():
            at = f"methods.{without_layers(name)}.gate"
            check_choice(method.get("gate", ""), gates, at, file_of("evaluation"))
            values["gates"][name] = gates[method.pop("gate")]
        return Settings(values)

    def _fill_in(self, name: str, method: dict[str, Any], every: Mapping[str, Any]) -> None:
        """A method that trains another has that one's settings and reads its texts; its own are not
        overwritten but refused."""
        others = [each for each in every if LEARNED not in every[each]]
        at, learned = f"methods.{without_layers(name)}", method[LEARNED]
        check_choice(learned, others, f"{at}.{LEARNED}", file_of("methods"))
        for key in ("settings", "sources"):
            if method[key]:
                raise UserError(
                    f"{at}.{key} is {method[key]!r}, expected nothing: it has those of {learned};"
                    f" set methods.{learned} instead"
                )
        inner, shared = every[learned], STAGE_KEYS["methods"]
        method["settings"] = {key: each for key, each in inner.items() if key not in shared}
        method["sources"] = inner["sources"]

    def _protocol_name(self, name: str, layers: dict[str, Any], cell: Cell) -> str:
        """A protocol with those of the method's named layers that it has."""
        return "+".join([name, *(each for each in named_layers(cell.method) if each in layers)])

    def changed(self, values: Mapping[str, Any]) -> "Config":
        """With other values of params.yaml, by the dotted names of their keys."""
        params = asdict(self.params)
        for name, value in values.items():
            *path, key = name.split(".")
            inner: Any = {key: value}
            for each in reversed(path):
                inner = {each: inner}
            params = merged(params, inner)
        config = Config(typed(Params, params, "", PARAMS), self.files)
        _check_names(config)
        return config

    def overrides(self) -> dict[str, Any]:
        """The values of params.yaml that override settings/, by their dotted names."""
        return {
            f"{section}.{name}": value
            for section in ("datasets", *PLUGINS, *PLAIN)
            for name, value in leaves(self._in_params(section))
        }


def load(folder: Path = Path(), datasets: Mapping[str, Any] | None = None) -> Config:
    """Read params.yaml and settings/, and check all that needs no plug-in.

    `datasets` are sections that settings/datasets.yaml does not have yet.
    """
    values = document(folder / PARAMS)
    params = typed(Params, values, "", PARAMS)
    names = ("datasets", "preprocess", "layers", "evaluation", *PLUGINS, *PLAIN)
    files = {name: document(folder / file_of(name)) for name in names}
    for name in files:
        if not isinstance(files[name], dict):
            raise UserError(f"{file_of(name)}: should be a section with keys, not {files[name]!r}")
    files["datasets"] = files["datasets"] | dict(datasets or {})
    config = Config(params, files)
    _check_names(config)
    return config


def document(path: Path) -> Any:
    """A YAML file, or an error in one line."""
    from zsar.yaml_files import load_yaml

    try:
        return load_yaml(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run this in the root of the repository") from error


def file_of(section: str) -> str:
    """The file below settings/ that holds a section."""
    return (FOLDER / f"{section}.yaml").as_posix()


def _check_names(config: Config) -> None:
    """Every name that is used is also defined."""
    for file, *keys in (("layers", "families", "named"), ("evaluation", "gates")):
        for key in keys:
            if not isinstance(config.files[file].get(key), dict):
                raise UserError(f"{file_of(file)}: {key} is missing (expected a section with keys)")
    params = config.params
    for key in ("dataset", "encoder", "method", "text"):
        section = f"{key}s"
        selected = getattr(params, key)
        name = without_layers(selected) if key in ("encoder", "method") else selected
        check_choice(name, config.files[section], key, file_of(section))
    config.steps(params.preprocess)
    for section in ("datasets", *PLUGINS):
        for name, values in getattr(params, section).items():
            if name not in config.files[section]:
                raise UserError(unknown_key(section, name, config.files[section]))
            if not isinstance(values, dict) and values != AUTO:
                raise UserError(
                    f"{PARAMS}: {section}.{name} is {values!r}, expected a section with keys"
                )
    _check_datasets(config)
    for section in PLUGINS:
        for name, layers in config.files[section].items():
            _check_layer_names(section, name, layers, config)
        for name in config.files[section]:
            config.lineage(section, name)


def _check_datasets(config: Config) -> None:
    file, in_params = file_of("datasets"), without_auto(config.params.datasets)
    for name, section in config.files["datasets"].items():
        check_partial(DatasetConfig, section, name, file)
        check_partial(DatasetConfig, in_params.get(name, {}), f"datasets.{name}", PARAMS)
    for name, dataset in config.datasets.items():
        if dataset.of is not None:
            check_choice(dataset.of, config.files["datasets"], f"{name}.of", file, file)
        for each in dataset.layers:
            families = config.files["layers"]["families"]
            check_choice(each, families, f"{name}.layers", file_of("layers"), file)


def _check_layer_names(section: str, name: str, layers: Any, config: Config) -> None:
    file, datasets = file_of(section), list(config.files["datasets"])
    kinds = config.files["layers"]
    allowed = [DEFAULT, *kinds["families"], *datasets, *kinds["named"]]
    if not isinstance(layers, dict) or not {DEFAULT, LIKE} & set(layers):
        raise UserError(f"{file}: {name}.default is missing")
    for layer, values in layers.items():
        if layer == LIKE:
            continue
        place, _, on_request = str(layer).partition("+")
        dataset, _, split = place.partition("/")
        fits = dataset in datasets if split or on_request else layer in allowed
        if not fits or (on_request and on_request not in kinds["named"]):
            raise UserError(unknown_key(name, layer, allowed, file))
        if not isinstance(values, dict):
            raise UserError(f"{file}: {name}.{layer} is {values!r}, expected a section with keys")
