"""What `stages.resolve` finds wrong before any work starts, and what it writes for each stage."""

import json
import shutil
from pathlib import Path

import pytest

import toy_config
from stages import resolve
from stages.harness import needs
from stages.harness.closure import closure
from toy_config import GONE, ROOT
from zsar.cells import MACHINE
from zsar.config.config import load
from zsar.errors import UserError
from zsar.experiment import check_selection

MINE = {
    "reader": "own",
    "protocol": "xsub",
    "descriptions": "demo",
    "strict": False,
    "layers": ["small"],
}
UMURL = {"encoder": "umurl", "also.recognition": ["xsub"]}
WEIGHTS = "data/weights/umurl-0.safetensors"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder like the root of the repository, with other values in params.yaml and settings/."""
    for name in ("descriptions", "prompts", "src", "stages"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)

    def lay(changes: dict) -> Path:
        toy_config.write(tmp_path, changes)
        return tmp_path

    return lay


@pytest.fixture
def checked(desk):
    def check(changes: dict) -> None:
        desk(changes)
        resolve.check(load())

    return check


def test_the_files_of_the_repository_are_in_order(checked):
    checked({})


WRONG = {
    # A wrong key.
    "params.yaml: unknown methods.smie.epcohs (did you mean epochs?); expected one of: hidden, ": {
        "methods.smie.epcohs": 3
    },
    "settings/methods.yaml: unknown amsf.small.fusion.stategy (did you mean strategy?)": {
        "methods: amsf.small.fusion.stategy": "mha"
    },
    "settings/encoders.yaml: unknown stgcn.default.kernels (did you mean kernel?)": {
        "encoders: stgcn.default.kernels": 9
    },
    "settings/texts.yaml: unknown minilm.default.batch_siz (did you mean batch_size?)": {
        "texts: minilm.default.batch_siz": 3
    },
    "settings/protocols.yaml: unknown tsne.default.class (did you mean classes?)": {
        "protocols: tsne.default.class": 3
    },
    "settings/protocols.yaml: unknown ones_hot (did you mean one_shot?); expected one of: ": {
        "protocols: ones_hot": {"default": {}}
    },
    "settings/splits.yaml: unknown zero_shot.default.holdout (did you mean held_out?)": {
        "splits: zero_shot.default.holdout": 0.1
    },
    "settings/describe.yaml: unknown openai.modle (did you mean model?)": {
        "describe: openai.modle": "x"
    },
    "params.yaml: unknown describe.openai.endpoint.budgit (did you mean budget?)": {
        "describe.openai.endpoint.budgit": 3.0
    },
    "settings/text_report.yaml: unknown near (did you mean nearest?); expected one of: nearest,"
    " similar_above": {"text_report: near": 3},
    "params.yaml: unknown demo.peple (did you mean people?)": {"demo.peple": {"tempo": 1}},
    "settings/evaluation.yaml: unknown gates.synse.CC": {"evaluation: gates.synse.CC": 1},
    "settings/evaluation.yaml: gates.amsf.threshold is 'mean', expected a probability between "
    "0 and 1 or one of: half, class_means, best_accuracy": {
        "evaluation: gates.amsf.threshold": "mean"
    },
    "settings/evaluation.yaml: gates.amsf.threshold is True, expected a probability between "
    "0 and 1 or one of: half": {"evaluation: gates.amsf.threshold": True},
    "settings/evaluation.yaml: gates.amsf.threshold is 50, expected a probability between 0 and": {
        "evaluation: gates.amsf.threshold": 50
    },
    # One that is missing.
    "settings/protocols.yaml: one_shot.rounds is missing (expected a whole number": {
        "protocols: one_shot.default.rounds": GONE
    },
    "settings/methods.yaml: smie.sources is missing": {"methods: smie.default.sources": GONE},
    "settings/methods.yaml: smie.gate is missing": {"methods: smie.default.gate": GONE},
    "settings/text_report.yaml: similar_above is missing (expected a number": {
        "text_report: similar_above": GONE
    },
    # A wrong type or name.
    "settings/methods.yaml: amsf.default.fusion.strategy is 'blend', expected one of: concat": {
        "methods: amsf.default.fusion.strategy": "blend"
    },
    "settings/methods.yaml: smie.small_real.sources is 'names', expected a list": {
        "methods: smie.small_real.sources": "names"
    },
    "settings/protocols.yaml: tsne.default.classes is 'ten', expected a whole number": {
        "protocols: tsne.default.classes": "ten"
    },
    "params.yaml: encoders.stgcn.training.lr is 'fast', expected a number": {
        "encoders.stgcn.training.lr": "fast"
    },
    "params.yaml: encoders.umurl_all.weights is 3, expected a word": {
        "encoders.umurl_all.weights": 3
    },
    "params.yaml: methods.smie.optimizer should be a section with keys, not 3": {
        "methods.smie.optimizer": 3
    },
    "params.yaml: methods.smie.gate is 'searcht' (did you mean searched?), expected one of: ": {
        "methods.smie.gate": "searcht"
    },
    "settings/methods.yaml: synse.default.gate is 'half', expected one of: searched, synse, amsf": {
        "methods: synse.default.gate": "half"
    },
    "settings/preprocess.yaml: agcn: ": {"preprocess: agcn": [{"step": "crop_center"}]},
    "settings/datasets.yaml: datasets.ntu60.reader is 'ntv' (did you mean ntu?), expected one of": {
        "datasets: ntu60.reader": "ntv"
    },
    "settings/datasets.yaml: datasets.ntu60.protocol is 'xset', expected one of: xsub, xview": {
        "datasets: ntu60.protocol": "xset"
    },
    "params.yaml: unknown provider 'openia'; describe.provider is one of: recorded, openai": {
        "describe.provider": "openia"
    },
    "settings/texts.yaml: minilm.default: unknown text backend 'minimal'": {
        "texts: minilm.default.backend": "minimal"
    },
    # A layer that never holds.
    "settings/methods.yaml: smie.ntu60/unseen13: unknown split 'unseen13'; "
    "ntu60 has 60 classes, expected one of: ": {"methods: smie.ntu60/unseen13.epochs": 3},
    "settings/methods.yaml: unknown smie.nut60/unseen12": {
        "methods: smie.nut60/unseen12.epochs": 3
    },
    # What is selected cannot be.
    "params.yaml: unknown split 'unseen13'; demo has 30 classes, expected one of: unseen5": {
        "split": "unseen13"
    },
    "'stgcn+wide' asks for the layer 'wide'; of stgcn there are: as_published "
    "(settings/encoders.yaml)": {"encoder": "stgcn+wide"},
    "dataset is 'ntu60', but data/raw/ntu60 holds no recordings; get them from http": {
        "dataset": "ntu60"
    },
    "preprocess is 'smie50', but ntu60 holds what others have prepared; expected as_prepared": {
        "dataset": "ntu60",
        "datasets.ntu60.reader": "smie",
    },
    "encoders.umurl of demo/smie50/unseen5/umurl names weights, which may have seen clips of unseen"
    " classes; they belong to umurl_all": {"encoder": "umurl", "encoders.umurl.weights": WEIGHTS},
    # What is done beside.
    "params.yaml: also.one_shot is 'smie', expected one of: pgfa_aligned": {
        "also.one_shot": ["smie"]
    },
    "params.yaml: also.one_shot lists 'pgfa_aligned', but method is 'smie'; expected the selected"
    " method: -S method=pgfa_aligned": {"also.one_shot": ["pgfa_aligned"]},
    "params.yaml: also.tasks is 'linaer' (did you mean linear?), expected one of: linear, ": {
        "also.tasks": ["linaer"]
    },
    "params.yaml: also.recognition: encoder is 'stgcn', expected one of: umurl, umurl_all": {
        "also.recognition": ["xsub"]
    },
    "params.yaml: also.recognition is 'xset', expected one of: xsub, xview": UMURL
    | {"also.recognition": ["xset"]},
    "params.yaml: also.transfer lists 'ntu60/xsub/umurl', expected dataset/preprocess/protocol/": (
        UMURL | {"also.transfer": ["ntu60/xsub/umurl"]}
    ),
    "pre-trained; data/ntu60/smie50/xsub/umurl/pretrained/0/encoder.safetensors is not there": (
        UMURL | {"also.transfer": ["ntu60/smie50/xsub/umurl"]}
    ),
}


@pytest.mark.parametrize(("said", "changes"), WRONG.items(), ids=WRONG)
def test_what_a_stage_would_stumble_over_is_told_at_once(said, changes, checked):
    with pytest.raises(UserError) as caught:
        checked(changes)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("threshold", ["half", "class_means", "best_accuracy", 0.35, 0.5, 1])
def test_a_gate_has_a_named_threshold_or_a_number(threshold, checked):
    checked({"evaluation: gates.amsf.threshold": threshold})


def test_a_layer_may_be_of_a_split_or_a_protocol(checked):
    checked({"methods: smie.ntu60/unseen12.epochs": 3, "methods: smie.demo/easy3.epochs": 4})
    checked({"methods: smie.ntu60/unseen12+no_temporal.epochs": 3})
    checked({"encoders: umurl.demo/xsub.width": 16})


def test_what_is_selected_can_be(checked):
    for split in ("unseen10", "easy5", "unseen5+as_published"):
        checked({"split": split})
    checked(UMURL)
    checked({"method": "pgfa_aligned", "also.one_shot": ["pgfa_aligned"]})
    checked({"encoder": "umurl_all", "encoders.umurl_all.weights": WEIGHTS})


def test_a_data_set_of_ones_own_may_be_divided_by_performers(checked, tmp_path):
    (tmp_path / "data/raw/mine").mkdir(parents=True)
    (tmp_path / "data/raw/mine/clips.zip").touch()
    mine = {"datasets: mine": MINE, "dataset": "mine", "split": "easy5"}
    checked(mine)
    checked(mine | UMURL)


def test_a_split_out_of_a_file_is_one(checked, tmp_path):
    (tmp_path / "splits/demo").mkdir(parents=True)
    file = tmp_path / "splits/demo/own.yaml"
    file.write_text("unseen: [drink water, throw]\nvalidation: [sitting down, clapping]\n")
    checked({"split": "own"})
    file.write_text("unseen: [drink watre, throw]\n")
    with pytest.raises(ValueError, match=r"own.yaml:1: .*drink watre"):
        checked({"split": "own"})


@pytest.fixture
def remarks(desk):
    def found(changes: dict) -> list[str]:
        desk(changes)
        return check_selection.override_notes(load())

    return found


def test_nothing_is_remarked_on_where_nothing_was_said(remarks):
    assert remarks({}) == []


def test_it_is_told_what_a_word_overrules_and_what_has_no_say(remarks):
    said = {
        "splits.zero_shot.held_out": 0.1,
        "encoders.stgcn.streams.bone": 0.5,
        "methods.devise.margin": 0.4,
        "methods.smie.margin": 0.3,
        "protocols.one_shot.rounds": 5,
        "describe.provider": "openai",
    }
    assert remarks(said) == [
        "params.yaml: encoders.stgcn.streams.bone = 0.5",
        "params.yaml: methods.devise.margin = 0.4 changes nothing here: devise is not selected",
        "params.yaml: methods.smie.margin = 0.3 overrides 0.1"
        " (settings/methods.yaml: smie.default)",
        "params.yaml: protocols.one_shot.rounds = 5 changes nothing here: one_shot is not selected",
        "params.yaml: splits.zero_shot.held_out = 0.1 overrides 0.2"
        " (settings/splits.yaml: zero_shot.default)",
        "params.yaml: describe.provider = 'openai' overrides 'recorded' (settings/describe.yaml)",
    ]


def test_a_word_is_about_a_plug_in_with_its_named_layers(remarks):
    word = {"method": "smie+no_temporal", "methods.smie.temporal": 0.75}
    (line,) = remarks(word)
    assert line.endswith("= 0.75 overrides 0.0 (settings/methods.yaml: smie.no_temporal)")


@pytest.fixture
def sources(desk):
    """The source files of each stage with their hashes."""

    def found(changes: dict) -> dict[str, dict[str, str]]:
        desk(changes)
        return {name: each["sources"] for name, each in needs.resolved(load()).items()}

    return found


def test_the_sources_are_the_import_closure_with_the_selected_plug_ins(sources):
    found = sources({"encoder": "shift_gcn", "method": "devise"})
    plugins = {
        "prepare": ["zsar.data.formats.ntu"],
        "measure": ["zsar.data.formats.ntu"],
        "encode": ["zsar.encoders.shift_gcn"],
        "learn": ["zsar.encoders.shift_gcn", "zsar.methods.devise"],
    }
    for name in needs.STAGES:
        if name in found:
            code = closure([needs.RUNNER, f"stages.{name}", *plugins.get(name, [])], ROOT)
            code = [file for file in code if file != needs.ENCODER_TABLE.as_posix()]
            assert [file for file in found[name] if file.endswith(".py")] == code
            assert all(found[name].values())
    assert "src/zsar/encoders/stgcn.py" not in found["learn"]
    assert not any("torch" in file or "dvc" in file for file in found["learn"])


@pytest.mark.parametrize(
    ("changes", "touched"),
    [
        ({"method": "smie"}, {"learn"}),
        ({"method": "smie+no_temporal"}, {"learn"}),
        ({"method": "devise"}, set()),
        ({"method": "pgfa_aligned", "also.one_shot": ["pgfa_aligned"]}, set()),
    ],
    ids=lambda changes: changes.get("method", "") if isinstance(changes, dict) else "",
)
def test_a_remark_in_the_file_of_a_method_touches_the_cells_with_that_method(
    changes, touched, desk, tmp_path
):
    desk(changes)
    for name in ("src", "stages"):
        (tmp_path / name).unlink()
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    before = needs.resolved(load())
    with Path("src/zsar/methods/smie.py").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    after = needs.resolved(load())
    assert {name for name in after if after[name] != before[name]} == touched


def test_lists_and_texts_are_among_the_files_where_they_matter(sources):
    catalogue = "src/zsar/data/protocols/demo.json"
    found = sources(UMURL)
    told = {file for file in found["embed"] if file.startswith(("descriptions/", "prompts/"))}
    assert {"descriptions/demo/names.txt", "descriptions/demo/actions.txt"} < told
    assert "prompts/actions.txt" in told
    for name, files in found.items():
        stage = name.rpartition("/")[2]
        assert (catalogue in files) == needs.STAGES[stage].dataset_info, name
        told = {file for file in files if file.startswith(("descriptions/", "prompts/"))}
        if stage != "embed":
            lists = {"descriptions/demo/kinematics.json", "descriptions/demo/names.txt"}
            assert told == (lists if stage == "measure" else set())


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({"method": "devise"}, False),
        ({"method": "devise", "methods.devise.sources": ["names", "kinematics"]}, True),
        ({"method": "kinematic"}, True),
        ({"method": "kinematic_fused"}, True),
    ],
)
def test_an_edited_description_makes_those_learn_again_that_read_it(
    changes, reads, sources, tmp_path
):
    before = sources(changes)
    (tmp_path / "descriptions").unlink()
    shutil.copytree(ROOT / "descriptions/demo", tmp_path / "descriptions/demo")
    with Path("descriptions/demo/kinematics.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    after = {name: each["sources"] for name, each in needs.resolved(load()).items()}
    changed = {name for name in after if after[name] != before[name]}
    assert changed == ({"measure", "learn"} if reads else {"measure"})


def test_the_file_of_a_split_is_among_the_files_where_it_matters(sources, tmp_path):
    (tmp_path / "splits/demo").mkdir(parents=True)
    file = tmp_path / "splits/demo/own.txt"
    file.write_text("0\n1\n")
    first = sources({"split": "own"})
    where = {name for name, files in first.items() if "splits/demo/own.txt" in files}
    divided = {name for name in first if needs.STAGES[name].dataset_info} - {*needs.WITHOUT_SPLIT}
    assert where == divided  # clips and texts serve every split
    file.write_text("0\n2\n")
    changed = sources({"split": "own"})
    assert {name for name in first if first[name] != changed[name]} == where
    other = sources({"split": "unseen5"})
    assert not any("splits/demo/own.txt" in files for files in other.values())


def test_the_class_list_of_ones_own_data_set_is_the_first_file_of_its_descriptions(sources):
    found = sources({"datasets: mine": MINE, "dataset": "mine", "split": "easy5"})
    assert "descriptions/demo/names.txt" in found["split"]
    assert not any("protocols/demo.json" in file for file in found["split"])


def test_other_peoples_files_of_a_data_set_go_by_its_facts(sources):
    found = sources({"datasets: mine": MINE | {"of": "ntu60"}, "dataset": "mine"})
    assert "src/zsar/data/protocols/ntu60.json" in found["split"]


def test_what_is_written_is_what_was_found_and_nothing_of_before(desk, capsys):
    desk({"methods.smie.epochs": 7})
    Path("data/settings/old").mkdir(parents=True)
    Path("data/settings/old/stage.json").touch()
    resolve.main()
    assert "overrides 30" in capsys.readouterr().out
    files = [path for path in Path("data/settings").rglob("*") if path.is_file()]
    assert {path.stem for path in files} == {
        name for name in needs.STAGES if name not in (*needs.BY_PROTOCOL, "oneshot")
    } | {"machine"}
    written = json.loads(Path("data/settings/learn.json").read_text())
    assert written["settings"]["methods"]["smie"]["epochs"] == 7
    before = {path: path.read_bytes() for path in files}
    resolve.main()
    assert {path: path.read_bytes() for path in files} == before


def test_nothing_is_written_where_something_is_wrong(desk):
    desk({"methods.smie.epochs": "many"})
    with pytest.raises(UserError):
        resolve.main()
    assert not Path("data").exists()


def test_numbers_of_another_cell_are_not_in_the_files(desk):
    desk(UMURL)
    found = needs.stage_settings(load())
    assert [*found["encode"]["encoders"]] == ["umurl"]
    assert [*found["learn"]["methods"]] == ["smie"]
    assert [*found["xsub/tsne"]["protocols"]] == ["tsne"]
    everywhere = {"reproducible": True}
    assert found["record"] == found["headline"] == {"run": everywhere}
    assert found["encode"]["run"] == {
        **everywhere,
        "device": "auto",
        "threads": 1,
        "processes": 1,
        "seeds": [0, 1, 2],
    }


def test_no_stage_depends_on_the_workers(desk):
    desk({"run.workers": 7})
    resolve.main()
    assert json.loads(MACHINE.read_text()) == {"workers": 7, "scheduler": ""}
    for each in needs.stage_settings(load()).values():
        assert not {"workers", "scheduler"} & each["run"].keys()
