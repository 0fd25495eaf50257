"""Check params.yaml and settings/, plug-ins included, and write what each stage runs on."""

import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stages.harness.closure import closure, hashes
from zsar import dataset_info, encoders, methods
from zsar.atomic import atomic_write
from zsar.cells import PROMPTS, RECORDED, RESOLVED, Cell
from zsar.cli import text_report
from zsar.config.config import LIKE, PLUGINS, Config, load
from zsar.config.layers import said
from zsar.config.settings import SHARED, DatasetConfig, GateConfig, Settings, Splitting, base
from zsar.data import formats, protocols
from zsar.demo.config import DemoConfig as Demo
from zsar.errors import UserError
from zsar.exchange import onward
from zsar.exchange.section import way
from zsar.experiment import splits
from zsar.experiment.one_shot import OneShotConfig
from zsar.experiment.recognition import FinetuneConfig, RetrievalConfig, TSNEConfig
from zsar.preprocess import pipeline
from zsar.reproduce.plan import MADE
from zsar.text import backends, describe
from zsar.validation import PARAMS, check_choice, check_partial, join, typed, unknown_key

TASKS = ("linear", "retrieval", "finetune")
KINDS = {
    "one_shot": OneShotConfig,
    "retrieval": RetrievalConfig,
    "finetune": FinetuneConfig,
    "tsne": TSNEConfig,
}
COMPUTED = ("run/device", "run/threads")
TAUGHT = (*COMPUTED, "run/processes", "run/seed", "encoders/{encoder}")
JUDGED = (*COMPUTED, "run/seeds", "dataset", "encoders/{encoder}")
SCORED = (*COMPUTED, "run/seeds", "text", "encoders/{encoder}", "methods/{method}")
PLUGIN_MODULES = {
    "reader": lambda name: f"zsar.data.formats.{name}",
    "encoder": encoders.module,
    "method": lambda name: f"zsar.methods.{name}",
}


@dataclass(frozen=True)
class Needs:
    """What the result of a stage depends on, beside the files that dvc.yaml names."""

    settings: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()  # axes along which it loads code by name
    facts: bool = False  # of the data set: class list, protocols, splits
    texts: bool = False  # the recorded ones, and the prompts


STAGES = {
    "demo": Needs(("demo",)),
    "prepare": Needs(("dataset", "preprocess"), ("reader",), facts=True),
    "embed": Needs(
        (*COMPUTED, "dataset", "describe", "text", "texts/{text}"), facts=True, texts=True
    ),
    "split": Needs(("dataset", "splits", "text"), facts=True),
    "encode": Needs(TAUGHT, ("encoder",)),
    "learn": Needs(SCORED, ("encoder", "method")),
    "evaluate": Needs(
        ("run/bootstrap", "run/seeds", "dataset", "text", "gates/{method}"), facts=True
    ),
    "record": Needs(),
    "headline": Needs(),
    "oneshot": Needs((*SCORED, "run/bootstrap", "protocols/one_shot"), ("encoder", "method")),
    "pretrain": Needs((*TAUGHT, "dataset"), ("encoder",), facts=True),
    "linear": Needs(JUDGED, ("encoder",), facts=True),
    "retrieval": Needs((*JUDGED, "protocols/retrieval"), ("encoder",), facts=True),
    "finetune": Needs((*JUDGED, "protocols/finetune"), ("encoder",), facts=True),
    "tsne": Needs((*JUDGED, "protocols/tsne"), ("encoder",), facts=True),
    "transfer": Needs(
        (*JUDGED, "protocols/retrieval", "protocols/finetune", "sources"), ("encoder",), facts=True
    ),
}
UNDIVIDED = ("prepare", "embed")  # what they make serves every split
BY_PROTOCOL = ("pretrain", "linear", "retrieval", "finetune", "tsne", "transfer")


def main() -> None:
    """Complain about the first name or setting that does not fit; otherwise write data/settings."""
    known = load()
    check(known)
    for line in remarks(known):
        print(line)
    found = resolved(known)
    shutil.rmtree(RESOLVED, ignore_errors=True)
    for name, each in found.items():
        with atomic_write(RESOLVED / f"{name}.json") as draft:
            draft.write_text(json.dumps(each, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def resolved(known: Config) -> dict[str, Any]:
    """By file of data/settings, the settings and source files that a stage's result depends on."""
    settings = values(known)
    return {
        file: {
            "settings": settings[file],
            "sources": hashes(_sources(name, STAGES[name], cell, known)),
        }
        for file, (name, cell) in files(known).items()
    }


def values(known: Config) -> dict[str, Any]:
    """By file of data/settings, the settings that a stage's result depends on."""
    asked = files(known)
    every = {
        cell: _values(cell, known) for cell in dict.fromkeys(cell for _, cell in asked.values())
    }
    return {
        file: every[cell].part(_filled(STAGES[name].settings, cell, known))
        for file, (name, cell) in asked.items()
    }


def files(known: Config) -> dict[str, tuple[str, Cell]]:
    """By file of data/settings, the stage that reads it and the cell that it is called with."""
    cell, found = known.cell, {}
    for name in STAGES:
        if name == "oneshot":
            for each in known.params.also.one_shot:
                found[f"{name}/{each}"] = (name, replace(cell, method=each))
        elif name in BY_PROTOCOL:
            for each in known.params.also.recognition:
                found[f"{each}/{name}"] = (name, replace(cell, split=each, method=""))
        else:
            found[name] = (name, cell)
    return found


def _values(cell: Cell, known: Config) -> Settings:
    """All that the cell runs on, and what follows from it for stages that depend on less."""
    found = dict(known.at(cell).values)
    found["run"] = found["run"] | {"seed": found["run"]["seeds"][0]}
    found["text"] = known.params.text
    found["sources"] = {
        place: known.plugin("encoders", Cell.at(place).encoder, Cell.at(place))
        for place in known.params.also.transfer
    }
    return Settings(found)


def _filled(names: Iterable[str], cell: Cell, known: Config) -> list[str]:
    chosen = {"encoder": cell.encoder, "method": cell.method, "text": known.params.text}
    return [name.format(**chosen) for name in names]


def _sources(name: str, needs: Needs, cell: Cell, known: Config) -> list[str]:
    dataset = known.dataset(cell.dataset)
    chosen = {"reader": dataset.reader, "encoder": base(cell.encoder), "method": base(cell.method)}
    plugins = [PLUGIN_MODULES[axis](chosen[axis]) for axis in needs.plugins]
    if name == "transfer":
        sources = (base(Cell.at(place).encoder) for place in known.params.also.transfer)
        plugins += map(encoders.module, sources)
    found = [Path(file) for file in closure([f"stages.{name}", *plugins])]
    recorded = RECORDED / dataset.descriptions
    if needs.facts:
        found += dataset_info.source_files(
            Cell(cell.dataset) if name in UNDIVIDED else cell, dataset
        )
    if needs.texts:
        found += [*recorded.glob("*"), *PROMPTS.glob("*")]
    return sorted({file.as_posix() for file in found})


def remarks(known: Config) -> list[str]:
    """What the person's own word overrules in the selected cell, and what has no say there."""
    found, cell, also = [], known.cell, known.params.also
    tasks = [*also.tasks, "tsne", *(["retrieval", "finetune"] if also.transfer else [])]
    chosen = {
        "datasets": [cell.dataset],
        "encoders": [cell.encoder],
        "methods": [cell.method],
        "texts": [known.params.text],
        "protocols": [
            *(["one_shot"] if also.one_shot else []),
            *(tasks if also.recognition else []),
        ],
    }
    for name, setting in known.overrides().items():
        section, plugin = name.split(".")[:2]
        line = f"{PARAMS}: {name} = {setting!r}"
        asked = {base(each): each for each in chosen.get(section, [plugin])}
        if plugin not in asked:
            found.append(f"{line} changes nothing here: {plugin} is not selected")
            continue
        if section == "demo" and cell.dataset not in MADE:
            found.append(f"{line} changes nothing here: {cell.dataset} is selected")
            continue
        rest = name.removeprefix(f"{section}.{plugin}")
        before = known.trace(f"{section}.{asked[plugin]}{rest}", cell).overruled
        overruled = f" overrules {before[-1][0]!r} ({before[-1][1]})" if before else ""
        found.append(f"{line}{overruled}")
    return found


def check(known: Config) -> None:
    """Complain about the first name or setting that does not fit, of all that can be selected."""
    cell = known.cell
    for name in known.datasets:
        _dataset(name, known.dataset(name))
    for name in known.files["preprocess"]:
        pipeline.pipeline(known.steps(name), f"settings/preprocess.yaml: {name}")
    for name, gate in known.files["evaluation"]["gates"].items():
        typed(GateConfig, gate, f"gates.{name}", "settings/evaluation.yaml")
    for name in known.files["protocols"]:
        if name not in KINDS:
            raise UserError(unknown_key("", name, KINDS, "settings/protocols.yaml"))
    for section in PLUGINS:
        _layers(section, known)
    for each in (*map(Cell, known.datasets), *_places(known), cell):
        _plugins(known, each)
    for section, kind in (
        ("describe", describe.DescribeConfig),
        ("look", text_report.TextReportConfig),
    ):
        _plain(section, kind, known, ())
    _plain("demo", Demo, known, ("seed",))
    with _at(PARAMS if "describe.provider" in known.overrides() else "settings/describe.yaml"):
        describe.provider(known.plain("describe")["provider"])
    _selected(known, cell)
    _also(known, cell)


def _places(known: Config) -> list[Cell]:
    """Cells of the splits that have layers of their own."""
    keys = [
        key.partition("+")[0]
        for name in PLUGINS
        for each in known.files[name].values()
        for key in each
    ]
    return [
        Cell(key.split("/")[0], split=key.split("/")[1])
        for key in dict.fromkeys(keys)
        if "/" in key
    ]


def _dataset(name: str, settings: DatasetConfig) -> None:
    check_choice(
        settings.reader,
        formats.available(),
        f"datasets.{name}.reader",
        "src/zsar/data/formats",
        "settings/datasets.yaml",
    )
    published = settings.of or name
    if published in protocols.available():
        check_choice(
            settings.protocol,
            protocols.dataset(published).protocols,
            f"datasets.{name}.protocol",
            f"src/zsar/data/protocols/{published}.json",
            "settings/datasets.yaml",
        )


def _plain(section: str, kind: type, known: Config, beside: Iterable[str]) -> None:
    """A section without plug-ins, the file by itself first; `beside` are keys that are numbers."""
    file, word = f"settings/{section}.yaml", said(getattr(known.params, section))
    for at, values, where in (("", known.files[section], file), (section, word, PARAMS)):
        for key in beside:
            typed(int, values.get(key, 0), join(at, key), where)
        check_partial(kind, _without(values, beside), at, where)
    typed(kind, _without(known.plain(section), beside), "", file)


def _without(values: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: each for key, each in values.items() if key not in keys}


def _kind(section: str, name: str, values: Mapping[str, Any]) -> Any:
    """What the settings of a plug-in are typed as."""
    if section == "texts":
        return backends.kind(values)
    if section == "encoders":
        return encoders.encoder(name).Config
    if section == "methods":
        return methods.method(name).Config
    if section == "splits":
        return Splitting
    return KINDS[name]


@contextmanager
def _at(place: str) -> Iterator[None]:
    """What is complained about stands here."""
    try:
        yield
    except UserError as complaint:
        raise UserError(f"{place}: {complaint}") from complaint


def _layers(section: str, known: Config) -> None:
    """Each layer by itself, the values of params.yaml too, so that an error names its place."""
    file, word = f"settings/{section}.yaml", said(getattr(known.params, section))
    for name, layers in known.files[section].items():
        below = known.plugin(section, name, Cell(known.params.dataset))
        for layer, values in layers.items():
            if layer == LIKE:
                continue
            dataset, _, split = base(layer).partition("/")
            at = f"{name}.{layer}"
            if split:
                there = dataset_info.dataset_info(dataset, known.dataset(dataset))
                if split not in there.protocols:  # which stand in its place on all classes
                    with _at(f"{file}: {at}"):
                        splits.check_split(there, split)
            _layer(section, name, values, below, at, file, known)
        _layer(section, name, word.get(name, {}), below, f"{section}.{name}", PARAMS, known)


def _layer(
    section: str,
    name: str,
    values: Mapping[str, Any],
    below: Mapping[str, Any],
    at: str,
    file: str,
    known: Config,
) -> None:
    with _at(f"{file}: {at}"):
        kind = _kind(section, name, {**below, **values})
    shared = SHARED.get(section, {})
    for key in [key for key in shared if key in values]:
        typed(shared[key], values[key], join(at, key), file)
    if "gate" in shared and "gate" in values:
        gates = known.files["evaluation"]["gates"]
        check_choice(values["gate"], gates, join(at, "gate"), "settings/evaluation.yaml", file)
    check_partial(kind, _without(values, shared), at, file)


def _plugins(known: Config, cell: Cell) -> None:
    """Every plug-in with the layers of this cell, and with each of its named ones, is whole."""
    named = known.files["layers"]["named"]
    for section in PLUGINS:
        file = f"settings/{section}.yaml"
        for name, layers in known.files[section].items():
            for asked in (name, *(f"{name}+{layer}" for layer in layers if layer in named)):
                found = known.plugin(section, asked, cell)
                shared = SHARED.get(section, {})
                typed(_kind(section, name, found), _without(found, shared), name, file)
                for key in shared:
                    if key not in found:
                        raise UserError(f"{file}: {name}.{key} is missing")


def _selected(known: Config, cell: Cell) -> None:
    """The selected cell can be: its split exists, its recordings are there, its weights fit."""
    dataset = known.dataset(cell.dataset)
    facts_ = dataset_info.dataset_info(cell.dataset, dataset)
    with _at(PARAMS):
        splits.check_split(facts_, base(cell.split))
    features = dataset.reader in ("synse", "smie")
    if features and cell.preprocess != "as_prepared":
        raise UserError(
            f"{PARAMS}: preprocess is {cell.preprocess!r}, but {cell.dataset} holds what others"
            " have prepared; expected as_prepared: -S preprocess=as_prepared"
        )
    if not any(cell.raw.glob("*")) and cell.dataset not in MADE:
        raise UserError(
            f"{PARAMS}: dataset is {cell.dataset!r}, but {cell.raw} holds no recordings;"
            f" {way(cell.dataset, dataset)}"
        )
    for step in onward.texts(cell, known):
        raise UserError(f"{PARAMS}: dataset is {cell.dataset!r}, method {cell.method!r}: {step}")
    kind = encoders.encoder(base(cell.encoder))
    values = known.plugin("encoders", cell.encoder, cell)
    if values.get("weights") and kind.self_supervised and not kind.uses_unlabelled:
        raise UserError(
            f"{PARAMS}: encoders.{cell.encoder} of {cell.place} names weights, which may have seen"
            " clips of unseen classes; they belong to umurl_all"
        )


def _also(known: Config, cell: Cell) -> None:
    """What is done beside zero-shot recognition can be done with the selected encoder."""
    also, file = known.params.also, "src/zsar/methods"
    can = [name for name in known.files["methods"] if methods.method(name).one_shot]
    for name in also.one_shot:
        check_choice(base(name), can, "also.one_shot", file)
        if name != cell.method:
            raise UserError(
                f"{PARAMS}: also.one_shot lists {name!r}, but method is {cell.method!r}; expected"
                f" the selected method: -S method={name}"
            )
    for task in also.tasks:
        check_choice(task, TASKS, "also.tasks", "dvc.yaml")
    if also.recognition or also.transfer:
        judged = [
            name for name in known.files["encoders"] if encoders.encoder(name).self_supervised
        ]
        check_choice(base(cell.encoder), judged, "also.recognition: encoder", "src/zsar/encoders")
    dataset = known.dataset(cell.dataset)
    if (
        dataset.of or cell.dataset
    ) in protocols.available():  # others know theirs once clips are read
        for protocol in also.recognition:
            there = dataset_info.dataset_info(cell.dataset, dataset).protocols
            check_choice(protocol, there, "also.recognition", "src/zsar/data/protocols")
    if len(also.transfer) > 1:
        raise UserError(
            f"{PARAMS}: also.transfer lists {len(also.transfer)} places, expected one at most"
        )
    for place in also.transfer:
        source = Cell.at(place, "all")
        if len(place.split("/")) != 4 or not source.weights.is_file():
            raise UserError(
                f"{PARAMS}: also.transfer lists {place!r}, expected"
                " dataset/preprocess/protocol/encoder of an encoder that is pre-trained;"
                f" {source.weights} is not there"
            )


if __name__ == "__main__":
    try:
        main()
    except UserError as complaint:
        sys.exit(f"stages.resolve: {complaint}")
