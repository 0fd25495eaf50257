"""Documents stay true: links lead somewhere, commands exist with these options, examples work."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import typer
import yaml

from zsar import encoders, methods
from zsar.cli.main import app
from zsar.config.config import PLUGINS, Config, load
from zsar.experiment import check_settings
from zsar.reproduce import study

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")]
NAMED = (["metrics"], ["plots"], ["remote", "add"])  # of DVC, without what has to follow
SELECTED = ("dataset", "preprocess", "split", "encoder", "method", "text")
EXAMPLES = ("ridge", "my_study")  # a method and a data set that documents add
every_document = pytest.mark.parametrize(
    "document", sorted(DOCUMENTS), ids=lambda path: path.relative_to(ROOT).as_posix()
)


def commands(document: Path, program: str) -> list[list[str]]:
    """What a document says to type, in blocks and between backticks, without comments."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [*re.findall(r"^ {4,}(.*)$", text, re.MULTILINE), *re.findall(r"`([^`]+)`", text)]
    typed = [part.strip() for line in lines for part in line.partition("  #")[0].split("&&")]
    return [shlex.split(each) for each in typed if each.startswith(f"{program} ")]


def anchors(document: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def section(document: str, head: str) -> str:
    """The text below a heading of the second level, up to the next one."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return text.partition(f"## {head}\n")[2].partition("\n## ")[0]


def copied_settings(folder: Path) -> None:
    """params.yaml and settings/ of the repository, in a folder."""
    (folder / "settings").mkdir()
    for path in (ROOT / "params.yaml", *ROOT.glob("settings/*.yaml")):
        (folder / path.relative_to(ROOT)).write_text(path.read_text(encoding="utf-8"))


@cache
def config() -> Config:
    return load(ROOT)


def test_the_page_of_the_architecture_is_as_its_script_writes_it():
    spec = importlib.util.spec_from_file_location("tree", ROOT / "docs" / "tree.py")
    tree = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tree)
    assert tree.DOCUMENT.read_text(encoding="utf-8") == tree.document(), "python docs/tree.py"


def test_the_architecture_shows_every_room_of_the_library():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    library = ROOT / "src" / "zsar"
    rooms = {path.parent.name for path in library.glob("*/__init__.py")}
    rooms |= {path.stem for path in library.glob("*.py")} - {"__init__"}
    shown = set(re.findall(r"^\| `zsar\.(\w+)` \|", text, re.MULTILINE))
    assert shown == rooms
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    tracked = folders - {"build", "dist", "dvc_plots", "report", "src"}
    assert tracked <= set(re.findall(r"^\| `([\w.]+)/?` \|", text, re.MULTILINE))


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
            if key.isupper() or {*key.split("."), value} & {*EXAMPLES}:
                continue
            section, _, name = key.partition(".")
            if section in PLUGINS:
                plugin, _, name = name.partition(".")
                assert name in config().traces(section, plugin, config().cell), change
            else:
                assert hasattr(getattr(config().params, section), name or "__class__"), change
            for name in value.split(",") if key in SELECTED else []:
                _insist(key, name)


def _insist(key: str, name: str) -> None:
    if key == "split" or name.startswith("ntu60_"):
        return  # depends on the data set; sections that interchange.md adds
    files = {"dataset": "datasets", "encoder": "encoders", "method": "methods", "text": "texts"}
    names = config().files[files.get(key, key)]
    assert name.partition("+")[0] in names, f"{key}={name}"
    if key in ("encoder", "method"):
        config().layers(files[key], name, config().cell)


def test_studies_in_the_documents_are_those_that_there_are(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(rows))) == study.names()


def test_the_study_of_the_documents_can_be_read(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    block = re.search(r"(^    title: .*\n(?:    .*\n)+)", text, re.MULTILINE)[1]
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.yaml").write_text(re.sub("^    ", "", block, flags=re.MULTILINE))
    monkeypatch.chdir(tmp_path)
    runs = study.runs(study.load("mine"), config(), quirks=True)
    assert [run.cell.method for run in runs][:2] == ["smie+as_published", "devise+labels"]


def test_sections_of_data_sets_in_the_documents_fit(tmp_path):
    texts = [(ROOT / "docs" / name).read_text() for name in ("data.md", "interchange.md")]
    lines = re.findall(r"^ {4,}(\w+: \{reader: .*\})$", "\n".join(texts), re.MULTILINE)
    assert len(lines) == 6
    copied_settings(tmp_path)
    with (tmp_path / "settings" / "datasets.yaml").open("a") as file:
        file.write("\n".join(lines) + "\n")
    found = load(tmp_path)
    for line in lines:
        name = line.partition(":")[0]
        check_settings.check_dataset(name, found.dataset(name))


OPTIONS = {  # of modules that documents run
    "benchmarks": {"--gpu", "--tiny"},
    "benchmarks.kinematics": {"--splits", "--to"},
    "stages.cluster": {"--as-published", "--seeds", "--set", "-S", "--executor", "--at-once"},
    "zsar.demo.standin": {"--clips", "--frames", "--seed", "--as", "--split"},
}


@every_document
def test_modules_that_are_run_exist_and_know_these_options(document):
    for _, flag, *words in commands(document, "python"):
        if flag != "-m":
            assert (ROOT / flag).is_file()
            continue
        name, *given = words
        assert importlib.util.find_spec(name), name
        if name == "pydoc":
            assert all(importlib.util.find_spec(each) for each in given)
            continue
        own = given[: given.index("--")] if "--" in given else given  # the rest is for sbatch
        used = {word for word in own if word.startswith("-")}
        assert used <= OPTIONS.get(name, set()), used


@every_document
def test_targets_of_make_exist(document):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for _, target, *_ in commands(document, "make"):
        if "=" not in target:
            assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


@every_document
def test_tests_that_are_named_exist(document):
    for _, *words in commands(document, "pytest"):
        assert all((ROOT / word).exists() for word in words if word.endswith(".py")), words


@every_document
def test_a_line_of_a_block_that_looks_like_a_command_is_one_that_is_checked(document):
    known = "dvc|export|git|make|mkdir|mypy|pytest|python|ruff|source|zsar"
    text = document.read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for line in re.findall(r"^    (\w[\w-]*) [^:|>{}]*$", text, re.MULTILINE):
        assert re.fullmatch(known, line), line


def test_options_of_modules_are_those_that_their_source_has():
    for name, options in OPTIONS.items():
        spec = importlib.util.find_spec(name)
        package = spec.submodule_search_locations
        path = Path(package[0], "__main__.py") if package else Path(spec.origin)
        source = path.read_text(encoding="utf-8")
        flags = options - {"--clips", "--frames", "--seed", "--split"}  # names of parameters
        assert all(f'"{each}"' in source for each in flags), name
        assert all(f"    {each[2:]}: " in source for each in options - flags), name


def test_every_method_and_encoder_has_its_entry():
    for document, names in (
        ("methods.md", methods.available()),
        ("encoders.md", encoders.ENCODERS),
    ):
        text = (ROOT / "docs" / document).read_text(encoding="utf-8")
        heads = " ".join(re.findall(r"^#+ (.*)$", text, re.MULTILINE))
        assert set(names) <= set(re.findall(r"\w+", heads))


def test_the_method_of_the_documents_passes_the_tests_that_they_name(tmp_path):
    """In a copy: its file is written and its section appended, as the document says."""
    text = section("methods.md", "Add a method")
    for name in ("src", "stages", "tests", "settings", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("params.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.partition("@dataclass")[2].splitlines()) <= 30
    (tmp_path / "src" / "zsar" / "methods" / "ridge.py").write_text(code, encoding="utf-8")
    added = re.search(r"^    ridge:\n      default: .*$", text, re.MULTILINE)[0]
    with (tmp_path / "settings" / "methods.yaml").open("a") as file:
        file.write("\n" + re.sub("^    ", "", added, flags=re.MULTILINE) + "\n")
    ((_, *named),) = commands(ROOT / "docs" / "methods.md", "pytest")
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *named],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'src'}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout


def test_artifacts_that_others_fetch_are_outputs_of_the_selected_cell():
    content = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    cell = "${dataset}/${preprocess}/${split}/${encoder}"
    outputs = {
        out.replace("${item.cell}", cell).replace("${item.method}", "${method}")
        for name in ("encode", "learn")
        for out in content["stages"][name]["outs"]
    }
    assert len(outputs) == 3
    for name, artifact in content["artifacts"].items():
        assert any(f"{artifact['path']}/".startswith(f"{out}/") for out in outputs), name


def test_the_evidence_of_kinematics_is_what_was_measured():
    """Random splits, ablations and other data sets, line by line."""
    found = json.loads((ROOT / "metrics/kinematics.json").read_text(encoding="utf-8"))
    shown = (ROOT / "docs/kinematics.md").read_text(encoding="utf-8")
    names = ("utd_mhad", "nw_ucla", "msr_action3d", "sbu")
    for name, each in found.items():
        for unseen, kinds in each["random_splits"].items():
            row = [f"{kinds[k]['mean']:.1f} ± {kinds[k]['std']:.0f}" for k in kinds]
            ours = dict(zip(kinds, row, strict=True))
            order = ("nothing_learned", "calibrated", "class_means")
            assert f"| {name} | {unseen} | {' | '.join(ours[k] for k in order)} |" in shown
        assert f" | {each['all_classes']['accuracy']:.1f} | " in shown
        others = sorted(each["calibrated_on"].items())
        assert ", ".join(f"{other} {value:.1f}" for other, value in others) in shown
    shares = [found[name]["ablations"] for name in names]
    rows = [line for line in shown.splitlines() if line.startswith("| without ")]
    for ablation in ("everything", *(row.split(" | ")[0].strip("| ") for row in rows)):
        values = " | ".join(f"{each[ablation]:.1f}" for each in shares)
        assert f"| {ablation} | {values} |" in shown
    assert len(rows) > 5
