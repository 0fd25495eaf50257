"""The README is short and true: its numbers are in metrics/, its quickstarts run."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from PIL import Image

from test_documents import commands
from toy_command import zsar
from toy_files import own
from zsar import encoders, methods

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
SPLITS = ("utd_mhad/smie50/unseen5", "nw_ucla/smie50/unseen5")  # of the results
CLASSES = ("wave", "sit down", "stand up", "jump", "clap", "kick", "throw")


def number(cell: str, method: str, key: str) -> str:
    """A number of a cell, as the README rounds it."""
    found = json.loads((ROOT / "metrics" / cell / f"{method}.json").read_text())
    return f"{found[key]:.1f}"


def part(head: str) -> str:
    return TEXT.partition(f"## {head}\n")[2].partition("\n## ")[0]


def rows(head: str) -> list[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    lines = [line for line in part(head).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_readme_is_one_page_and_leads_to_every_document():
    assert len(TEXT.encode()) <= 8192
    documents = {f"docs/{path.name}" for path in ROOT.glob("docs/*.md")}
    assert set(re.findall(r"\((docs/\w+\.md)[)#]", TEXT)) == documents


def test_the_picture_is_small_and_moves():
    (path,) = re.findall(r"!\[[^]]*\]\((docs/\w+\.gif)\)", TEXT)
    assert (ROOT / path).stat().st_size < 2**20
    with Image.open(ROOT / path) as image:
        assert image.n_frames > 20


def test_every_result_is_in_metrics():
    chance, *results = rows("Results")
    for place, split in enumerate(SPLITS):
        shown = chance[1 + 2 * place]
        for name, *cells in results:
            method = re.match(r"`(\w+)`", name)[1]
            cell = f"{split}/{'kinematics' if methods.method(method).kinematic else 'stgcn'}"
            assert number(cell, method, "chance") == shown
            low, high = number(cell, method, "zsl_low"), number(cell, method, "zsl_high")
            expected = [number(cell, method, "zsl"), f"{low} to {high}"]
            assert cells[2 * place : 2 * place + 2] == expected, f"{method} on {cell}"
            found = json.loads((ROOT / "metrics" / cell / f"{method}.json").read_text())
            assert found["seeds"] == 3 and found["text"] == "minilm"
            assert found["transductive"] == ("transductive" in name)


def test_the_numbers_beside_the_picture_are_in_metrics():
    sentence = r"of all\s+(\d+) unseen clips .* recognises ([\d.]+) % \(chance: ([\d.]+) %"
    shown = re.search(sentence, TEXT)
    cell = ("demo/smie50/unseen5/stgcn", "smie")
    assert float(shown[1]) == float(number(*cell, "clips"))
    assert [shown[2], shown[3]] == [number(*cell, "zsl"), number(*cell, "chance")]


def test_the_table_lists_every_method_and_encoder():
    listed = {re.match(r"`(\w+)`", row[0])[1]: row[3] for row in rows("Methods and encoders")}
    inductive = {name: not methods.method(name).transductive for name in methods.available()}
    for name, alone in inductive.items():
        assert listed.pop(name) == ("yes" if alone else "no")
    assert set(listed) == set(encoders.ENCODERS) - {"precomputed", "umurl_all"}


@pytest.mark.parametrize("target", ["study", "test"])
def test_the_two_commands_are_targets_of_the_makefile(target):
    assert f"make {target}" in part("Two commands")
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("head", ["researchers", "your own recordings"])
def test_a_quickstart_has_ten_lines(head):
    (name,) = re.findall(rf"^## (Quickstart .*{head})$", TEXT, re.MULTILINE)
    assert len(re.findall(r"^    \S", part(name), re.MULTILINE)) <= 10


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """What commands read in the root of the repository."""
    for name in ("settings", "studies", "descriptions", "metrics", "splits", "prompts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_quickstart_with_own_recordings_runs(desk):
    """All but what needs the text encoder or trains; the selection has to be one that is."""
    own(desk / "study", CLASSES, takes="ab")
    shutil.make_archive("my_study", "zip", desk / "study")
    (desk / "descriptions" / "my_study").mkdir()
    for source in ("names", "actions"):
        lines = "".join(f"{name}\n" for name in CLASSES)
        (desk / "descriptions" / "my_study" / f"{source}.txt").write_text(lines)
    typed = [words for _, *words in commands(README, "zsar") if "my_study" in words]
    assert [words[0] for words in typed] == ["add", "check", "text", "table"]
    assert "next: dvc exp run -S dataset=my_study" in zsar(*typed[0])
    assert f"my_study: {4 * len(CLASSES)} clips of {len(CLASSES)} classes" in zsar(*typed[1])
    section = yaml.safe_load(Path("settings/datasets.yaml").read_text())["my_study"]
    assert section["layers"] == ["small"]


RUN = "import json, sys; from toy_command import zsar; [zsar(*w) for w in json.loads(sys.argv[1])]"


def only_reads(command: str, *words: str) -> bool:
    """Whether it runs without recordings and Git, and trains nothing: `reproduce NAME` would."""
    if "my_study" in words or any("HEAD" in word for word in words):
        return False
    if command == "reproduce":
        return not words or "--dry-run" in words
    return command in ("status", "table", "compare", "settings")


@pytest.mark.parametrize("document", ["README.md", "docs/results.md", "docs/configuration.md"])
def test_commands_that_only_read_run(document, desk):
    runs = [words for _, *words in commands(ROOT / document, "zsar") if only_reads(*words)]
    runs = [words for words in runs if words != ["compare"]]  # only named
    path = os.pathsep.join([str(ROOT / "tests"), *sys.path])
    subprocess.run(  # in a process of its own: without the type checks of the tests
        [sys.executable, "-c", RUN, json.dumps(runs)],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        timeout=120,
    )
    assert len(runs) >= 2


def test_the_citation_names_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert {"message", "title", "authors"} <= set(cited)
    assert [cited["version"], cited["license"]] == [project["version"], project["license"]]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
