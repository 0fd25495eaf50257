"""The documents stay true: links lead somewhere, commands exist, the tree is whole."""

import ast
import re
import shlex
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import typer
import yaml

import toys
from zsar.cli.main import app
from zsar.config.config import PLUGINS, Config, load
from zsar.experiment import check_settings
from zsar.learning.world import Sizes
from zsar.reproduce import study

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted(ROOT.glob("*/README.md")), *sorted(ROOT.glob("docs/*.md"))]
TREE = (ROOT / "docs" / "tree.md").read_text(encoding="utf-8")
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("src", "stages", "benchmarks")
    for path in (ROOT / room).rglob("*.py")
    if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
)
ABOUT = [*ROOT.glob("settings/*.yaml"), *ROOT.glob("studies/*.yaml"), *ROOT.glob("docs/*.md")]
NAMED = (["metrics"], ["plots"], ["remote", "add"])  # of DVC, without what has to follow
SELECTED = ("dataset", "preprocess", "split", "encoder", "method", "text")
LISTED = {f"docs/{path.name}" for path in ROOT.glob("docs/*.md")}
every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix()
)


def listed() -> set[str]:
    """The files of the tree: a line that ends in a slash opens a folder."""
    found, folder = set(), ""
    for line in TREE.splitlines():
        if opened := re.fullmatch(r"    (\S+)/", line):
            folder = opened.group(1)
        elif named := re.match(r"      (\S+)", line):
            found.add(f"{folder}/{named.group(1)}".lstrip("/"))
    return found


def commands(document: Path, program: str) -> list[list[str]]:
    """What a document says to type, in blocks and between backticks, without comments."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [*re.findall(r"^ {4,}(.*)$", text, re.MULTILINE), *re.findall(r"`([^`]+)`", text)]
    typed = [part.strip() for line in lines for part in line.partition("  #")[0].split("&&")]
    return [shlex.split(each) for each in typed if each.startswith(f"{program} ")]


def anchors(document: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@cache
def config() -> Config:
    return load(ROOT)


def test_the_tree_names_every_file_of_the_library():
    missing = set(FILES) - listed()
    missing |= {path.relative_to(ROOT).as_posix() for path in ABOUT} - listed() - {"docs/tree.md"}
    assert not missing, "python docs/tree.py writes them"


def test_the_tree_names_no_file_that_is_gone():
    gone = {
        name for name in listed() if name.endswith((".py", ".yaml")) and not (ROOT / name).is_file()
    }
    assert not gone, "python docs/tree.py leaves them out"


def test_the_readme_is_two_screens_and_leads_to_every_document():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 90
    assert set(re.findall(r"\((docs/\w+\.md)\)", text)) == LISTED


@every_document
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for place, _, head in (each.partition("#") for each in re.findall(r"\]\(([^)]+)\)", text)):
        if "://" not in place:
            target = document.parent / place if place else document
            assert target.exists(), place
            assert not head or head in anchors(target), f"{place}#{head}"


@every_document
def test_commands_of_zsar_exist_with_these_options(document):
    group = typer.main.get_command(app)
    for _, *words in commands(document, "zsar"):
        name = words[0]
        if name.isupper():  # `zsar COMMAND`
            continue
        command = group.commands[name]
        known = {option for each in command.params for option in each.opts}
        given = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
        assert given <= known, f"zsar {name}: {given - known}"
        fewest = sum(each.required for each in command.params if each.param_type_name == "argument")
        if len(words) > 1:  # else the command is only named
            assert len([word for word in words[1:] if not word.startswith("-")]) >= fewest, words


@every_document
def test_commands_of_dvc_exist_with_these_options(document):
    parser = pytest.importorskip("dvc.cli.parser").get_main_parser()
    for _, *words in commands(document, "dvc"):
        if words not in NAMED:
            parser.parse_args(words)


@every_document
def test_targets_of_dvc_are_stages(document):
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for _, command, *words in commands(document, "dvc"):
        if command == "repro":
            targets = {word.partition("@")[0] for word in words if not word.startswith("-")}
            assert targets <= set(stages), targets


@every_document
def test_what_is_selected_in_a_command_can_be(document):
    for _, *words in commands(document, "dvc"):
        for change in [after for word, after in pairwise(words) if word == "-S"]:
            key, _, value = change.lstrip("+").partition("=")
            if key.isupper() or (key.split(".")[1:2] or [""])[0] == "ridge" or value == "ridge":
                continue  # KEY=VALUE, and the example of a method
            section, _, name = key.partition(".")
            if section in PLUGINS:
                plugin, _, name = name.partition(".")
                assert name in config().traces(section, plugin, config().cell), change
            else:
                assert hasattr(getattr(config().params, section), name or "__class__"), change
            for name in value.split(",") if key in SELECTED else []:
                _insist(key, name)


def _insist(key: str, name: str) -> None:
    if key == "split" or name == "my_study" or name.startswith("ntu60_"):
        return  # depends on the data set; sections of a person's own
    files = {"dataset": "datasets", "encoder": "encoders", "method": "methods", "text": "texts"}
    names = config().files[files.get(key, key)]
    assert name.partition("+")[0] in names, f"{key}={name}"
    if key in ("encoder", "method"):
        config().layers(files[key], name, config().cell)


def test_studies_in_the_documents_are_those_that_there_are(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(study.names())


def test_the_study_of_the_documents_can_be_read(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    block = re.search(r"(^    title: .*\n(?:    .*\n)+)", text, re.MULTILINE)[1]
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.yaml").write_text(re.sub("^    ", "", block, flags=re.MULTILINE))
    monkeypatch.chdir(tmp_path)
    runs = study.runs(study.load("mine"), config(), quirks=True)
    assert [run.cell.method for run in runs][:2] == ["smie+as_published", "devise+labels"]


def test_sections_of_data_sets_in_the_documents_fit(tmp_path):
    text = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ {4,}(\w+: \{reader: .*\})$", text, re.MULTILINE)
    assert len(lines) == 5
    (tmp_path / "settings").mkdir()
    for path in (ROOT / "params.yaml", *ROOT.glob("settings/*.yaml")):
        (tmp_path / path.relative_to(ROOT)).write_text(path.read_text(encoding="utf-8"))
    with (tmp_path / "settings" / "datasets.yaml").open("a") as file:
        file.write("\n".join(lines) + "\n")
    found = load(tmp_path)
    for line in lines:
        name = line.partition(":")[0]
        check_settings.check_dataset(name, found.dataset(name))


@pytest.mark.parametrize("target", ["study", "test"])
def test_the_two_commands_are_targets_of_the_makefile(target):
    assert f"make {target}" in README.read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_method_of_the_documents_is_complete_and_learns():
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    section = yaml.safe_load(re.search(r"^    ridge:\n      default: .*$", text, re.MULTILINE)[0])
    room: dict = {"__name__": "zsar.methods.ridge"}
    exec(compile(code, "method.md", "exec"), room)
    own = section["ridge"]["default"]
    settings = room["RidgeConfig"](penalty=own.pop("penalty"))
    assert set(own) == {"sources", "gate"}
    clips, texts = toys.clips(), toys.text(["actions"])
    ridge = room["Ridge"](Sizes.of(clips, texts), settings)
    (row,) = ridge.fit(clips[torch.isin(clips.labels, toys.SEEN)], texts)
    novel = clips[torch.isin(clips.labels, toys.UNSEEN)]
    answers = toys.UNSEEN[ridge.score(novel, texts[toys.UNSEEN]).argmax(1)]
    assert row["error"] >= 0 and (answers == novel.labels).float().mean() > 0.8
