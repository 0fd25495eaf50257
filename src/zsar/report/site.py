"""Writes the site: a page of all results, one for each cell, and a browser of the test clips of
each split. Nothing on it loads anything from a network, and it opens from a folder as well."""

import html
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from zsar.atomic import atomic_write
from zsar.cells import METRICS
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.report.artifacts import CellArtifacts, artifacts
from zsar.report.cell_page import Maps, cell_page
from zsar.report.clips_page import browsed, clip_details, clips_page
from zsar.report.results_page import page_name, results_page
from zsar.table import CellResult, Results, read_results

INDEX = "index.html"
MARK = "assets/report.css"  # a folder with this file was written here and may be replaced
ASSETS = ("zsar.viz", "zsar.report")  # rooms whose assets are copied
KEPT = (".js", ".css")  # of them, beside licences
LICENCE = "LICENSE"


@dataclass(frozen=True)
class Written:
    cells: int
    clips: int
    bytes: int


def write_site(to: Path, most_clips: int, config: Config, say: Callable[[str], None]) -> Written:
    """All or nothing; a former report in the folder is replaced. Of each split at most so many test
    clips can be played."""
    order = {axis: list(config.files[axis]) for axis in ("datasets", "methods")}
    found = read_results(METRICS, order)
    if not found.evaluated:
        raise UserError(f"{METRICS}: no cell has been evaluated yet; `dvc repro` makes one")
    with _draft(to) as folder:
        copy_assets(folder / "assets")
        _write(folder / INDEX, "All results", "results", asdict(results_page(found)), "")
        _cell_pages(folder, found, config, say)
        clips = _clip_pages(folder, found, most_clips, config, say)
        total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Written(len(found.cells), clips, total)


def _cell_pages(folder: Path, found: Results, config: Config, say: Callable[[str], None]) -> None:
    maps: Maps = {}
    for result in found.cells:
        page = cell_page(result, config, maps)
        if not page.missing:
            say(f"cell {result.name}")
        path = folder / "cells" / page_name(result.name)
        _write(path, result.name, "cell", asdict(page), "../")


def _clip_pages(
    folder: Path, found: Results, most: int, config: Config, say: Callable[[str], None]
) -> int:
    count = 0
    for place, cells in _by_split(found.cells, config).items():
        of, name = browsed(cells, most), page_name(place)
        say(f"clips {place}")
        inner = name.removesuffix(".html")
        path = folder / "clips" / name
        _write(path, place, "clips", asdict(clips_page(of, inner, config)), "../")
        for k, detail in clip_details(of, config):
            script = f"zsar.receive({k},{_json(asdict(detail))});\n"
            _text(folder / "clips" / inner / f"{k}.js", script)
        count += len(of.rows)
    return count


def _by_split(results: Sequence[CellResult], config: Config) -> dict[str, list[CellArtifacts]]:
    """The cells whose artifacts are there; those of a split have the same test clips."""
    groups: dict[str, list[CellArtifacts]] = {}
    for result in results:
        cell = artifacts(result, config)
        if isinstance(cell, CellArtifacts):
            group = groups.setdefault(cell.cell.key.rpartition("/")[0], [])
            # The names of all clips are in memory: once for a split, not for every cell.
            group.append(replace(cell, clips=group[0].clips) if group else cell)
    return groups


def copy_assets(to: Path) -> None:
    """Scripts and styles with the licences of those that are other people's, in one folder."""
    for room in ASSETS:
        with as_file(files(room).joinpath("assets")) as folder:
            for path in sorted(folder.rglob("*")):
                if path.suffix in KEPT or path.name.startswith(LICENCE):
                    to.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, to / path.name)


@contextmanager
def _draft(to: Path) -> Iterator[Path]:
    """A folder that takes the name `to` once the block ends without an error."""
    if to.exists() and not (to.is_dir() and ((to / MARK).is_file() or not any(to.iterdir()))):
        raise UserError(f"{to} is there and no report; expected a new folder or a former report")
    draft = to.with_name(f"{to.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        yield draft
        if to.exists():
            shutil.rmtree(to)
        draft.replace(to)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(path: Path, title: str, kind: str, data: dict[str, Any], up: str) -> None:
    """A page of a kind: its scripts find the data in it."""
    scripts = "\n".join(f'<script src="{up}assets/{each}"></script>' for each in SCRIPTS[kind])
    parts = {
        "TITLE": html.escape(title),
        "UP": up,
        "DATA": _json(data),
        "SCRIPTS": scripts,
        "KIND": kind,
    }
    _text(path, "".join(parts.get(piece, piece) for piece in PAGE.split("@")))


def _json(data: object) -> str:
    """To stand in a script, which ends at the first "</"."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


def _text(path: Path, text: str) -> None:
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")


COMMON = ("player.js", "ranking.js", "evidence.js")
VEGA = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")
SCRIPTS = {
    "results": (*COMMON, "charts.js", "table-core.min.js", "results.js", *VEGA),
    "cell": (*COMMON, "charts.js", "cell.js", *VEGA),
    "clips": ("three.min.js", *COMMON, "clips.js"),
}
# The policy forbids every connection: what is on the page is in its folder.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src 'none'; \
script-src 'self' file: 'unsafe-inline' 'unsafe-eval'; style-src 'self' file: 'unsafe-inline'; \
img-src 'self' file: data: blob:">
<title>@TITLE@ - zsar</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="@UP@assets/components.css">
<link rel="stylesheet" href="@UP@assets/report.css">
</head>
<body class="@KIND@">
<a class="skip" href="#main">Skip to the content</a>
<header><nav aria-label="site"><a href="@UP@index.html">All results</a></nav></header>
<main id="main" tabindex="-1">
<h1>@TITLE@</h1>
<div id="page"><noscript><p class="missing">This page needs JavaScript.</p></noscript></div>
</main>
<script type="application/json" id="data">@DATA@</script>
@SCRIPTS@
</body>
</html>
"""
