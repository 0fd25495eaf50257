"""Check params.yaml and settings/ as a whole, plug-ins included, and write what each stage runs on."""

import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stages import division, finetune, oneshot, retrieval, tsne
from stages.harness.closure import closure, hashes
from zsar import encoders, facts, methods, reading
from zsar.config.config import PLUGINS, Config, load
from zsar.config.settings import DataSet, Settings, base
from zsar.config.typed import FILE, among, typed, unknown
from zsar.data import preprocess, protocols, readers
from zsar.data.demo.settings import Settings as Demo
from zsar.encoders.umurl import UmURL
from zsar.errors import Complaint
from zsar.study import PROMPTS, RECORDED, RESOLVED, Cell
from zsar.text import embedding, providers
from zsar.whole import whole

TASKS = ("linear", "retrieval", "finetune")
MADE = ("demo", "demo_pku")  # the pipeline makes their recordings itself
KINDS = {
    "one_shot": oneshot.OneShotConfig,
    "retrieval": retrieval.Search,
    "finetune": finetune.FinetuneConfig,
    "tsne": tsne.TSNEConfig,
}
COMPUTED = ("run/device", "run/threads")
JUDGED = (*COMPUTED, "run/processes", "run/seeds", "dataset", "encoders/{encoder}")
SCORED = (*COMPUTED, "run/seeds", "text", "encoders/{encoder}", "methods/{method}")
ROOMS = {"reader": "zsar.data.readers", "encoder": "zsar.encoders", "method": "zsar.methods"}


@dataclass(frozen=True)
class Needs:
    """What the result of a stage depends on, beside the files that dvc.yaml names."""

    settings: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()  # axes along which it loads code by name
    facts: bool = False  # of the data set: class list, protocols, splits
    texts: bool = False  # the recorded ones, and the prompts


STAGES = {
    "demo": Needs(("demo",)),
    "prepare": Needs(("run/threads", "dataset", "preprocess"), ("reader",), facts=True),
    "embed": Needs(
        (*COMPUTED, "dataset", "describe", "text", "texts/{text}"), facts=True, texts=True
    ),
    "split": Needs(("dataset", "splits", "text"), facts=True),
    "encode": Needs((*COMPUTED, "run/processes", "run/seed", "encoders/{encoder}"), ("encoder",)),
    "learn": Needs(SCORED, ("encoder", "method")),
    "evaluate": Needs(
        ("run/bootstrap", "run/seeds", "dataset", "text", "gates/{method}"), facts=True
    ),
    "record": Needs(),
    "headline": Needs(),
    "oneshot": Needs((*SCORED, "run/bootstrap", "protocols/one_shot"), ("encoder", "method")),
    "pretrain": Needs(JUDGED, ("encoder",), facts=True),
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
    for name, values in found.items():
        with whole(RESOLVED / f"{name}.json") as draft:
            draft.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def resolved(known: Config) -> dict[str, Any]:
    """By file of data/settings, the settings and the source files that a stage's result depends on."""
    cell, found = known.cell, {}
    for name, needs in STAGES.items():
        if name == "oneshot":
            cells = {
                f"{name}/{each}": replace(cell, method=each) for each in known.params.also.one_shot
            }
        elif name in BY_PROTOCOL:
            protocols = known.params.also.recognition
            cells = {f"{each}/{name}": replace(cell, split=each, method="") for each in protocols}
        else:
            cells = {name: cell}
        for file, place in cells.items():
            found[file] = {
                "settings": _values(place, known).part(_filled(needs.settings, place, known)),
                "sources": hashes(_sources(name, needs, place, known)),
            }
    return found


def _values(cell: Cell, known: Config) -> Settings:
    """All that the cell runs on, and what follows from it for stages that depend on less."""
    values = dict(known.at(cell).values)
    values["run"] = values["run"] | {"seed": values["run"]["seeds"][0]}
    values["text"] = known.params.text
    values["sources"] = {
        place: known.plugin("encoders", Cell.at(place).encoder, Cell.at(place))
        for place in known.params.also.transfer
    }
    return Settings(values)


def _filled(names: Iterable[str], cell: Cell, known: Config) -> list[str]:
    chosen = {"encoder": cell.encoder, "method": cell.method, "text": known.params.text}
    return [name.format(**chosen) for name in names]


def _sources(name: str, needs: Needs, cell: Cell, known: Config) -> list[str]:
    dataset = known.dataset(cell.dataset)
    chosen = {"reader": dataset.reader, "encoder": base(cell.encoder), "method": base(cell.method)}
    plugins = [f"{ROOMS[axis]}.{chosen[axis]}" for axis in needs.plugins]
    files = [Path(file) for file in closure([f"stages.{name}", *plugins])]
    recorded = RECORDED / dataset.descriptions
    if needs.facts:
        files += facts.files(Cell(cell.dataset) if name in UNDIVIDED else cell, dataset)
    if needs.texts:
        files += [*recorded.glob("*"), *PROMPTS.glob("*")]
    return sorted({file.as_posix() for file in files})


def remarks(known: Config) -> list[str]:
    """What the person's own word overrules in the selected cell, and what of it has no say there."""
    found, cell = [], known.cell
    chosen = {
        "datasets": [cell.dataset],
        "encoders": [base(cell.encoder)],
        "methods": [base(cell.method), *map(base, known.params.also.one_shot)],
        "texts": [known.params.text],
    }
    for name, value in known.overrides().items():
        section, plugin = (*name.split(".", 2), "")[:2]
        if section in chosen and plugin not in chosen[section]:
            found.append(
                f"{FILE}: {name} = {value!r} changes nothing here: {plugin} is not selected"
            )
            continue
        before = known.trace(name, cell).overruled
        overruled = f" overrules {before[-1][0]!r} ({before[-1][1]})" if before else ""
        found.append(f"{FILE}: {name} = {value!r}{overruled}")
    return found


def check(known: Config) -> None:
    """Complain about the first name or setting that does not fit, of all that can be selected."""
    cell = known.cell
    for name in known.datasets:
        _dataset(name, known.dataset(name))
        _plugins(known, Cell(name))
    for place in _places(known):
        _plugins(known, place)
    for name in known.files["preprocess"]:
        _steps(name, known)
    _plugins(known, cell)
    providers.provider(typed(providers.Settings, known.plain("describe"), "describe").provider)
    typed(reading.Settings, known.plain("look"), "look")
    typed(Demo, {k: v for k, v in known.plain("demo").items() if k != "seed"}, "demo")
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


def _dataset(name: str, settings: DataSet) -> None:
    readers.reader(settings.reader)
    published = settings.of or name
    if published in protocols.available():
        among(
            settings.protocol,
            protocols.dataset(published).protocols,
            f"datasets.{name}.protocol",
            f"src/zsar/data/protocols/{published}.json",
            "settings/datasets.yaml",
        )


def _steps(name: str, known: Config) -> None:
    try:
        preprocess.pipeline(known.steps(name))
    except ValueError as error:
        raise Complaint(f"settings/preprocess.yaml: {name}: {error}") from error


def _plugins(known: Config, cell: Cell) -> None:
    """Every plug-in with the layers of this cell, and with each named layer that it has."""
    named = known.files["layers"]["named"]

    def variants(section: str) -> Iterable[str]:
        for name, layers in known.files[section].items():
            yield name
            yield from (f"{name}+{layer}" for layer in layers if layer in named)

    for name in variants("texts"):
        settings = Settings({"texts": {name: known.plugin("texts", name, cell)}})
        settings.of("texts", name, embedding.kind(settings.section("texts", name)))
    for name in variants("encoders"):
        settings = Settings({"encoders": {name: known.plugin("encoders", name, cell)}})
        settings.of("encoders", name, encoders.encoder(base(name)).Settings)
        settings.weights(name)
    gates = known.files["evaluation"]["gates"]
    for name in variants("methods"):
        values = known.plugin("methods", name, cell)
        settings = Settings({"methods": {name: values}})
        settings.of("methods", name, methods.method(base(name)).Settings)
        settings.sources(name)
        among(
            values.get("gate", ""), gates, f"methods.{base(name)}.gate", "settings/evaluation.yaml"
        )
        Settings({"gates": {name: gates[values["gate"]]}}).gate(name)
    for name in variants("protocols"):
        if base(name) not in KINDS:
            raise Complaint(unknown("", base(name), KINDS, "settings/protocols.yaml"))
        settings = Settings({"protocols": {name: known.plugin("protocols", name, cell)}})
        settings.of("protocols", name, KINDS[base(name)])
    for name in variants("splits"):
        Settings({"splits": known.plugin("splits", name, cell)}).splitting  # noqa: B018


def _selected(known: Config, cell: Cell) -> None:
    """The selected cell can be: its split exists, its recordings are there, its weights may be used."""
    dataset = known.dataset(cell.dataset)
    facts_ = facts.facts(cell.dataset, dataset)
    division.insist(facts_, base(cell.split))
    features = dataset.reader in ("synse", "smie")
    if features and cell.preprocess != "as_prepared":
        raise Complaint(
            f"{FILE}: preprocess is {cell.preprocess!r}, but {cell.dataset} holds what others have"
            " prepared; expected as_prepared: -S preprocess=as_prepared"
        )
    if not any(cell.raw.glob("*")) and cell.dataset not in MADE:
        raise Complaint(
            f"{FILE}: dataset is {cell.dataset!r}, but {cell.raw} holds no recordings; get them from"
            f" {facts_.home}, then `zsar add {cell.dataset} PATH...`"
        )
    kind = encoders.encoder(base(cell.encoder))
    values = known.plugin("encoders", cell.encoder, cell)
    if values.get("weights") and issubclass(kind, UmURL) and not kind.unlabelled:
        raise Complaint(
            f"{FILE}: encoders.{cell.encoder} of {cell.place} names weights, which may have seen clips"
            " of unseen classes; they belong to umurl_all"
        )


def _also(known: Config, cell: Cell) -> None:
    """What is done beside zero-shot recognition can be done with the selected encoder."""
    also, file = known.params.also, "src/zsar/methods"
    can = [name for name in known.files["methods"] if hasattr(methods.method(name), "one_shot")]
    for name in also.one_shot:
        among(base(name), can, "also.one_shot", file)
    for task in also.tasks:
        among(task, TASKS, "also.tasks", "dvc.yaml")
    if also.recognition or also.transfer:
        judged = [
            name for name in known.files["encoders"] if issubclass(encoders.encoder(name), UmURL)
        ]
        among(base(cell.encoder), judged, "also.recognition: encoder", "src/zsar/encoders")
    dataset = known.dataset(cell.dataset)
    if (
        dataset.of or cell.dataset
    ) in protocols.available():  # others know theirs once clips are read
        for protocol in also.recognition:
            there = facts.facts(cell.dataset, dataset).protocols
            among(protocol, there, "also.recognition", "src/zsar/data/protocols")
    for place in also.transfer:
        source = Cell.at(place, "all")
        if len(place.split("/")) != 4 or not source.weights.is_file():
            raise Complaint(
                f"{FILE}: also.transfer lists {place!r}, expected dataset/preprocess/protocol/encoder of an"
                f" encoder that is pre-trained; {source.weights} is not there"
            )


if __name__ == "__main__":
    try:
        main()
    except Complaint as complaint:
        sys.exit(f"stages.resolve: {complaint}")
