"""`zsar reproduce`: a study's cells, its reading, what is missing, how it runs, what it prints."""

import json
from dataclasses import replace
from difflib import ndiff
from pathlib import Path

import pytest
import yaml

import fake_endpoint
import toy_results
from toy_command import zsar
from toy_config import ROOT, config, put
from toy_results import one
from zsar import methods
from zsar.cells import Cell
from zsar.config.config import load
from zsar.config.settings import without_layers
from zsar.errors import UserError
from zsar.experiment import check_selection
from zsar.reproduce import command, compare, plan, run, study
from zsar.reproduce.run import with_values
from zsar.reproduce.study import Group, Study, StudyRun
from zsar.table.published import published_numbers
from zsar.text import backends, endpoint, local_models
from zsar.text.backends import arrays, long_clip, openai, sentence_transformers

NAMES = sorted(path.stem for path in (ROOT / "studies").glob("*.yaml"))
PARAMS = (ROOT / "params.yaml").read_text(encoding="utf-8")
TINY = {
    "title": "Two methods",
    "cites": "nobody",
    "caveats": ["theirs are of other features"],
    "runs": [
        {"cells": ["demo/smie50/unseen5/stgcn"], "methods": ["smie", "devise"]},
        {"cells": ["demo/smie50/xsub/umurl"], "tasks": ["linear"], "text": "mpnet"},
    ],
}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with params.yaml, settings/ and one small study."""
    monkeypatch.chdir(tmp_path)
    put({})
    Path("studies").mkdir()
    lay("tiny", TINY)
    return tmp_path


def lay(name: str, values: object) -> None:
    Path(f"studies/{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


@pytest.fixture
def dvc(monkeypatch):
    """DVC, as far as a study sees it: numbers of a run, or a failure, and how it was selected."""
    seen = []

    def repro(each: StudyRun) -> bool:
        seen.append(load())
        if each.cell.method == "devise":
            return False
        files = {each.cell.metrics: toy_results.numbers("demo", "unseen5", 40.0)}
        if each.tasks:
            place = Path("metrics/recognition", each.cell.key)
            linear = toy_results.recognition("demo/xsub").numbers["linear"]
            files = {place / f"{task}.json": linear for task in each.tasks}
        for path, found in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found))
        return True

    monkeypatch.setattr(run, "_repro", repro)
    monkeypatch.setattr(
        plan, "estimate", lambda *given: plan.StudyEstimate(len(given[0]), 12, 0.5, 0.25)
    )
    monkeypatch.setattr(plan, "missing", lambda *given: [])
    return seen


# What is in the files.


@pytest.mark.parametrize("quirks", [False, True], ids=["plain", "as_published"])
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_every_study_can_be(name, quirks, monkeypatch):
    monkeypatch.chdir(ROOT)
    known = config()
    found = study.runs(study.load(name), known, quirks)
    assert found and len({each.name for each in found}) == len(found)
    plan.check_runs(found, known)
    systems = {each.system for each in published_numbers()}
    for each in found:
        assert each.text in known.files["texts"]
        assert set(each.tasks) <= set(check_selection.TASKS)
        assert set(each.printed or ()) <= systems
        assert not each.one_shot or hasattr(
            methods.method(without_layers(each.cell.method)), "one_shot"
        )


def test_every_study_has_printed_numbers_beside_ours_but_where_there_are_none(monkeypatch):
    monkeypatch.chdir(ROOT)
    printed, known, beside = published_numbers(), config(), {}
    monkeypatch.setattr(compare, "published_numbers", lambda: printed)
    for name in NAMES:
        found = study.runs(study.load(name), known, False)
        rows = [row for each in found for row in compare._rows(each, {}, known)]
        beside[name] = sum(len(row.printed()) for row in [*rows, *compare._means(rows)])
    unprinted = {name for name, count in beside.items() if not count}
    assert unprinted == {"amsf_gzsl", "demo", "flora", "pgfa_one_shot"}


def test_the_reading_as_published_adds_its_layer_to_what_has_one():
    known = config()
    group = Group(
        ["ntu60/smie50/smie_1/stgcn"], "mpnet", ["smie+labels", "devise"], [], [], True, []
    )
    given = Group(["ntu60/umurl_whole/xsub/precomputed"], "mpnet", [], [], ["linear"], False, None)
    made = study.runs(Study("", "", [], [group, given]), known, True)
    cells = [(each.cell.split, each.cell.encoder, each.cell.method) for each in made]
    assert cells == [
        ("smie_1+as_published", "stgcn+as_published", "smie+labels+as_published"),
        ("smie_1+as_published", "stgcn+as_published", "devise"),
        ("xsub", "precomputed", ""),
    ]
    plain = study.runs(Study("", "", [], [group, given]), known, False)
    assert [each.cell.method for each in plain] == ["smie+labels", "devise", ""]
    assert [each.name for each in plain] == [
        "ntu60/smie50/smie_1/stgcn/smie+labels (mpnet)",
        "ntu60/smie50/smie_1/stgcn/devise (mpnet)",
        "ntu60/umurl_whole/xsub/precomputed",
    ]


WRONG = {
    "studies/mine.yaml: title is missing": {"cites": "", "caveats": [], "runs": []},
    "studies/mine.yaml: unknown runs[0].cell (did you mean cells?)": TINY
    | {"runs": [{"cell": ["demo/smie50/unseen5/stgcn"]}]},
    "studies/mine.yaml: runs[0].methods is 'smie', expected a list": TINY
    | {"runs": [{"cells": [], "methods": "smie"}]},
    "studies/mine.yaml: 'demo/unseen5/stgcn' is no cell, expected dataset/preprocess/split": TINY
    | {"runs": [{"cells": ["demo/unseen5/stgcn"], "methods": ["smie"]}]},
    "demo/smie50/unseen6/stgcn/smie (minilm): 'unseen6' is no split, expected one of: unseen5": TINY
    | {"runs": [{"cells": ["demo/smie50/unseen6/stgcn"], "methods": ["smie"]}]},
    "demo/smie50/xset/umurl: 'xset' is no protocol, expected one of: xsub": TINY
    | {"runs": [{"cells": ["demo/smie50/xset/umurl"], "tasks": ["linear"]}]},
    "settings/methods.yaml: unknown smei (did you mean smie?)": TINY
    | {"runs": [{"cells": ["demo/smie50/unseen5/stgcn"], "methods": ["smei"]}]},
    "'smie+lables' asks for the layer 'lables'; of smie there are: labels": TINY
    | {"runs": [{"cells": ["demo/smie50/unseen5/stgcn"], "methods": ["smie+lables"]}]},
    "studies/mine.yaml: the file should be a section with keys": ["runs"],
}


@pytest.mark.parametrize(("said", "values"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_with_a_study_is_one_line(said, values, desk):
    lay("mine", values)
    with pytest.raises(UserError) as caught:
        plan.check_runs(study.runs(study.load("mine"), load(), False), load())
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_study_lists_those_there_are(desk):
    with pytest.raises(UserError, match=r"unknown study.tinny \(did you mean tiny\?\).*: tiny$"):
        study.load("tinny")


# What must be brought first.


def test_recordings_that_are_not_there_are_named_with_their_home_once(desk):
    known = load()
    runs = [one("ntu60/smie50/unseen5/stgcn"), one("ntu60/smie50/unseen12/stgcn")]
    (line,) = plan.missing([*runs, one("demo/smie50/unseen5/stgcn")], known)
    assert line.startswith("recordings of ntu60") and "https://" in line
    assert "zsar add ntu60" in line
    Path("data/raw/ntu60").mkdir(parents=True)
    Path("data/raw/ntu60/clips.zip").touch()
    assert plan.missing(runs, known) == []


def test_text_encoders_that_are_not_there_are_named(desk, monkeypatch):
    monkeypatch.setattr(backends, "missing", lambda settings: f"bring {settings.backend}")
    runs = [
        one("demo/smie50/unseen5/stgcn", text="mpnet"),
        one("demo/smie50/unseen5/stgcn", "devise", text="mpnet"),
        one("demo/smie50/xsub/umurl", "", text="clip_b32", tasks=("linear",)),  # reads no text
    ]
    assert plan.missing(runs, load()) == ["text encoder mpnet: bring sentence_transformers"]


def test_a_text_encoder_says_what_it_lacks(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(local_models, "_local_snapshot", lambda *model: asked.append(model))
    known = config()

    def lacks(name: str, kind, **changes) -> str:
        values = known.plugin("texts", name, Cell("ntu60")) | changes
        return backends.missing(kind(**values))

    assert lacks("minilm", backends.config_class({"backend": "minilm"})) == ""
    mpnet = "sentence-transformers/all-mpnet-base-v2"
    assert lacks("mpnet", sentence_transformers.SentenceTransformersConfig).startswith(
        f"hf download {mpnet} --revi"
    )
    assert asked == [(mpnet, "main")]
    assert (
        lacks("mpnet", sentence_transformers.SentenceTransformersConfig, model=str(tmp_path)) == ""
    )
    assert "https://github.com/beichenzbc/Long-CLIP" in lacks(
        "long_clip_l", long_clip.LongCLIPConfig
    )
    (tmp_path / "names.npy").touch()
    files = {"names": "names.npy", "actions": "actions.npy"}
    held = arrays.ArraysConfig("arrays", str(tmp_path), files)
    assert arrays.missing(held) == f"no {tmp_path / 'actions.npy'}"
    assert arrays.missing(replace(held, files={"names": "names.npy"})) == ""
    assert arrays.missing(replace(held, files={})) == "no files are listed"


def test_an_endpoint_without_its_key_says_which(monkeypatch):
    there = endpoint.EndpointConfig(
        **fake_endpoint.settings("http://localhost:9/v1")["openai"]["endpoint"]
    )
    settings = openai.OpenAIEmbeddingConfig("openai", "small", None, 4, there)
    monkeypatch.delenv(there.key_variable, raising=False)
    assert openai.missing(settings) == f"${there.key_variable} is not set"
    monkeypatch.setenv(there.key_variable, "a key")
    assert openai.missing(settings) == ""
    assert openai.missing(replace(settings, endpoint=replace(there, key_variable=""))) == ""


@pytest.mark.parametrize(
    ("dataset", "split", "files"),
    [
        ("utd_mhad", "unseen5", ("a1_s1_t1_skeleton.mat", "a2_s1_t1_skeleton.mat")),
        ("uwa3dii", "unseen6", ("a01_s01_e01_v01.mat", "a02_s01_e01_v01.mat")),
    ],
)
def test_what_a_study_takes_is_guessed_before_it_runs(desk, dataset, split, files):
    small = {"channels": [4], "strides": [1], "kernel": 3}
    known = put({"encoders.stgcn": small})
    runs = [one(f"{dataset}/smie50/{split}/stgcn", each) for each in ("smie", "devise")]
    nothing = plan.estimate(runs, known)
    assert nothing.stages > len(runs) and nothing.gigabytes == nothing.hours == 0
    Path(f"data/raw/{dataset}").mkdir(parents=True)
    for name in files:
        Path(f"data/raw/{dataset}/{name}").touch()
    found = plan.estimate(runs, known)
    assert found.gigabytes == pytest.approx(2 * 50 * 150 * 4 / 1e9) and found.hours > 0


# params.yaml, while a study runs.

LINES = {  # by key its value, and what the lines become
    "dataset": ("ntu60", ["- dataset: demo", "+ dataset: ntu60"]),
    "run.seeds": ([0], ["-   - 1", "-   - 2"]),
    "also.recognition": (["xsub"], ["-   recognition: []", "+   recognition:", "+   - xsub"]),
    "methods.smie.margin": (0.3, ["-     margin: auto", "+     margin: 0.3"]),
    "methods.smie.hidden": ([512], ["+     hidden:", "+     - 512"]),
    "texts.mpnet.batch_size": (3, ["- texts: {}", "+ texts:", "+   mpnet:", "+     batch_size: 3"]),
}


def test_without_a_change_the_file_stays_to_the_letter():
    assert with_values(PARAMS, {}) == PARAMS


@pytest.mark.parametrize(("key", "value", "lines"), [(key, *both) for key, both in LINES.items()])
def test_another_value_leaves_all_other_lines_alone(key, value, lines):
    after = with_values(PARAMS, {key: value})
    found = [line for line in ndiff(PARAMS.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert [line.partition(" #")[0].rstrip() for line in found] == lines
    values = yaml.safe_load(after)
    for part in key.split("."):
        values = values[part]
    assert values == value


def test_a_selection_is_a_cell_and_what_is_evaluated_beside_it(monkeypatch):
    monkeypatch.chdir(ROOT)
    known = config()
    plain = run.selection(one("ntu60/agcn/smie_1+as_published/stgcn", "smie+labels"), known)
    made = config(plain)
    assert made.cell == Cell("ntu60", "agcn", "smie_1+as_published", "stgcn", "", "smie+labels")
    assert not made.params.also.one_shot and not made.params.also.recognition
    shown = one("ntu60/smie50/one_shot/stgcn", "pgfa_aligned", text="mpnet", one_shot=True)
    made = config(run.selection(shown, known)).params
    assert made.also.one_shot == ["pgfa_aligned"] and made.text == "mpnet"
    judged = one("ntu60/umurl_whole/xview/umurl", "", tasks=("linear", "retrieval"))
    made = config(run.selection(judged, known)).params
    assert (made.also.recognition, made.also.tasks) == (["xview"], ["linear", "retrieval"])
    assert made.split in ("unseen5",) and made.encoder == "umurl"


def test_every_run_is_selected_in_turn_and_params_yaml_comes_back(desk, dvc):
    runs = study.runs(study.load("tiny"), load(), False)
    said: list[str] = []
    changes = {"run.seeds": [0], "methods.smie.epochs": 3}
    assert run.execute("tiny", runs, changes, load(), said.append) == [runs[1].name]
    assert Path("params.yaml").read_text() == PARAMS
    assert [each.cell.method for each in dvc] == ["smie", "devise", "smie"]
    assert [each.params.encoder for each in dvc] == ["stgcn", "stgcn", "umurl"]
    assert all(each.params.run.seeds == [0] for each in dvc)
    assert all(each.params.methods["smie"]["epochs"] == 3 for each in dvc)
    assert said == [
        f"[1/3] {runs[0].name}, texts by minilm",
        f"[2/3] {runs[1].name}, texts by minilm",
        f"failed: {runs[1].name}; the others go on",
        f"[3/3] {runs[2].name}, texts by mpnet",
    ]
    kept = run.study_results("tiny")
    assert set(kept) == {runs[0].name, runs[2].name} and kept[runs[2].name]["text"] == "mpnet"
    assert kept[runs[0].name]["zero_shot"]["zsl"] == 40.0
    assert kept[runs[2].name]["linear"]["linear_last"]["mean"] == 80.0


def test_what_is_kept_of_a_study_stays_beside_what_is_run_later_and_in_other_studies(desk, dvc):
    first, _, last = study.runs(study.load("tiny"), load(), False)
    for name, some in (("tiny", [first]), ("tiny", [last]), ("tiny+as_published", [last])):
        run.execute(name, some, {}, load(), lambda line: None)
    assert set(run.study_results("tiny")) == {first.name, last.name}
    assert set(run.study_results("tiny+as_published")) == {last.name}
    assert run.study_results("other") == {}


def test_params_yaml_comes_back_where_the_run_breaks_off(desk, monkeypatch):
    def broken(each: StudyRun) -> bool:
        assert "seeds" in Path("params.yaml").read_text() != PARAMS
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_repro", broken)
    runs = study.runs(study.load("tiny"), load(), False)[1:]
    with pytest.raises(KeyboardInterrupt):
        run.execute("tiny", runs, {}, load(), lambda line: None)
    assert Path("params.yaml").read_text() == PARAMS


def test_a_killed_run_puts_params_yaml_back_at_the_next_start(desk, dvc):
    run.OWN_PARAMS.parent.mkdir(parents=True)
    run.OWN_PARAMS.write_text(PARAMS)
    Path("params.yaml").write_text(with_values(PARAMS, {"method": "devise"}))
    zsar("reproduce", "tiny")
    assert Path("params.yaml").read_text() == PARAMS and not run.OWN_PARAMS.exists()


# The command.


def test_without_a_name_the_studies_are_listed(desk):
    assert zsar("reproduce") == f"{'tiny':16} Two methods\n"


def test_a_study_runs_and_its_table_is_printed(desk, dvc):
    text = zsar("reproduce", "tiny", "--seeds", "2", "-S", "+methods.smie.epochs=3")
    assert dvc[0].params.run.seeds == [0, 1] and dvc[0].params.methods["smie"]["epochs"] == 3
    assert "3 runs, at most 12 stages; clips take about 0.5 GB" in text
    assert "2 of 3 runs are done" in text and "theirs are of other features" in text
    assert text.splitlines()[-1] == "failed: demo/smie50/unseen5/stgcn/devise (minilm)"


def test_a_dry_run_runs_nothing(desk, dvc):
    text = zsar("reproduce", "tiny", "--dry-run")
    assert not dvc and "0 of 3 runs are done" in text and not run.RESULTS.exists()


def test_where_something_is_missing_nothing_runs(desk, dvc, monkeypatch):
    monkeypatch.setattr(plan, "missing", lambda *given: ["recordings of ntu60"])
    assert zsar("reproduce", "tiny").splitlines() == [
        "missing: recordings of ntu60",
        "get what is missing, then run the same command again",
    ]
    assert not dvc
    assert "0 of 3 runs are done" in zsar("reproduce", "tiny", "--dry-run")


def test_the_exit_status_tells_whether_all_is_there_and_done(desk, dvc, monkeypatch):
    said: list[str] = []
    asked = command.ReproduceOptions("tiny", False, False, 0, ())
    assert command.reproduce(asked, load(), said.append) == 1  # a run fails
    lay("tiny", TINY | {"runs": TINY["runs"][1:]})
    assert command.reproduce(asked, load(), said.append) == 0
    monkeypatch.setattr(plan, "missing", lambda *given: ["recordings of ntu60"])
    assert command.reproduce(asked, load(), said.append) == 1
    assert command.reproduce(replace(asked, dry_run=True), load(), said.append) == 0


def test_another_text_encoder_takes_the_place_of_that_of_the_study(desk, dvc):
    assert "demo/unseen5" in zsar("reproduce", "tiny", "-S", "text=clip_b32")
    assert [each.params.text for each in dvc] == ["clip_b32"] * 3
    assert {each["text"] for each in run.study_results("tiny").values()} == {"clip_b32"}


def test_the_reading_as_published_keeps_results_of_its_own(desk, dvc):
    zsar("reproduce", "tiny", "--as-published")
    assert dvc[0].cell.method == "smie+as_published"
    assert run.study_results("tiny") == {} and len(run.study_results("tiny+as_published")) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("methods.smie.epochs", "expected KEY=VALUE, such as methods.smie.epochs=7"),
        ("run.seeds=[0", r"'\[0' is no YAML value"),
    ],
)
def test_a_change_that_is_none_is_refused(change, said, desk, dvc):
    with pytest.raises(UserError, match=said):
        zsar("reproduce", "tiny", "-S", change)
    assert not dvc
