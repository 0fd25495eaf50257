"""The house rules: who may import whom, and that a stage reads what `stages.resolve` wrote it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stages.harness import needs
from stages.harness.closure import closure
from zsar.config.config import FOLDER
from zsar.experiment import check_selection
from zsar.validation import PARAMS

ROOT = Path(__file__).parent.parent
# Each room may use only the rooms named behind it, and the ground floor. `methods` and
# `evaluation` never meet.
GROUND = {
    "zsar.errors",
    "zsar.atomic",
    "zsar.bounds",
    "zsar.command_line",
    "zsar.text_files",
    "zsar.validation",
    "zsar.yaml_files",
    "zsar.processes",
    "zsar.reproducible",
}
MAY_USE = {
    "zsar.errors": set(),
    "zsar.atomic": set(),
    "zsar.bounds": set(),
    "zsar.command_line": set(),
    "zsar.text_files": set(),
    "zsar.validation": set(),
    "zsar.yaml_files": set(),
    "zsar.processes": set(),
    "zsar.reproducible": set(),
    "zsar.cells": set(),
    "zsar.data": set(),
    "zsar.preprocess": {"zsar.data"},
    "zsar.viz": {"zsar.data", "zsar.kinematics"},
    "zsar.text": {"zsar.kinematics"},
    "zsar.config": {"zsar.cells"},
    "zsar.evaluation": set(),
    "zsar.kinematics": {"zsar.data"},
    "zsar.learning": {"zsar.data.skeleton", "zsar.kinematics.described"},
    "zsar.fusion": {"zsar.learning"},
    "zsar.vae": {"zsar.learning"},
    "zsar.encoders": {"zsar.learning", "zsar.data.skeleton", "zsar.kinematics"},
    "zsar.methods": {
        "zsar.encoders.base",
        "zsar.encoders.reuse",
        "zsar.learning",
        "zsar.vae",
        "zsar.fusion",
        "zsar.data.skeleton",
        "zsar.kinematics",
    },
    "zsar.demo": {"zsar.data"},
}
# Rooms that bring the others together: for stages, for commands.
UPSTAIRS = {
    "zsar.app",
    "zsar.audit",
    "zsar.cli",
    "zsar.dataset_info",
    "zsar.exchange",
    "zsar.experiment",
    "zsar.prediction",
    "zsar.report",
    "zsar.reproduce",
    "zsar.table",
}
LIBRARY = sorted((ROOT / "src").rglob("*.py"))
STAGES = sorted((ROOT / "stages").glob("*.py"))


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    froms = {
        name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    }
    return froms | {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }


def module(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def room(name: str) -> str:
    return ".".join(name.split(".")[:2])


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_a_room_uses_only_what_lies_below_it(path):
    here = room(module(path))
    if here in UPSTAIRS or here == "zsar":
        return
    used = {name for name in imports(path) if name.startswith("zsar.") and room(name) != here}
    allowed = MAY_USE[here] | GROUND
    assert all(any(f"{name}.".startswith(f"{each}.") for each in allowed) for name in used), used


@pytest.mark.parametrize("path", LIBRARY + STAGES, ids=relative)
def test_hdf5_stays_behind_one_door(path):
    assert "h5py" not in imports(path) or path.name in ("artifacts.py", "mat73.py")


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_the_library_knows_neither_stages_nor_dvc(path):
    assert not any(re.match(r"(stages|dvc)\b", name) for name in imports(path))


@pytest.mark.parametrize("path", sorted((ROOT / "src/zsar/methods").glob("[!_]*.py")), ids=relative)
def test_methods_do_not_lean_on_one_another(path):
    used = {name for name in imports(path) if name.startswith("zsar.methods.")}
    shared = ("zsar.methods.base", "zsar.methods._")  # parts that methods share
    assert all(name.startswith(shared) for name in used)


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_a_room_opens_with_a_sentence(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


# Every stage by its name in a pipeline file, with the folder that its paths begin in.
PIPELINES = {
    name: stage
    for file in sorted(ROOT.rglob("dvc.yaml"))
    for name, stage in yaml.safe_load(file.read_text(encoding="utf-8"))["stages"].items()
}
ENTRIES = [  # modules that a pipeline calls: their `main` takes a cell
    path.stem
    for path in STAGES
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name == "main" and node.args.args
    if node.args.args[0].arg == "cell"
]
TASK = "${item.task}"  # in a command: the stage is named in params.yaml
run_by_dvc = pytest.mark.parametrize("name", [each for each in PIPELINES if each != "resolve"])


def scripts(name: str) -> list[str]:
    """The modules of stages/ that a stage of a pipeline runs."""
    (script,) = re.findall(r"^python -m stages[ .](\S+)", PIPELINES[name]["cmd"])
    return [*check_selection.TASKS] if script == TASK else [script]


@run_by_dvc
def test_a_stage_depends_on_the_file_of_its_own_settings(name):
    (script,) = re.findall(r"^python -m stages[ .](\S+)", PIPELINES[name]["cmd"])
    deps = [dep for dep in PIPELINES[name]["deps"] if dep.startswith("data/settings")]
    places = ("", "${item.protocol}/")
    files = [f"data/settings/{place}{script}.json" for place in places]
    assert len(deps) == 1 and deps[0] in (*files, f"data/settings/{script}/${{item.method}}.json")


@run_by_dvc
def test_a_pipeline_names_no_code_and_no_settings_beside_that_file(name):
    """The file changes where they do."""
    for dep in PIPELINES[name]["deps"]:
        assert dep.startswith(("data/", "metrics/")), dep
    assert not {"params", "vars"} & {*PIPELINES[name]}


def test_resolve_depends_on_all_that_is_read_to_make_these_files():
    found = PIPELINES["resolve"]
    assert found["outs"] == ["data/settings"]
    read = {"params.yaml", "settings", "splits", "descriptions", "prompts", "src/zsar", "stages"}
    assert {*found["deps"]} == read


def test_resolve_knows_the_stages_and_no_others():
    called = {script for name in PIPELINES if name != "resolve" for script in scripts(name)}
    assert {*needs.STAGES} == called == {*ENTRIES}
    assert {*needs.BY_PROTOCOL} < called


LOADED_BY = {("formats", "reader"), ("encoders", "encoder"), ("methods", "method")}


def calls(name: str) -> set[tuple[str, str]]:
    """What a stage calls by `module.function`, or functions of stages/ and experiment/ do."""
    waiting, seen, found = [(ROOT / f"stages/{name}.py", "")], set(), set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        file, function = place
        tree = ast.parse(file.read_text(encoding="utf-8"))
        own = {getattr(each, "name", ""): each for each in tree.body}
        known = {each: (file, each) for each in own} | dict(imported(tree))
        for node in ast.walk(own.get(function, tree) if function else tree):
            if isinstance(node, ast.Name) and node.id in known:  # a job names what it calls
                waiting.append(known[node.id])
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                door = node.func.value.id
                found.add((door, node.func.attr))
                if known.get(door, ("", "?"))[1] == "":
                    waiting.append((known[door][0], node.func.attr))
    return found


ROOMS = {"stages": ROOT / "stages", "zsar.experiment": ROOT / "src/zsar/experiment"}


def imported(tree: ast.Module) -> Iterator[tuple[str, tuple[Path, str]]]:
    """By its local name each module of these rooms, or function with its module."""
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom):
            continue
        for room_, folder in ROOMS.items():
            if not f"{node.module}.".startswith(f"{room_}."):
                continue
            place = folder.joinpath(*(node.module or "").removeprefix(room_).split("."))
            for alias in node.names:
                inner = place / f"{alias.name}.py"
                lies = inner.is_file()
                yield alias.name, ((inner, "") if lies else (place.with_suffix(".py"), alias.name))


@pytest.mark.parametrize("name", needs.STAGES)
def test_a_stage_loads_the_plug_ins_that_resolve_knows_of(name):
    loaded = {door for door in calls(name) if door in LOADED_BY}
    assert {axis for _, axis in loaded} == {*needs.STAGES[name].plugins}


@pytest.mark.parametrize("name", needs.STAGES)
def test_a_stage_reads_neither_params_nor_settings_itself(name):
    files = closure([f"stages.{name}"], ROOT)
    assert "src/zsar/config/config.py" not in files
    for file in files:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        if not file.startswith(("src/zsar/config/", "src/zsar/validation.py")):
            assert not {PARAMS, FOLDER.as_posix(), f"{FOLDER.as_posix()}/"} & words, file


@pytest.mark.parametrize("name", needs.STAGES)
def test_a_stage_takes_its_cell_and_its_settings(name):
    tree = ast.parse((ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8"))
    (main,) = (node for node in tree.body if getattr(node, "name", "") == "main")
    assert [each.arg for each in main.args.args] == ["cell", "settings"]
