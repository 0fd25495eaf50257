"""params.yaml and the layers of settings/: what is selected, and what each cell runs on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from zsar.cells import Cell
from zsar.config.layers import AUTO, Layer, Setting, effective, leaves, merged, traced, without_auto
from zsar.config.settings import DatasetConfig, Settings, named_layers, without_layers
from zsar.errors import UserError
from zsar.validation import PARAMS, check_choice, check_partial, did_you_mean, typed, unknown_key

FOLDER = Path("settings")
# Sections, each in a file of that name below settings/: of plug-ins, which have layers, and others.
PLUGINS = ("texts", "encoders", "methods", "protocols", "splits")
PLAIN = ("describe", "look", "demo")
SPLIT = "zero_shot"  # the one kind of split that has settings
DEFAULT, LIKE = "default", "like"


@dataclass(frozen=True)
class RunConfig:
    """How every stage runs."""

    device: Literal["auto", "cpu", "cuda"]
    threads: Annotated[int, Field(gt=0)]
    # That train and use an encoder together, a GPU each, where the device is one.
    processes: Annotated[int, Field(gt=0)]
    seeds: Annotated[list[int], Field(min_length=1)]
    bootstrap: Annotated[int, Field(gt=0)]  # resamples behind an interval


@dataclass(frozen=True)
class Also:
    """What is evaluated beside zero-shot recognition in the selected cell."""

    one_shot: list[str]  # methods
    recognition: list[str]  # protocols by which the encoder is judged on all classes
    tasks: list[str]  # how it is judged there
    transfer: list[str]  # pre-trained encoders of other places that are judged here


@dataclass(frozen=True)
class Params:
    """params.yaml itself: the selection, and the person's own word on anything in settings/."""

    dataset: str
    preprocess: str
    split: str
    encoder: str
    method: str
    text: str
    run: RunConfig
    also: Also
    datasets: dict[str, Any]
    splits: dict[str, Any]
    encoders: dict[str, Any]
    methods: dict[str, Any]
    texts: dict[str, Any]
    protocols: dict[str, Any]
    describe: dict[str, Any]
    look: dict[str, Any]
    demo: dict[str, Any]


@dataclass(frozen=True)
class Config:
    """Everything that is set, before it is known for which cell."""

    params: Params
    files: dict[str, Any]  # settings/NAME.yaml, by NAME

    @property
    def cell(self) -> Cell:
        """The selected one."""
        names = self.params
        return Cell(names.dataset, names.preprocess, names.split, names.encoder, "", names.method)

    @cached_property
    def datasets(self) -> dict[str, DatasetConfig]:
        file = str(_file("datasets"))
        return {
            name: typed(
                DatasetConfig,
                {"of": None} | effective(self._plain("datasets", name)),
                f"datasets.{name}",
                file,
            )
            for name in self.files["datasets"]
        }

    def dataset(self, name: str) -> DatasetConfig:
        """A data set's section, with what params.yaml says of it."""
        if name not in self.datasets:
            names = list(self.datasets)
            raise UserError(
                f"{_file('datasets')}: unknown data set {name!r}{did_you_mean(name, names)}; "
                f"expected one of: {', '.join(names)}"
            )
        return self.datasets[name]

    def steps(self, name: str) -> list[Any]:
        """A list of preprocessing steps."""
        check_choice(name, self.files["preprocess"], "preprocess", str(_file("preprocess")))
        return self.files["preprocess"][name]

    def layers(self, section: str, name: str, cell: Cell) -> list[Layer]:
        """The layers that hold for a plug-in in a cell, the weakest first."""
        table = self.files[section]
        if without_layers(name) not in table:
            raise UserError(unknown_key("", without_layers(name), table, str(_file(section))))
        dataset = self.dataset(cell.dataset)
        own = [each for each in (dataset.of, cell.dataset) if each]
        with_split = [f"{each}/{without_layers(cell.split)}" for each in own if cell.split]
        named = [
            f"{each}{layer}"
            for layer in named_layers(name)
            for each in ("", *(f"{place}+" for place in (*own, *with_split)))
        ]
        wanted = [DEFAULT, *dataset.layers, *own, *with_split, *named]
        lineage = self.lineage(section, without_layers(name))
        for each in named_layers(name):
            self._insist_named(section, name, each, lineage)
        found = [
            Layer(f"{_file(section)}: {plugin}.{layer}", table[plugin][layer])
            for layer in wanted
            for plugin in lineage
            if layer in table[plugin]
        ]
        word = without_auto(getattr(self.params, section)).get(without_layers(name), {})
        return (
            [*found, Layer(f"{PARAMS}: {section}.{without_layers(name)}", word)] if word else found
        )

    def lineage(self, section: str, name: str) -> list[str]:
        """The plug-in, and before it those whose layers lie beneath its own."""
        table, lineage = self.files[section], [name]
        while LIKE in table[lineage[0]]:
            model, file = table[lineage[0]][LIKE], str(_file(section))
            others = [each for each in table if each not in lineage]
            check_choice(model, others, f"{lineage[0]}.like", file, file)
            lineage.insert(0, model)
        return lineage

    def _insist_named(self, section: str, name: str, layer: str, lineage: list[str]) -> None:
        known = self.files["layers"]["named"]
        keys = [key.rpartition("+")[2] for plugin in lineage for key in self.files[section][plugin]]
        having = [key for key in keys if key in known]
        if layer not in having:
            expected = ", ".join(dict.fromkeys(having)) or "none"
            raise UserError(
                f"{PARAMS}: {name!r} asks for the layer {layer!r}; of"
                f" {without_layers(name)} there are: {expected} ({_file(section)})"
            )

    def _plain(self, section: str, name: str = "") -> list[Layer]:
        """The layers of what has no plug-ins: the file, and the person's word."""
        file, word = self.files[section], without_auto(getattr(self.params, section))
        if name:
            file, word = file[name], word.get(name, {})
        at = f"{section}.{name}".rstrip(".")
        below = Layer(f"{_file(section)}" + (f": {name}" if name else ""), file)
        return [below, Layer(f"{PARAMS}: {at}", word)] if word else [below]

    def plain(self, section: str) -> dict[str, Any]:
        """describe, look or demo."""
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
        """All that a cell runs on: every plug-in, those that it names with their named layers."""
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
                name: self.plugin("protocols", self._like_method(name, layers, cell), cell)
                for name, layers in self.files["protocols"].items()
            },
            **{section: self.plain(section) for section in PLAIN},
        }
        values["texts"] = {name: self.plugin("texts", name, cell) for name in self.files["texts"]}
        for section, chosen in (("encoders", cell.encoder), ("methods", cell.method)):
            for name in dict.fromkeys([*([chosen] if chosen else []), *self.files[section]]):
                values[section][name] = self.plugin(section, name, cell)
        gates = self.files["evaluation"]["gates"]
        for name, method in values["methods"].items():
            check_choice(
                method.get("gate", ""),
                gates,
                f"methods.{without_layers(name)}.gate",
                str(_file("evaluation")),
            )
            values["gates"][name] = gates[method.pop("gate")]
        return Settings(values)

    def _like_method(self, name: str, layers: dict[str, Any], cell: Cell) -> str:
        """A protocol with those of the method's named layers that it has, too."""
        return "+".join([name, *(each for each in named_layers(cell.method) if each in layers)])

    def changed(self, values: Mapping[str, Any]) -> "Config":
        """With other values of params.yaml, by the dotted names of their keys."""
        said_now = asdict(self.params)
        for name, value in values.items():
            *path, key = name.split(".")
            inner: Any = {key: value}
            for each in reversed(path):
                inner = {each: inner}
            said_now = merged(said_now, inner)
        config = Config(typed(Params, said_now, "", PARAMS), self.files)
        _check_names(config)
        return config

    def overrides(self) -> dict[str, Any]:
        """The person's own word, by its dotted name."""
        sections = ("datasets", *PLUGINS, *PLAIN)
        return {
            f"{section}.{name}": value
            for section in sections
            for name, value in leaves(without_auto(getattr(self.params, section)))
        }


def load(folder: Path = Path(), datasets: Mapping[str, Any] | None = None) -> Config:
    """Read params.yaml and settings/, and check all that needs no plug-in.

    `datasets` are sections that settings/datasets.yaml does not have yet.
    """
    values = document(folder / PARAMS)
    params = typed(Params, values, "", PARAMS)
    names = ("datasets", "preprocess", "layers", "evaluation", *PLUGINS, *PLAIN)
    files = {name: document(folder / _file(name)) for name in names}
    for name in files:
        if not isinstance(files[name], dict):
            raise UserError(f"{_file(name)}: should be a section with keys, not {files[name]!r}")
    files["datasets"] = files["datasets"] | dict(datasets or {})
    config = Config(params, files)
    _check_names(config)
    return config


def document(path: Path) -> Any:
    """A YAML file, or a complaint in one line."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run this in the root of the repository") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error


def _file(section: str) -> Path:
    return FOLDER / f"{section}.yaml"


def _check_names(config: Config) -> None:
    """Every name that is used is also defined, and there is somebody to do the work."""
    params = config.params
    for file, *keys in (("layers", "families", "named"), ("evaluation", "gates")):
        for key in keys:
            if not isinstance(config.files[file].get(key), dict):
                raise UserError(f"{_file(file)}: {key} is missing (expected a section with keys)")
    check_choice(params.dataset, config.files["datasets"], "dataset", str(_file("datasets")))
    check_choice(
        without_layers(params.encoder), config.files["encoders"], "encoder", str(_file("encoders"))
    )
    check_choice(
        without_layers(params.method), config.files["methods"], "method", str(_file("methods"))
    )
    check_choice(params.text, config.files["texts"], "text", str(_file("texts")))
    config.steps(params.preprocess)
    for section in ("datasets", *PLUGINS):
        for name in getattr(params, section):
            if name not in config.files[section]:
                raise UserError(unknown_key(section, name, config.files[section]))
            word = getattr(params, section)[name]
            if not isinstance(word, dict) and word != AUTO:
                raise UserError(
                    f"{PARAMS}: {section}.{name} is {word!r}, expected a section with keys"
                )
    families = config.files["layers"]["families"]
    file, words = str(_file("datasets")), without_auto(params.datasets)
    for name, section in config.files["datasets"].items():
        check_partial(DatasetConfig, section, name, file)
        check_partial(DatasetConfig, words.get(name, {}), f"datasets.{name}", PARAMS)
    for name, dataset in config.datasets.items():
        if dataset.of is not None:
            check_choice(dataset.of, config.files["datasets"], f"{name}.of", file, file)
        for each in dataset.layers:
            check_choice(each, families, f"{name}.layers", "settings/layers.yaml", file)
    for section in PLUGINS:
        for name, layers in config.files[section].items():
            _check_layer_names(section, name, layers, config)
        for name in config.files[section]:
            config.lineage(section, name)


def _check_layer_names(section: str, name: str, layers: Any, config: Config) -> None:
    file, datasets = str(_file(section)), list(config.files["datasets"])
    kinds = config.files["layers"]
    allowed = [DEFAULT, *kinds["families"], *datasets, *kinds["named"]]
    if not isinstance(layers, dict) or not {DEFAULT, LIKE} & set(layers):
        raise UserError(f"{file}: {name}.default is missing")
    for layer, values in layers.items():
        if layer == LIKE:
            continue
        place, _, on_request = layer.partition("+")
        dataset, _, split = place.partition("/")
        fits = dataset in datasets if split or on_request else layer in allowed
        if not fits or (on_request and on_request not in kinds["named"]):
            raise UserError(unknown_key(name, layer, allowed, file))
        if not isinstance(values, dict):
            raise UserError(f"{file}: {name}.{layer} is {values!r}, expected a section with keys")
