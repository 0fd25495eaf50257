"""Writes architecture.md: the pipeline, every room of the code, and who may import whom.

python docs/tree.py
"""

import ast
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "architecture.md"
RULES = ROOT / "tests" / "test_architecture.py"
FOLDERS = {
    "settings/": "all settings, in layers",
    "studies/": "one file per published table",
    "splits/": "your own splits, one file each",
    "descriptions/": "texts of the classes: a folder per class list, a file per source",
    "prompts/": "what a language model is asked for each source",
    "demo/": "a pipeline of one stage that makes the recordings of the demo",
    "data/": "raw recordings and everything computed from them; not in Git",
    "metrics/": "numbers, in Git",
    "benchmarks/": "scripts that measure speed and the effect of published settings",
    "docs/": "documents",
    "tests/": "tests on toy worlds; `acceptance/` and `presets/` run on request",
    "tests/faults/": "damaged inputs, full disks, kills; `make faults` takes thousands",
    "tests/browser/": "the pages of `zsar report` and `zsar app` in Chromium, where there is one",
    "tests/parity/": "comparison with outputs of the authors' code, where these are available",
}
HEAD = """\
# Architecture

`python docs/tree.py` writes this page.

## Pipeline

    resolve -> prepare -> split -> encode -> learn -> evaluate -> record
                            ^        ^         ^
               embed -------+--------|---------+
               measure --------------+---------+

`params.yaml` selects a cell, and `dvc.yaml` is its pipeline. A stage is a thin script in `stages/`:
read artifacts, call the library, write artifacts. Library and stages run without DVC.

An artifact is a frozen dataclass in `src/zsar/data/artifacts.py`, written atomically. Row i is the
same clip in every file of a preparation. Class ids are those of the data set.
"""
IMPORTS = """\
`tests/test_architecture.py` keeps the last column. {ground} may be imported everywhere; nothing
imports `stages` or DVC. A method imports no other method.
"""


def document() -> str:
    """The text of the page."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    ground = ", ".join(f"`{each}`" for each in sorted(_rule("GROUND")))
    parts = [
        HEAD,
        _table("stage", "what it makes", rows=[(f"`{k}`", v["desc"]) for k, v in stages.items()]),
        "## Rooms of the code\n\n" + IMPORTS.format(ground=ground),
        _table("room", "what it is", "may import", rows=rooms()),
        "## Other folders\n",
        _table("folder", "what is in it", rows=[(f"`{k}`", v) for k, v in FOLDERS.items()]),
    ]
    return "\n".join(parts)


def rooms() -> list[tuple[str, str, str]]:
    """Each room with its first sentence and what it may import, from the bottom up."""
    allowed = {room: _names(used) for room, used in _rule("MAY_USE").items()}
    upper = dict.fromkeys(sorted(_rule("UPSTAIRS")), "all rooms")
    listed = [
        (f"`{room}`", _sentence(_file(f"src/{room.replace('.', '/')}")), used)
        for room, used in (allowed | upper).items()
    ]
    scripts = [("stages", "all rooms"), ("stages/harness", "all rooms")]
    return listed + [(f"`{name}`", _sentence(_file(name)), used) for name, used in scripts]


def _file(name: str) -> Path:
    module = ROOT / f"{name}.py"
    return module if module.is_file() else ROOT / name / "__init__.py"


def _sentence(path: Path) -> str:
    content = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(content.partition("\n\n")[0].split())
    return re.split(r"(?<=[^.])\.(?:\s|$)", first)[0]


def _rule(name: str) -> dict[str, set[str]]:
    """A constant of the test, which is read, not imported: rooms, with what each may import."""
    for node in ast.parse(RULES.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            if isinstance(node.value, ast.Set):
                return {room: set() for room in ast.literal_eval(node.value)}
            assert isinstance(node.value, ast.Dict)
            pairs = zip(node.value.keys, node.value.values, strict=True)
            return {ast.literal_eval(key): _members(value) for key, value in pairs if key}
    raise KeyError(name)


def _members(node: ast.expr) -> set[str]:
    return set() if isinstance(node, ast.Call) else ast.literal_eval(node)  # set() is a call


def _names(rooms: set[str]) -> str:
    return ", ".join(f"`{each}`" for each in sorted(rooms)) or "-"


def _table(*head: str, rows: list[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
