"""The house rules: who may import whom, and that dvc.yaml names the code that each stage runs
on."""

import ast
import re
from pathlib import Path

import pytest

from stages.harness.closure import closure
from stages.harness.run import loaded
from zsar import params
from zsar.study import Cell

ROOT = Path(__file__).parent.parent
# Each room may use only the rooms named behind it, and the ground floor. `methods` and
# `evaluation` never meet.
GROUND = {"zsar.errors", "zsar.whole"}
MAY_USE = {
    "zsar.errors": set(),
    "zsar.whole": set(),
    "zsar.data": set(),
    "zsar.text": set(),
    "zsar.params": set(),
    "zsar.study": set(),
    "zsar.evaluation": set(),
    "zsar.learning": {"zsar.data.skeleton"},
    "zsar.encoders": {"zsar.learning", "zsar.data.skeleton"},
    "zsar.methods": {"zsar.encoders", "zsar.learning", "zsar.data.skeleton"},
}
UPSTAIRS = {  # commands for people
    "zsar.cli",
    "zsar.cli_exchange",
    "zsar.cli_table",
    "zsar.cli_text",
    "zsar.describing",
    "zsar.exchange",
    "zsar.facts",
    "zsar.gallery",
    "zsar.reading",
    "zsar.report",
    "zsar.stock",
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
    assert "h5py" not in imports(path) or path.name == "artifacts.py"


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_the_library_knows_neither_stages_nor_dvc(path):
    assert not any(re.match(r"(stages|dvc)\b", name) for name in imports(path))


@pytest.mark.parametrize("path", sorted((ROOT / "src/zsar/methods").glob("[!_]*.py")), ids=relative)
def test_methods_do_not_lean_on_one_another(path):
    used = {name for name in imports(path) if name.startswith("zsar.methods.")}
    assert all(name.startswith("zsar.methods.base") for name in used)


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_a_room_opens_with_a_sentence(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def stages():
    """Every stage with the source files it names, and those that it runs and no named folder
    holds."""
    from dvc.repo import Repo

    settings = params.load(ROOT / "params.yaml")
    with Repo(str(ROOT)) as repo:
        for stage in repo.index.stages:
            script, *where = stage.cmd.removeprefix("python -m ").split()
            cell = Cell.at(*where or [""])
            plugins = _plugins(script)
            runs = closure([script, *loaded(cell, settings, plugins)], ROOT)
            paths = [Path(dep.fs_path) for dep in stage.deps]
            named = {relative(path) for path in paths if path.suffix == ".py"}
            held = {relative(file) for path in paths for file in path.rglob("*.py")}
            yield stage.name.split("@")[0], named, set(runs) - held


def _plugins(script: str) -> tuple[str, ...]:
    """The axes that a stage loads code by, as it tells `run`."""
    source = (ROOT / script.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    (call,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "run"
    )
    return tuple(each.value for each in call.args[1:])


def test_dvc_names_the_code_of_every_stage():
    """Nothing that runs is missing, and nothing is named that no cell of the stage runs."""
    missing, idle = {}, {}
    for name, named, runs in stages():
        missing.setdefault(name, set()).update(runs - named)
        idle.setdefault(name, []).append((named, runs))
    assert not {name: files for name, files in missing.items() if files}
    superfluous = {
        name: set.intersection(*(named - runs for named, runs in cells))
        for name, cells in idle.items()
    }
    assert not {name: files for name, files in superfluous.items() if files}
