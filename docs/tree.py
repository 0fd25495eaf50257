"""Writes tree.md: every file of the repository with its first sentence. `python docs/tree.py`"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / "docs" / "tree.md"
WIDTH = 128  # of a line
HEAD = """\
# The tree

Every file in a sentence. `python docs/tree.py` writes this list, from the files' first sentences.

    .
      README.md                what it does, on a screen or two
      dvc.yaml                 the stages of the cell that is selected; headline, metrics, plots
      params.yaml              what is selected, and what you set yourself
      Makefile                 what a newcomer needs
      pyproject.toml           the package, its extras, style and types
      constraints.txt          the tested versions
    .ci/
      run                      what must hold before a change lands
    demo/
      dvc.yaml                 the stage that makes the recordings of the demo, by itself
"""
TAIL = """\
    splits/                    splits of your own, a file each: <data set>/<name>.yaml
    descriptions/              what each class means: a folder per class list, a file per source
    prompts/                   what a language model is asked for a source, a file each
    vendor/                    libraries of others that come along: the charts of `dvc plots`
    data/                      raw recordings and everything made from them; not in Git
    metrics/                   numbers, in Git
    tests/                     sentences on toy worlds; also on the authors' code and the pipeline
"""


def text() -> str:
    """The whole document."""
    rooms = [line for room in ("stages", "src/zsar", "benchmarks") for line in _packages(room)]
    beside = [
        *_folder("settings", ".yaml"),
        *_folder("studies", ".yaml"),
        *_folder("docs", ".md", ".py"),
    ]
    return HEAD + "\n".join([*rooms, *beside]) + "\n" + TAIL


def _packages(room: str) -> Iterator[str]:
    for folder in sorted({path.parent for path in (ROOT / room).rglob("*.py")}):
        if "__pycache__" in folder.parts:
            continue
        said = {path.name: _sentence(path) for path in sorted(folder.glob("*.py"))}
        if any(said.values()):
            yield f"    {folder.relative_to(ROOT).as_posix()}/"
            yield from (_line(name, sentence) for name, sentence in said.items() if sentence)


def _folder(name: str, *endings: str) -> Iterator[str]:
    yield f"    {name}/"
    for path in sorted((ROOT / name).iterdir()):
        if path.suffix in endings:
            yield _line(path.name, _about(path))


def _line(name: str, sentence: str) -> str:
    line = f"      {name:24} {sentence}"
    return (
        line if len(line) <= WIDTH else line[: WIDTH - 4].rsplit(" ", 1)[0].rstrip(",;:") + " ..."
    )


def _about(path: Path) -> str:
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return _sentence(path)
    if path.suffix == ".md":
        return content.partition("\n")[0].lstrip("# ")
    if path.parent.name == "studies":
        return re.match(r"title: (.*)", content)[1]  # type: ignore[index]
    comment = " ".join(line.lstrip("# ") for line in content.splitlines()[:4] if line[:1] == "#")
    return comment.partition(". ")[0].partition(";")[0].rstrip(".")


def _sentence(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=[^.])\.(?:\s|$)", " ".join(said.partition("\n\n")[0].split()))[0]


if __name__ == "__main__":
    TREE.write_text(text(), encoding="utf-8")
