"""Checks all settings that can be selected, those of plug-ins included, before any stage runs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from zsar import dataset_info, encoders, methods
from zsar.cells import Cell
from zsar.config.config import LIKE, PLUGINS, Config, file_of
from zsar.config.layers import without_auto
from zsar.config.settings import STAGE_KEYS, DatasetConfig, GateConfig, SplitConfig, without_layers
from zsar.data import formats, protocols
from zsar.demo.config import DemoConfig
from zsar.errors import UserError
from zsar.experiment import splits
from zsar.experiment.one_shot import OneShotConfig
from zsar.experiment.recognition import FinetuneConfig, RetrievalConfig, TSNEConfig
from zsar.preprocess import pipeline
from zsar.text import backends, describe
from zsar.text.similarity import TextReportConfig
from zsar.validation import PARAMS, check_choice, check_partial, join, typed, unknown_key

PROTOCOL_TYPES = {
    "one_shot": OneShotConfig,
    "retrieval": RetrievalConfig,
    "finetune": FinetuneConfig,
    "tsne": TSNEConfig,
}


def check_settings(config: Config) -> None:
    """Raise a UserError for the first name or value that does not fit."""
    for name in config.datasets:
        check_dataset(name, config.dataset(name))
    for name in config.files["preprocess"]:
        pipeline.pipeline(config.steps(name), f"settings/preprocess.yaml: {name}")
    for name, gate in config.files["evaluation"]["gates"].items():
        typed(GateConfig, gate, f"gates.{name}", "settings/evaluation.yaml")
    for name in config.files["protocols"]:
        if name not in PROTOCOL_TYPES:
            raise UserError(unknown_key("", name, PROTOCOL_TYPES, "settings/protocols.yaml"))
    for section in PLUGINS:
        _check_layers(section, config)
    for cell in (*map(Cell, config.datasets), *_cells_with_own_layers(config), config.cell):
        _check_complete(cell, config)
    _check_plain("describe", describe.DescribeConfig, config)
    _check_plain("text_report", TextReportConfig, config)
    _check_plain("demo", DemoConfig, config, integers=("seed",))
    with _prefixed(PARAMS if "describe.provider" in config.overrides() else file_of("describe")):
        describe.provider(config.plain("describe")["provider"])


def check_dataset(name: str, settings: DatasetConfig) -> None:
    """Its reader exists, and its protocol where the data set is a published one."""
    at, file = f"datasets.{name}", file_of("datasets")
    readers = formats.available()
    check_choice(settings.reader, readers, f"{at}.reader", "src/zsar/data/formats", file)
    published = settings.of or name
    if published in protocols.available():
        known = protocols.dataset(published).protocols
        listed_in = f"src/zsar/data/protocols/{published}.json"
        check_choice(settings.protocol, known, f"{at}.protocol", listed_in, file)


def _check_layers(section: str, config: Config) -> None:
    """Each layer alone, so that an error names the file and the layer."""
    in_params = without_auto(getattr(config.params, section))
    for name, layers in config.files[section].items():
        below = config.plugin(section, name, Cell(config.params.dataset))
        found = [
            (values, f"{name}.{layer}", file_of(section))
            for layer, values in layers.items()
            if layer != LIKE
        ]
        for layer in layers:
            _check_split(layer, f"{file_of(section)}: {name}.{layer}", config)
        for values, at, file in [*found, (in_params.get(name, {}), f"{section}.{name}", PARAMS)]:
            with _prefixed(f"{file}: {at}"):
                kind = _settings_type(section, name, {**below, **values})
            _check_layer(section, values, kind, at, file, config)


def _check_split(layer: str, place: str, config: Config) -> None:
    """That of a layer such as ntu60/unseen12: a split, or a protocol."""
    dataset, _, split = without_layers(layer).partition("/")
    if split:
        info = dataset_info.dataset_info(dataset, config.dataset(dataset))
        if split not in info.protocols:
            with _prefixed(place):
                splits.check_split(info, split)


def _check_layer(
    section: str, values: Mapping[str, Any], kind: Any, at: str, file: str, config: Config
) -> None:
    shared = STAGE_KEYS.get(section, {})
    for key in [key for key in shared if key in values]:
        typed(shared[key], values[key], join(at, key), file)
    if "gate" in shared and "gate" in values:
        gates = config.files["evaluation"]["gates"]
        check_choice(values["gate"], gates, join(at, "gate"), file_of("evaluation"), file)
    check_partial(kind, _without(values, shared), at, file)


def _check_complete(cell: Cell, config: Config) -> None:
    """No setting of a plug-in is missing in this cell, with any of its named layers."""
    named = config.files["layers"]["named"]
    for section in PLUGINS:
        shared, file = STAGE_KEYS.get(section, {}), file_of(section)
        for name, layers in config.files[section].items():
            for each in (name, *(f"{name}+{layer}" for layer in layers if layer in named)):
                found = config.plugin(section, each, cell)
                kind = _settings_type(section, name, found)
                typed(kind, _without(found, shared), name, file)
                for key in shared:
                    if key not in found:
                        raise UserError(f"{file}: {name}.{key} is missing")


def _cells_with_own_layers(config: Config) -> list[Cell]:
    """Cells of the splits that have layers of their own."""
    keys = [
        without_layers(layer)
        for section in PLUGINS
        for layers in config.files[section].values()
        for layer in layers
        if "/" in layer
    ]
    pairs = [key.split("/")[:2] for key in dict.fromkeys(keys)]
    return [Cell(dataset, split=split) for dataset, split in pairs]


def _check_plain(section: str, kind: type, config: Config, integers: Iterable[str] = ()) -> None:
    """A section without plug-ins, the file alone first; `integers` are keys beside the type."""
    in_params = without_auto(getattr(config.params, section))
    file = file_of(section)
    for at, values, where in (("", config.files[section], file), (section, in_params, PARAMS)):
        for key in integers:
            typed(int, values.get(key, 0), join(at, key), where)
        check_partial(kind, _without(values, integers), at, where)
    typed(kind, _without(config.plain(section), integers), "", file)


def _settings_type(section: str, name: str, values: Mapping[str, Any]) -> Any:
    if section == "texts":
        return backends.config_class(values)
    if section == "encoders":
        return encoders.encoder(name).Config
    if section == "methods":
        return methods.method(name).Config
    return SplitConfig if section == "splits" else PROTOCOL_TYPES[name]


def _without(values: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: each for key, each in values.items() if key not in keys}


@contextmanager
def _prefixed(place: str) -> Iterator[None]:
    """The message of a UserError begins with this place."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
