"""Values of the right type that make no sense: each one is refused in one line that names it."""

from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest

import toy_config
from toy_config import ROOT
from zsar import encoders, methods
from zsar.cells import Cell
from zsar.config.config import load
from zsar.config.params import Params
from zsar.config.settings import DatasetConfig, GateConfig, SplitConfig
from zsar.demo.config import DemoConfig
from zsar.errors import UserError
from zsar.experiment import check_selection
from zsar.experiment.check_settings import PROTOCOL_TYPES
from zsar.preprocess.pipeline import pipeline
from zsar.text.backends import config_class
from zsar.text.describe import DescribeConfig
from zsar.text.similarity import TextReportConfig
from zsar.validation import check_partial, typed
from zsar.yaml_files import parse_yaml

METHODS = "settings/methods.yaml"
BESIDE = {"demo": ("seed",), "methods": ("sources", "gate")}  # keys that the stages read
NAN, INF = float("nan"), float("inf")
SENSELESS: dict[str, list[Any]] = {
    "run.threads": [0, -1, 2**40],
    "run.processes": [0, 10**6],
    "run.workers": [0, -3, "many", 10**6],
    "run.seeds": [[-1], [0, 0], [], [2**32], [0.5]],
    "run.bootstrap": [0, -5, 10**12],
    "splits.zero_shot.held_out": [-0.1, 1.0, 2, NAN],
    "splits.zero_shot.reserved": [0, 1.0, -1],
    "splits.zero_shot.generated.seed": [-1],
    "encoders.stgcn.training.epochs": [0, -1],
    "encoders.stgcn.training.batch_size": [0],
    "encoders.stgcn.training.lr": [0, -1.0, NAN, INF, 1e30],
    "encoders.stgcn.training.momentum": [1.0, -0.5],
    "encoders.stgcn.channels": [[], [0, 8], [-8]],
    "encoders.stgcn.dropout": [1.0, -0.1, NAN],
    "encoders.stgcn.kernel": [0, 4],
    "encoders.stgcn.streams": [{"joint": -1.0}, {"joint": NAN}],
    "encoders.shift_gcn.frames": [0],
    "encoders.umurl.width": [0],
    "encoders.umurl.pretraining.decay": [0.0, 2.0],
    "encoders.umurl.pretraining.views.corruption": [1.5],
    "encoders.umurl.pretraining.checkpoint_every": [0],
    "methods.smie.epochs": [0],
    "methods.smie.batch_size": [0, -8],
    "methods.smie.optimizer.lr": [0.0, NAN],
    "methods.smie.optimizer.weight_decay": [-1e-3],
    "methods.smie.margin": [-0.1, INF],
    "methods.smie.hidden": [[0]],
    "methods.global_clip.temperature": [0.0, -1.0],
    "methods.pgfa_aligned.alpha": [0.0, 1.5],
    "methods.cada_vae.latent": [0],
    "methods.cada_vae.schedule.steps": [0],
    "methods.cada_vae.schedule.kl_steps": [0],
    "methods.amsf.fusion.heads": [0],
    "methods.amsf.fusion.kernel": [2],
    "methods.kinematic_calibrated.folds": [0],
    "methods.kinematic_fused.shares": [[], [2.0]],
    "texts.minilm.batch_size": [0],
    "texts.endpoint.dimensions": [0],
    "protocols.finetune.labels": [[0.0], [1.5], []],
    "protocols.tsne.perplexity": [0.0],
    "protocols.retrieval.block": [0],
    "describe.openai.tries": [0],
    "describe.openai.temperature": [-1.0],
    "describe.openai.model": [""],
    "describe.openai.answer_tokens": [0],
    "describe.openai.endpoint.timeout": [0.0, INF],
    "describe.openai.endpoint.concurrency": [0, 10**6],
    "describe.openai.endpoint.requests_per_minute": [0],
    "describe.openai.endpoint.retries": [-1],
    "describe.openai.endpoint.budget": [-1.0, NAN],
    "describe.openai.endpoint.price_in": [-0.1],
    "describe.openai.endpoint.price_out": [-0.1],
    "describe.openai.endpoint.characters_per_token": [0.0],
    "describe.sources.actions.shortest": [0],
    "text_report.nearest": [0],
    "text_report.similar_above": [2.0],
    "demo.people.stature": [[1.9, 1.5], [-1, 1]],
    "demo.people.repetitions": [0],
    "demo.manner.frames": [[72, 28], [0, 0]],
    "demo.sensor.late": [1.5],
}
KINDS = {
    "run": get_type_hints(Params, include_extras=True)["run"],
    "splits.zero_shot": SplitConfig,
    "describe": DescribeConfig,
    "text_report": TextReportConfig,
    "demo": DemoConfig,
}
CASES = [(name, value) for name, values in SENSELESS.items() for value in values]
known = load(ROOT)


def kind_of(section: str, name: str) -> Any:
    if section == "encoders":
        return encoders.encoder(name).Config
    if section == "methods":
        return methods.method(name).Config
    if section == "texts":
        return config_class(known.plugin("texts", name, Cell("demo")))
    return PROTOCOL_TYPES[name]


def split_name(name: str) -> tuple[Any, str, list[str]]:
    """The type of a section, its name, and the keys below it."""
    first, second, *rest = name.split(".")
    for section in (first, f"{first}.{second}"):
        if section in KINDS:
            return KINDS[section], section, name.removeprefix(f"{section}.").split(".")
    return kind_of(first, second), f"{first}.{second}", rest


@pytest.mark.parametrize(("name", "value"), CASES, ids=lambda each: str(each)[:40])
def test_a_senseless_value_is_refused_in_one_line_that_names_it(name, value):
    kind, at, keys = split_name(name)
    for key in reversed(keys):
        value = {key: value}
    with pytest.raises(UserError) as caught:
        check_partial(kind, value, at, "params.yaml")
    said = str(caught.value)
    assert name in said and "expected" in said and "\n" not in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"describe.sources.actions.shortest": 99}, "shortest is 99, above longest, 16"),
        (
            {"methods.global_clip.temperature": 0.001},
            "min_temperature is 0.01, above temperature, 0.001",
        ),
        ({"demo.people.views": [1]}, "8 subjects and 1 views; expected one each"),
        ({"demo.sensor.heights": [1.0]}, "2 distances and 1 heights; expected one each"),
        (
            {"describe.openai.endpoint.base_url": "http://models.example.org/v1"},
            "base_url is http://models.example.org, which would send the key in the open",
        ),
        (
            {"texts.endpoint.endpoint.base_url": "http://10.0.0.3:8000/v1"},
            "would send the key in the open; expected https://",
        ),
    ],
)
def test_what_several_keys_say_together_is_checked(changes, said):
    config, (name, *_) = toy_config.config(changes), changes
    kind, at, _ = split_name(name)
    section, plugin = f"{at}.".split(".")[:2]
    found = config.plugin(section, plugin, config.cell) if plugin else config.plain(section)
    with pytest.raises(UserError, match=said) as caught:
        typed(
            kind,
            {key: each for key, each in found.items() if key not in BESIDE.get(section, ())},
            at,
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("layer", ["smie.default", "devise.small_real"])
def test_a_layer_of_settings_is_named_with_its_file(layer):
    with pytest.raises(UserError, match=f"methods.yaml: {layer}.batch_size is 0, expected"):
        check_partial(kind_of("methods", layer.split(".")[0]), {"batch_size": 0}, layer, METHODS)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("none", "f is 'none', expected a list of steps"),
        ({"step": "pad"}, "f is {'step': 'pad'}, expected a list of steps"),
        ([{"step": ["x"]}], r"unknown step 1 \['x'\]; expected one of"),
        ([["pad", 3]], r"step 1 is \['pad', 3\], expected {step: NAME"),
        (
            [{"step": "pad", "frames": 0}],
            "step 1, pad.frames is 0, expected a whole number above 0",
        ),
        ([{"step": "pad", 3: 4}], "unknown step 1, pad.3; expected one of: frames"),
    ],
)
def test_a_wrong_preprocessing_step_is_named(steps, said):
    with pytest.raises(UserError, match=said):
        pipeline(steps, "f")


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([], r"sources is \[\], expected a list that is not empty"),
        (["../x"], r"sources\[0\] is '../x', expected a name of letters, digits, _ and -"),
        ([["x"]], r"sources\[0\] is \['x'\], expected a name of letters"),
        (["nonsense"], "write descriptions/demo/nonsense.txt, which smie reads"),
    ],
)
def test_sources_that_no_file_describes_are_refused(sources, said, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = toy_config.config({"methods.smie.sources": sources})
    with pytest.raises(UserError, match=said):
        check_selection._check_inputs(config.cell, config)


@pytest.mark.parametrize("host", ["127.0.0.1:1234", "localhost", "[::1]:8000", "127.8.9.1"])
def test_a_key_may_go_to_the_same_machine_without_encryption(host):
    changes = {"describe.openai.endpoint.base_url": f"http://{host}/v1"}
    typed(DescribeConfig, toy_config.config(changes).plain("describe"), "")


def test_without_a_key_any_machine_may_be_asked():
    at = "describe.openai.endpoint"
    changes = {f"{at}.base_url": "http://models.example.org/v1", f"{at}.key_variable": None}
    typed(DescribeConfig, toy_config.config(changes).plain("describe"), "")


def sections() -> list[Any]:
    plugins = [kind_of(part, name) for part in ("encoders", "methods", "texts", "protocols")
               for name in known.files[part]]  # fmt: skip
    return [Params, DatasetConfig, GateConfig, *KINDS.values(), *plugins]


def unbounded(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return get_args(kind)[0] not in (int, float) and unbounded(get_args(kind)[0])
    return kind in (int, float) or any(map(unbounded, get_args(kind)))


def test_every_number_of_the_settings_has_bounds():
    waiting, known_kinds, found = sections(), set(), []
    while waiting:
        kind = waiting.pop()
        if not is_dataclass(kind):
            waiting += [each for each in get_args(kind) if isinstance(each, type) or get_args(each)]
        elif kind not in known_kinds:
            known_kinds.add(kind)
            hints = get_type_hints(kind, include_extras=True)
            found += [f"{kind}.{name}" for name, each in hints.items() if unbounded(each)]
            waiting += hints.values()
    assert len(known_kinds) > 40 and not found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: !!int x\n", "line 2: 'x' is no int"),
        ("when: 2020-13-45", "line 1: '2020-13-45' is no timestamp"),
        ("a: !!bool maybe", "line 1: 'maybe' is no bool"),
        ("a: &a [*a]", "repeats itself"),
        ("[" * 100_000 + "]" * 100_000, "more than 200 levels"),
        ("- " * 100_000, "a line has 1000 blanks or dashes"),
        ("\ufeff" + "- " * 100_000, "a line has 1000 blanks or dashes"),
        ("a: 1\u2028" + "? " * 100_000, "a line has 1000 blanks or dashes"),
        (
            "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + "\n".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 12)),
            "repeats itself into more than 1000000 values",
        ),
    ],
    ids=["int", "date", "bool", "itself", "brackets", "dashes", "mark", "separator", "doubling"],
)
def test_yaml_that_cannot_be_built_names_its_line(text, said, tmp_path):
    path = Path(tmp_path, "params.yaml")
    path.write_text(text)
    with pytest.raises(UserError, match=said) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)
    assert parse_yaml("a: [2020-01-03, 1.5]")["a"][1] == 1.5
