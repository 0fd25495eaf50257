"""The README stays true: its tree names every file, and its example of a method works."""

import ast
import re
from pathlib import Path

import pytest
import torch

import toys
from zsar.learning.world import Sizes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = README.split("## The tree", 1)[1].split("\n## ", 1)[0]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("src", "stages", "benchmarks")
    for path in (ROOT / room).rglob("*.py")
    if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
)


def listed() -> set[str]:
    """The files of the tree: a line that ends in a slash opens a folder."""
    found, folder = set(), ""
    for line in TREE.splitlines():
        if opened := re.fullmatch(r"    (\S+)/", line):
            folder = opened.group(1)
        elif named := re.match(r"      (\S+)", line):
            found.add(f"{folder}/{named.group(1)}")
    return found


def test_the_tree_names_every_file_of_the_library():
    assert not set(FILES) - listed()


def test_the_tree_names_no_file_that_is_gone():
    gone = {name for name in listed() if name.endswith(".py") and not (ROOT / name).is_file()}
    assert not gone


@pytest.mark.parametrize("target", ["study", "test"])
def test_the_two_commands_are_targets_of_the_makefile(target):
    assert f"make {target}" in README
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_method_of_the_readme_is_complete_and_learns():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    room: dict = {"__name__": "zsar.methods.ridge"}
    exec(compile(code, "README.md", "exec"), room)
    clips, text = toys.clips(), toys.text(["actions"])
    ridge = room["Ridge"](Sizes.of(clips, text), room["Recipe"](penalty=10.0))
    (row,) = ridge.fit(clips[torch.isin(clips.labels, toys.SEEN)], text)
    novel = clips[torch.isin(clips.labels, toys.UNSEEN)]
    answers = toys.UNSEEN[ridge.score(novel, text[toys.UNSEEN]).argmax(1)]
    assert row["error"] >= 0 and (answers == novel.labels).float().mean() > 0.8
