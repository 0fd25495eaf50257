"""Which first-party source files a stage runs on, read off its imports without running anything."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

ROOTS = {"stages": Path("stages"), "zsar": Path("src/zsar")}


def closure(modules: Iterable[str], root: Path = Path()) -> list[str]:
    """All files that the modules import, at the top or inside functions, with the packages they
    lie in, unless a package only says what it is.

    Plug-ins that are loaded by name do not show in the imports; name them among `modules`.
    """
    found: set[str] = set()
    waiting = list(modules)
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        path = _path(module, root)
        if path is None:
            continue
        if _has_code(path):
            found.add(path.relative_to(root).as_posix())
        waiting += _imports(path, module) + _packages(module)
    return sorted(found)


def hashes(files: Iterable[str], root: Path = Path()) -> dict[str, str]:
    """The content of each file as a short number; of one that is gone, nothing."""
    return {file: _digest(root / file) for file in files}


def _digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else ""


def _path(module: str, root: Path) -> Path | None:
    first, *rest = module.split(".")
    if first not in ROOTS:
        return None
    base = root / ROOTS[first].joinpath(*rest)
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None  # a name inside a module, such as zsar.data.skeleton.JOINTS


def _has_code(path: Path) -> bool:
    """Whether more than a sentence stands in the file of a package."""
    return path.name != "__init__.py" or len(_tree(path).body) > 1


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _imports(path: Path, module: str) -> list[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            names += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return names


def _packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]
