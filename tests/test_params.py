"""params.yaml: whatever is wrong in it is named, with what was expected."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import yaml

from zsar import params
from zsar.errors import Complaint

FILE = Path(__file__).parent.parent / "params.yaml"


@pytest.fixture
def altered(tmp_path):
    """Load params.yaml after a change to its values."""

    def load(change):
        values = yaml.safe_load(FILE.read_text())
        change(values)
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(values))
        return params.load(path)

    return load


def test_the_file_in_the_repository_is_in_order():
    assert params.load(FILE).dataset == "demo"


def test_an_unknown_key_is_named_with_its_neighbours(altered):
    with pytest.raises(
        Complaint, match=r"params.yaml: unknown run.thread \(did you mean threads\?\)"
    ):
        altered(lambda values: values["run"].update(thread=2))


def test_a_missing_key_is_named_with_its_kind(altered):
    with pytest.raises(Complaint, match="params.yaml: run.seeds is missing"):
        altered(lambda values: values["run"].pop("seeds"))


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("threads", "two", "run.threads is 'two', expected a whole number"),
        ("threads", True, "run.threads is True, expected a whole number"),
        ("seeds", [0, "one"], r"run.seeds\[1\] is 'one', expected a whole number"),
        ("device", "tpu", "run.device is 'tpu', expected one of: auto, cpu, cuda"),
        ("seeds", 3, "run.seeds is 3, expected a list"),
    ],
)
def test_a_wrong_type_is_named_with_the_right_one(altered, key, value, complaint):
    with pytest.raises(Complaint, match=complaint):
        altered(lambda values: values["run"].update({key: value}))


@pytest.mark.parametrize("value", ["half", "class_means", "most_right", 0.35, 0.5])
def test_a_gate_has_a_named_threshold_or_a_number(altered, value):
    made = altered(lambda values: values["evaluation"]["gates"]["amsf"].update(threshold=value))
    assert made.evaluation.gates["amsf"].threshold == value


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("mean", "threshold is 'mean', expected a number or one of: half, class_means, most_right"),
        (True, "threshold is True, expected a number or one of: half, class_means, most_right"),
        (50, "gates.amsf.threshold is 50, expected a probability between 0 and 1"),
    ],
)
def test_a_threshold_that_is_neither_is_refused(altered, value, complaint):
    with pytest.raises(Complaint, match=complaint):
        altered(lambda values: values["evaluation"]["gates"]["amsf"].update(threshold=value))


@pytest.mark.parametrize("axis", ["dataset", "encoder", "method", "text"])
def test_an_unknown_selection_lists_the_choices(altered, axis):
    with pytest.raises(Complaint, match=f"params.yaml: {axis} is 'nonsense', expected one of: "):
        altered(lambda values: values.update({axis: "nonsense"}))


def test_a_split_of_another_data_set_lists_those_of_this_one(altered):
    with pytest.raises(Complaint, match="split is 'unseen13', expected one of: unseen5, unseen10"):
        altered(lambda values: values.update(split="unseen13"))


@pytest.mark.parametrize(
    ("field", "place", "complaint"),
    [
        ("cells", "demo/unseen5", "is not of the form dataset/split/encoder"),
        ("cells", "dmeo/unseen5/stgcn", "data set is 'dmeo', expected one of: demo, "),
        ("recognition", "demo/xsub/gcn", "encoder is 'gcn', expected one of: "),
    ],
)
def test_a_cell_that_cannot_be_is_named(altered, field, place, complaint):
    with pytest.raises(Complaint, match=f"study.{field} '{place}'.*{complaint}"):
        altered(lambda values: values["study"][field].append(place))


def test_an_override_for_an_unknown_data_set_is_named(altered):
    with pytest.raises(Complaint, match="unknown methods.smie.dmeo"):
        altered(lambda values: values["methods"]["smie"].update(dmeo={}))


def test_a_file_that_is_not_yaml_is_refused_in_one_line(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("a: [1,\nb: {")
    with pytest.raises(Complaint, match="not valid YAML") as caught:
        params.load(path)
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Inner:
    lr: float


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    widths: tuple[int, ...]
    inner: Inner
    patience: int | None


def test_settings_become_a_dataclass_with_nested_ones():
    values = {"kind": "a", "widths": [1, 2], "inner": {"lr": 1}, "patience": None}
    assert params.typed(Outer, values, "x") == Outer("a", (1, 2), Inner(1.0), None)


def test_a_wrong_key_deep_inside_is_named_by_its_path():
    values = {"kind": "a", "widths": [1], "inner": {"lrr": 1}, "patience": 3}
    with pytest.raises(Complaint, match=r"unknown x.inner.lrr \(did you mean lr\?\)"):
        params.typed(Outer, values, "x")


def test_a_data_set_overrides_only_what_it_names(altered):
    loaded = altered(
        lambda values: values["methods"]["devise"].update(demo={"optimizer": {"lr": 0.5}})
    )
    merged = params.merged(loaded, "methods", "devise", "demo")
    default = params.merged(loaded, "methods", "devise", "ntu60")
    assert merged["optimizer"] == default["optimizer"] | {"lr": 0.5}
    assert merged["epochs"] == default["epochs"]


@pytest.mark.parametrize(
    ("processes", "complaint"),
    [
        (0, "run.launch.processes is 0, expected 1 or more"),
        ("two", "run.launch.processes is 'two', expected a whole number"),
    ],
)
def test_a_stage_needs_a_process_at_least(altered, processes, complaint):
    with pytest.raises(Complaint, match=complaint):
        altered(lambda values: values["run"]["launch"].update(processes=processes))
