"""Which settings and source files the result of each stage depends on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stages.harness.closure import closure, hashes
from zsar import dataset_info, encoders
from zsar.cells import PROMPTS, RECORDED, Cell
from zsar.config.config import LEARNED, Config
from zsar.config.settings import Settings, without_layers
from zsar.experiment.inputs import reads_structured
from zsar.text.descriptions import KINEMATICS, NAMES, PROVENANCE, recorded_file

COMPUTE = ("run/device", "run/threads")
ENCODE = (*COMPUTE, "run/processes", "run/seeds", "encoders/{encoder}")
RECOGNITION = (*COMPUTE, "run/seeds", "dataset", "encoders/{encoder}")
SCORE = (*COMPUTE, "run/seeds", "text", "encoders/{encoder}", "methods/{method}")
PLUGIN_MODULES = {
    "reader": lambda name: f"zsar.data.formats.{name}",
    "encoder": encoders.module,
    "method": lambda name: f"zsar.methods.{name}",
}


@dataclass(frozen=True)
class Needs:
    """What the result of a stage depends on, beside the files that dvc.yaml names."""

    settings: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()  # kinds of modules that it loads by name
    dataset_info: bool = False  # class list, protocols, splits
    texts: bool = False  # the recorded ones, and the prompts


# A line for a new encoder changes no result; the selected encoder's own module is a source.
ENCODER_TABLE = Path("src/zsar/encoders/__init__.py")
VOCABULARY = Path("src/zsar/kinematics/vocabulary.yaml")
MEASURE = Path("stages/measure.py")  # reads the structured descriptions
RUNNER = "stages.__main__"
STAGES = {
    "demo": Needs(("demo",)),
    "prepare": Needs(("dataset", "preprocess"), ("reader",), dataset_info=True),
    "measure": Needs(("dataset",), ("reader",), dataset_info=True),
    "embed": Needs(
        (*COMPUTE, "dataset", "describe", "text", "texts/{text}"), dataset_info=True, texts=True
    ),
    "split": Needs(("dataset", "splits", "text"), dataset_info=True),
    "encode": Needs(ENCODE, ("encoder",)),
    "learn": Needs(SCORE, ("encoder", "method")),
    "evaluate": Needs(
        ("run/bootstrap", "run/seeds", "dataset", "text", "gates/{method}"), dataset_info=True
    ),
    "record": Needs(),
    "headline": Needs(),
    "oneshot": Needs((*SCORE, "run/bootstrap", "protocols/one_shot"), ("encoder", "method")),
    "pretrain": Needs((*ENCODE, "dataset"), ("encoder",), dataset_info=True),
    "linear": Needs(RECOGNITION, ("encoder",), dataset_info=True),
    "retrieval": Needs((*RECOGNITION, "protocols/retrieval"), ("encoder",), dataset_info=True),
    "finetune": Needs((*RECOGNITION, "protocols/finetune"), ("encoder",), dataset_info=True),
    "tsne": Needs((*RECOGNITION, "protocols/tsne"), ("encoder",), dataset_info=True),
    "transfer": Needs(
        (*RECOGNITION, "protocols/retrieval", "protocols/finetune", "sources"),
        ("encoder",),
        dataset_info=True,
    ),
}
WITHOUT_SPLIT = ("prepare", "measure", "embed")  # what they make serves every split
BY_PROTOCOL = ("pretrain", "linear", "retrieval", "finetune", "tsne", "transfer")


def settings_files(config: Config) -> dict[str, tuple[str, Cell]]:
    """By file of data/settings, the stage that reads it and the cell that it is called with."""
    cell, found = config.cell, {}
    for name in STAGES:
        if name == "oneshot":
            for each in config.params.also.one_shot:
                found[f"{name}/{each}"] = (name, replace(cell, method=each))
        elif name in BY_PROTOCOL:
            for each in config.params.also.recognition:
                found[f"{each}/{name}"] = (name, replace(cell, split=each, method=""))
        else:
            found[name] = (name, cell)
    return found


def stage_settings(config: Config) -> dict[str, Any]:
    """By file of data/settings, the settings that a stage's result depends on."""
    files = settings_files(config)
    cells = dict.fromkeys(cell for _, cell in files.values())
    settings = {cell: cell_settings(cell, config) for cell in cells}
    return {
        file: settings[cell].part(needed_settings(stage, cell, config))
        for file, (stage, cell) in files.items()
    }


def resolved(config: Config) -> dict[str, Any]:
    """By file of data/settings, the settings and source files that a stage's result depends on."""
    settings = stage_settings(config)
    return {
        file: {"settings": settings[file], "sources": hashes(source_files(stage, cell, config))}
        for file, (stage, cell) in settings_files(config).items()
    }


def cell_settings(cell: Cell, config: Config) -> Settings:
    """All that the cell runs on, and what follows from it for stages that depend on less."""
    found = dict(config.at(cell).values)
    found["text"] = config.params.text
    found["sources"] = {
        place: config.plugin("encoders", Cell.at(place).encoder, Cell.at(place))
        for place in config.params.also.transfer
    }
    return Settings(found)


def needed_settings(stage: str, cell: Cell, config: Config) -> list[str]:
    """The names of a stage's settings, with the cell's plug-ins filled in."""
    chosen = {"encoder": cell.encoder, "method": cell.method, "text": config.params.text}
    return ["run/reproducible", *(name.format(**chosen) for name in STAGES[stage].settings)]


def source_files(stage: str, cell: Cell, config: Config) -> list[str]:
    """Code, class lists, splits and texts."""
    needs = STAGES[stage]
    found = [
        Path(file) for file in closure([RUNNER, f"stages.{stage}", *_plugins(stage, cell, config)])
    ]
    found = [file for file in found if file != ENCODER_TABLE]
    if VOCABULARY.with_suffix(".py") in found:
        found.append(VOCABULARY)
    dataset = config.dataset(cell.dataset)
    if needs.dataset_info:
        place = Cell(cell.dataset) if stage in WITHOUT_SPLIT else cell
        found += dataset_info.source_files(place, dataset)
    if needs.texts:
        found += [*(RECORDED / dataset.descriptions).glob("*.txt"), *PROMPTS.glob("*")]
        found += (RECORDED / dataset.descriptions).glob(PROVENANCE)
    if MEASURE in found:
        folder = RECORDED / dataset.descriptions
        files = (recorded_file(folder, source) for source in (KINEMATICS, NAMES))
        found += [file for file in files if file.is_file()]
    return sorted({file.as_posix() for file in found})


def _plugins(stage: str, cell: Cell, config: Config) -> Iterable[str]:
    """The modules that a stage loads by name."""
    reader = config.dataset(cell.dataset).reader
    chosen = {
        "reader": reader,
        "encoder": without_layers(cell.encoder),
        "method": without_layers(cell.method),
    }
    for kind in STAGES[stage].plugins:
        yield PLUGIN_MODULES[kind](chosen[kind])
    if "method" in STAGES[stage].plugins:
        if learned := config.plugin("methods", cell.method, cell).get(LEARNED):
            yield PLUGIN_MODULES["method"](learned)
        # What it made of descriptions is in a file that dvc.yaml does not name: others than this
        # method need not learn again.
        if reads_structured(cell, config.at(cell)):
            yield f"stages.{MEASURE.stem}"
    if stage == "transfer":
        for place in config.params.also.transfer:
            yield encoders.module(without_layers(Cell.at(place).encoder))
