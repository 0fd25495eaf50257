"""params.yaml and layers of settings/: which value holds, where it comes from, what is wrong."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import Field

import toy_config
from toy_config import GONE, ROOT
from zsar.cells import Cell
from zsar.config.config import PLUGINS, Config, load
from zsar.config.layers import Layer, effective, traced, without_auto
from zsar.config.settings import named_layers, without_layers
from zsar.errors import UserError
from zsar.validation import check_partial, typed

DEMO = Cell("demo", "smie50", "unseen5", "stgcn", "", "smie")
OTHERS = Cell("mine", "smie50", "unseen5")  # another's files of a data set that is known
MINE = {
    "reader": "ntu",
    "protocol": "xsub",
    "descriptions": "ntu120",
    "strict": False,
    "layers": ["small", "small_real"],
    "of": "ntu60",
}


@pytest.fixture
def altered(tmp_path):
    """What is set, after changes by dotted names."""

    def read(changes: dict[str, Any]) -> Config:
        toy_config.write(tmp_path, changes)
        return load(tmp_path)

    return read


def test_the_files_of_the_repository_are_in_order():
    assert load(ROOT).cell == DEMO


# From the weakest to the strongest, for smie+no_temporal+as_published in the cell OTHERS.
LADDER = [
    "methods: smie.default",
    "methods: smie.small",
    "methods: smie.small_real",
    "methods: smie.ntu60",
    "methods: smie.mine",
    "methods: smie.ntu60/unseen5",
    "methods: smie.mine/unseen5",
    "methods: smie.no_temporal",
    "methods: smie.ntu60+no_temporal",
    "methods: smie.mine/unseen5+no_temporal",
    "methods: smie.as_published",
    "methods.smie",
]


@pytest.mark.parametrize("rungs", range(1, len(LADDER) + 1))
def test_a_later_layer_overrules_an_earlier_one(rungs, altered):
    changes = {f"{layer}.margin": float(place) for place, layer in enumerate(LADDER[:rungs])}
    needed = {"methods: smie.as_published.temporal": 0.5, "datasets: mine": MINE}
    config = altered(needed | changes)
    found = config.plugin("methods", "smie+no_temporal+as_published", OTHERS)
    assert found["margin"] == rungs - 1


def test_layers_behind_a_plus_hold_in_their_order(altered):
    config = altered({"methods: smie.as_published.temporal": 0.25})
    for name, temporal in {"no_temporal+as_published": 0.25, "as_published+no_temporal": 0}.items():
        assert config.plugin("methods", f"smie+{name}", DEMO)["temporal"] == temporal
    assert config.plugin("methods", "smie", DEMO)["temporal"] == 0.5
    assert without_layers("smie+a+b") == "smie" and named_layers("smie+a+b") == ["a", "b"]


def test_layers_of_a_split_hold_however_it_is_asked_for_and_only_there(altered):
    config = altered({"methods: smie.ntu60/unseen12.margin": 9.0})
    splits = {"unseen12": 9.0, "unseen12+as_published": 9.0, "unseen5": 0.1, "": 0.1}
    for split, margin in splits.items():
        assert config.plugin("methods", "smie", Cell("ntu60", "", split))["margin"] == margin
    assert config.plugin("methods", "smie", Cell("ntu120", "", "unseen12"))["margin"] == 0.1


def test_a_data_set_does_not_get_the_layers_of_another(altered):
    config = altered({"methods: smie.ntu60.margin": 9.0, "datasets: mine": MINE | {"of": None}})
    assert config.plugin("methods", "smie", OTHERS)["margin"] == 0.1


def test_a_layer_names_only_what_it_changes(altered):
    config = altered({"methods: smie.demo.optimizer.lr": 7.0})
    found = config.plugin("methods", "smie", DEMO)
    assert found["optimizer"] == {"lr": 7.0, "weight_decay": 0.0}
    assert found["epochs"] == 30 and found["hidden"] == [1024, 512]


def test_like_chains_layer_by_layer(altered):
    """Each layer of the model lies right beneath the same layer, not beneath all layers."""
    cell = Cell("demo", "smie50", "unseen5")
    config = altered({"methods: pgfa.small.alpha": 0.3, "methods: pgfa.default.alpha": 0.2})
    assert config.plugin("methods", "pgfa_aligned", cell)["alpha"] == 0.3
    assert config.plugin("methods", "pgfa_aligned", Cell("ntu60"))["alpha"] == 0.9
    assert config.plugin("methods", "pgfa_aligned", Cell("ntu120"))["alpha"] == 0.4
    config = altered({"methods: cada_vae.default.latent": 7, "methods: synse.small.latent": 8})
    assert config.plugin("methods", "amsf", Cell("ntu60"))["latent"] == 7
    assert config.plugin("methods", "amsf", cell)["latent"] == 8


def test_the_persons_word_on_a_model_is_not_about_what_is_like_it(altered):
    config = altered({"methods.pgfa.epochs": 3})
    assert config.plugin("methods", "pgfa", DEMO)["epochs"] == 3
    assert config.plugin("methods", "pgfa_aligned", DEMO)["epochs"] == 15


def test_auto_means_the_layers():
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert not any(without_auto(values[section]) for section in PLUGINS)
    assert without_auto({"a": "auto", "b": {"c": "auto", "d": {}}, "e": 1, "f": {"g": None}}) == {
        "e": 1,
        "f": {"g": None},
    }


def test_a_setting_that_is_itself_called_auto_stays_so():
    assert load(ROOT).plugin("encoders", "umurl", DEMO)["pretraining"]["precision"] == "auto"


def test_every_cell_is_settled_whatever_is_selected():
    config = load(ROOT)
    for dataset in config.datasets:
        found = config.at(Cell(dataset, "smie50", "unseen5+as_published", "umurl", "", "amsf"))
        assert {*config.files["methods"]} <= {*found.values["methods"]} == {*found.values["gates"]}
        assert found.splitting.held_out == 0.0 and found.gate("amsf").temperatures
    assert config.at(Cell("utd_mhad", "smie50", "", "umurl")).values["encoders"]["umurl"] == (
        config.plugin("encoders", "umurl", Cell("utd_mhad"))
    )


def test_where_a_setting_comes_from_and_what_it_overrules(altered):
    config = altered({"methods.smie.optimizer.lr": 0.5})
    found = config.trace("methods.smie.optimizer.lr", DEMO)
    assert (found.value, found.origin) == (0.5, "params.yaml: methods.smie")
    assert found.overridden == (
        (1e-5, "settings/methods.yaml: smie.default"),
        (1e-4, "settings/methods.yaml: smie.small"),
    )
    found = config.trace("methods.smie+no_temporal.temporal", DEMO)
    assert found.origin == "settings/methods.yaml: smie.no_temporal"
    assert config.trace("methods.amsf.noise", DEMO).origin.endswith(": cada_vae.default")


def test_where_the_settings_without_plug_ins_come_from(altered):
    config = altered({"describe.openai.model": "other", "datasets.demo.strict": True})
    found = config.trace("describe.openai.model", DEMO)
    assert (found.value, found.origin) == ("other", "params.yaml: describe")
    assert found.overridden == (("gpt-4o-mini", "settings/describe.yaml"),)
    assert config.trace("describe.provider", DEMO).value == "recorded"
    found = config.trace("datasets.demo.strict", DEMO)
    assert found.value is True and found.overridden[0][0] is False
    assert config.dataset("demo").strict and not config.dataset("demo_pku").strict


def test_the_traces_of_all_settings_are_the_settings():
    layers = [
        Layer("a", {"x": {"y": 1, "z": {}}, "w": [1]}),
        Layer("b", {"x": {"z": {"k": 2}}, "w": [2, 3]}),
        Layer("c", {"x": {"z": {}}}),  # an empty section changes nothing
        Layer("d", {"w": {"v": 3}}),
    ]
    assert effective(layers) == {"x": {"y": 1, "z": {"k": 2}}, "w": {"v": 3}}
    found = {name: (each.value, each.origin) for name, each in traced(layers).items()}
    assert found["x.y"] == (1, "a") and found["x.z.k"] == (2, "b") and found["w.v"] == (3, "d")
    assert effective([Layer("a", {"x": {"y": 1}}), Layer("b", {"x": 5})]) == {"x": 5}
    assert [*traced([Layer("a", {"x": {"y": 1}}), Layer("b", {"x": 5})])] == ["x"]


WRONG = {
    r"params.yaml: unknown run.thread \(did you mean threads\?\); expected one of: device, ": {
        "run.thread": 2
    },
    r"params.yaml: unknown methods_ \(did you mean methods\?\); expected one of: dataset, ": {
        "methods_": {}
    },
    r"params.yaml: run.seeds is missing \(expected a list": {"run.seeds": GONE},
    "params.yaml: run.threads is 'two', expected a whole number": {"run.threads": "two"},
    "params.yaml: run.threads is True, expected a whole number": {"run.threads": True},
    r"params.yaml: run.seeds\[1\] is 'one', expected a whole number": {"run.seeds": [0, "one"]},
    "params.yaml: run.device is 'tpu', expected one of: auto, cpu, cuda": {"run.device": "tpu"},
    "params.yaml: run.seeds is 3, expected a list": {"run.seeds": 3},
    r"params.yaml: run.seeds is \[\], expected a list that is not empty": {"run.seeds": []},
    "params.yaml: run.processes is 0, expected a whole number above 0": {"run.processes": 0},
    "params.yaml: run.processes is 'two', expected a whole number": {"run.processes": "two"},
    "params.yaml: run.threads is 0, expected a whole number above 0": {"run.threads": 0},
    r"params.yaml: unknown methods.smei \(did you mean smie\?\); expected one of: devise, conse": {
        "methods.smei.epochs": 3
    },
    "params.yaml: unknown datasets.kinetics; expected one of: demo, ": {
        "datasets.kinetics.strict": True
    },
    "params.yaml: methods.smie is 3, expected a section with keys": {"methods.smie": 3},
    "params.yaml: methods is 3, expected a section with keys": {"methods": 3},
    r"params.yaml: unknown datasets.demo.redaer \(did you mean reader\?\)": {
        "datasets.demo.redaer": "ntu"
    },
    "params.yaml: datasets.demo.strict is 'no', expected true or false": {
        "datasets.demo.strict": "no"
    },
    r"settings/datasets.yaml: unknown demo.stict \(did you mean strict\?\)": {
        "datasets: demo.stict": True
    },
    "settings/datasets.yaml: datasets.demo.reader is missing": {"datasets: demo.reader": GONE},
    r"settings/datasets.yaml: mine.of is 'ntu66' \(did you mean ntu60\?\), expected one of: demo": {
        "datasets: mine": MINE | {"of": "ntu66"}
    },
    r"settings/datasets.yaml: mine.layers is 'smal' \(did you mean small\?\), expected one of: "
    r"small, small_real \(listed in settings/layers.yaml\)": {
        "datasets: mine": MINE | {"layers": ["smal"]}
    },
    r"settings/methods.yaml: unknown smie.smal \(did you mean small\?\); expected one of: ": {
        "methods: smie.smal.epochs": 3
    },
    r"settings/methods.yaml: unknown smie.small/unseen5": {"methods: smie.small/unseen5.epochs": 3},
    r"settings/methods.yaml: unknown smie.ntu60\+small": {"methods: smie.ntu60+small.epochs": 3},
    r"settings/methods.yaml: unknown smie.small\+labels": {"methods: smie.small+labels.epochs": 3},
    "settings/methods.yaml: smie.small is 3, expected a section with keys": {
        "methods: smie.small": 3
    },
    "settings/methods.yaml: smie.default is missing": {"methods: smie.default": GONE},
    "settings/methods.yaml: devise.default is missing": {"methods: devise": None},
    r"settings/methods.yaml: pgfa_aligned.like is 'pgfaa' \(did you mean pgfa\?\), expected one": {
        "methods: pgfa_aligned.like": "pgfaa"
    },
    r"settings/encoders.yaml: umurl_all.like is 'umurl_all' .*, expected one of: stgcn, ": {
        "encoders: umurl_all.like": "umurl_all"
    },
    "settings/layers.yaml: named is missing": {"layers: named": GONE},
    "settings/evaluation.yaml: gates is missing": {"evaluation: gates": GONE},
}


@pytest.mark.parametrize(("said", "changes"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line_with_file_and_key(said, changes, altered):
    with pytest.raises(UserError, match=said) as caught:
        altered(changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("settings.epochs", 3), ("sources", ["names"])])
def test_a_method_that_trains_another_refuses_what_it_has_from_there(key, value, altered):
    at = "methods.kinematic_fused"
    with pytest.raises(UserError, match=rf"{at}\.\w+ is .*; set methods\.smie instead") as caught:
        altered({f"{at}.learned": "smie", f"{at}.{key}": value}).at(DEMO)
    assert "\n" not in str(caught.value)
    found = altered({f"{at}.learned": "smie", "methods.smie.epochs": 3}).at(DEMO).values["methods"]
    assert found["kinematic_fused"]["settings"]["epochs"] == 3
    assert found["kinematic_fused"]["sources"] == found["smie"]["sources"]


FILE_OF = {
    "dataset": "datasets",
    "preprocess": "preprocess",
    "encoder": "encoders",
    "method": "methods",
    "text": "texts",
}


@pytest.mark.parametrize(("axis", "file"), FILE_OF.items())
def test_a_selection_that_nobody_knows_lists_the_choices_and_where_they_stand(axis, file, altered):
    known = [*yaml.safe_load((ROOT / f"settings/{file}.yaml").read_text())]
    for name, hint in (("nonsense!", ""), (f"{known[-1]}x", f" (did you mean {known[-1]}?)")):
        with pytest.raises(UserError) as caught:
            altered({axis: name})
        assert str(caught.value) == (
            f"params.yaml: {axis} is {name!r}{hint}, expected one of: {', '.join(known)}"
            f" (listed in settings/{file}.yaml)"
        )


def test_a_named_layer_that_a_plug_in_lacks_is_told_with_those_that_it_has():
    config = load(ROOT)
    with pytest.raises(UserError, match=r"'smie\+as' asks for the layer 'as'; of smie there are: "):
        config.plugin("methods", "smie+as", DEMO)
    with pytest.raises(UserError, match="the layer 'small'; of precomputed there are: none"):
        config.plugin("encoders", "precomputed+small", DEMO)


def test_an_unknown_data_set_or_plug_in_is_told_with_the_nearest():
    config = load(ROOT)
    with pytest.raises(
        UserError, match=r"unknown data set 'dmeo' \(did you mean demo\?\); expected"
    ):
        config.dataset("dmeo")
    with pytest.raises(UserError, match=r"methods.yaml: unknown smei \(did you mean smie\?\)"):
        config.plugin("methods", "smei", DEMO)


@pytest.mark.parametrize("file", ["params.yaml", "settings/methods.yaml"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1,\nb: {", "not valid YAML"),
        ("kommt: Stra\xdfe\n".encode("latin-1"), "not valid YAML: 'utf-8' codec"),
        (b"", "should be a section with keys, not None"),
        (b"- a\n- b\n", "should be a section with keys, not "),
        (b"a: \x00", "not valid YAML"),
    ],
    ids=["broken", "not UTF-8", "empty", "a list", "binary"],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(file, content, said, altered, tmp_path):
    altered({})
    (tmp_path / file).write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        load(tmp_path)
    assert file in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_says_where_to_run(tmp_path):
    with pytest.raises(UserError, match=r"params.yaml: no such file; run this in the root"):
        load(tmp_path)


@dataclass(frozen=True)
class Inner:
    lr: float


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    widths: tuple[int, ...]
    inner: Inner
    patience: int | None
    others: dict[str, Inner]


WHOLE = {"kind": "a", "widths": [1, 2], "inner": {"lr": 1}, "patience": None, "others": {}}


def test_settings_become_a_dataclass_with_nested_ones():
    built = Outer("a", (1, 2), Inner(1.0), None, {"b": Inner(2.0)})
    assert typed(Outer, WHOLE | {"others": {"b": {"lr": 2}}}, "x") == built


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"inner": {"lrr": 1}},
            r"f: unknown x.inner.lrr \(did you mean lr\?\); expected one of: lr",
        ),
        ({"inner": {"lr": "a"}}, "f: x.inner.lr is 'a', expected a number"),
        ({"inner": 3}, "f: x.inner should be a section with keys, not 3"),
        ({"others": {"b": {"rl": 1}}}, "f: unknown x.others.b.rl"),
        ({"kind": "c"}, "f: x.kind is 'c', expected one of: a, b"),
        ({"widths": [1, 2.5]}, r"f: x.widths\[1\] is 2.5, expected a whole number"),
        ({"patience": "never"}, "f: x.patience is 'never', expected a whole number"),
    ],
)
def test_a_key_or_value_deep_inside_is_named_by_its_path(change, said):
    with pytest.raises(UserError, match=said):
        typed(Outer, WHOLE | change, "x", "f")
    with pytest.raises(UserError, match=said):
        check_partial(Outer, change, "x", "f")


def test_a_layer_by_itself_may_leave_keys_out():
    for part in ({}, {"inner": {}}, {"kind": "b"}, {"others": {"b": {}}}, {"patience": None}):
        check_partial(Outer, part, "x", "f")


@dataclass(frozen=True)
class Limited:
    count: Annotated[int, Field(gt=0)]
    share: Annotated[float, Field(gt=0, le=1)] | None
    names: Annotated[list[str], Field(min_length=1)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "f: x.count is 0, expected a whole number above 0"),
        ({"count": 1.0}, "f: x.count is 1.0, expected a whole number above 0"),
        ({"share": 2}, "f: x.share is 2, expected a number above 0 and at most 1 or null"),
        ({"share": "1"}, "f: x.share is '1', expected a number above 0 and at most 1 or null"),
        ({"names": []}, r"f: x.names is \[\], expected a list that is not empty"),
        ({"names": [None]}, r"f: x.names\[0\] is None, expected a word"),
        (
            {"names": [date(2024, 1, 2)]},
            r"f: x.names\[0\] is datetime.date\(2024, 1, 2\), expected",
        ),
        ({3: 4}, "f: unknown x.3; expected one of: count, share, names"),
        ({"others": {date(2024, 1, 2): 3}}, "f: x.others.2024-01-02 is datetime.date"),
    ],
)
def test_limits_beside_a_field_are_checked_and_named(change, message):
    whole = {"count": 1, "share": 1, "names": ["a"]}
    assert typed(Limited, whole, "x", "f") == Limited(1, 1.0, ["a"])
    with pytest.raises(UserError, match=f"^{message}"):
        typed(Limited, whole | change, "x", "f")


def test_a_float_is_the_one_that_stands_in_the_file():
    values = [0.1, 1e-5, 5e-324, 1.7976931348623157e308, 0.30000000000000004, 123456789.12345679]
    assert typed(list[float], values, "x") == values


def test_a_key_that_is_a_number_in_yaml_is_named():
    with pytest.raises(UserError, match="f: x.others.1.lr is 'a', expected a number"):
        typed(Outer, WHOLE | {"others": {1: {"lr": "a"}}}, "x", "f")


TEXTS = [
    file
    for folder in ("", "settings", "studies")
    for file in sorted(Path(ROOT, folder).glob("*.yaml"))
    if file.name != "dvc.yaml"
]


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_number_stands_in_one_place(file):
    """No anchors, no aliases, for DVC writes the value of one to all of them, and no key twice."""
    text = file.read_text(encoding="utf-8")
    tokens = (yaml.AnchorToken, yaml.AliasToken)
    found = [each for each in yaml.scan(text, yaml.CSafeLoader) if isinstance(each, tokens)]
    assert not found, found[0].start_mark
    keys = set()

    def no_key_twice(node: yaml.Node, at: str = "") -> None:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
            name = f"{at}.{key.value}"
            assert name not in keys, name
            keys.add(name)
            no_key_twice(value, name)

    no_key_twice(yaml.compose(text, yaml.CSafeLoader))
