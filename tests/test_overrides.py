"""The contract of `dvc exp run -S`: an override turns what it names, and nothing else."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import apply_overrides

import toy_config
from stages.harness import needs
from toy_config import ROOT
from zsar.config.config import load
from zsar.config.layers import leaves
from zsar.config.params import Params
from zsar.errors import UserError
from zsar.experiment import check_selection
from zsar.validation import typed

TEXT = (ROOT / "params.yaml").read_text(encoding="utf-8")
LEAVES = dict(leaves(yaml.safe_load(TEXT)))
CELLS: dict[str, dict[str, Any]] = {  # what selects them
    "demo stgcn smie": {},
    "demo umurl pgfa_aligned": {
        "encoder": "umurl",
        "method": "pgfa_aligned",
        "also.one_shot": ["pgfa_aligned"],
        "also.recognition": ["xsub"],
    },
    "utd_mhad stgcn devise": {"dataset": "utd_mhad", "method": "devise", "text": "mpnet"},
}
DEMO, UMURL, _ = CELLS
CHOSEN = {  # what of params.yaml the cell has to do with
    "demo stgcn smie": {"encoders.stgcn", "methods.smie", "texts.minilm", "datasets.demo", "demo"},
    "demo umurl pgfa_aligned": {
        "encoders.umurl",
        "methods.pgfa_aligned",
        "texts.minilm",
        "datasets.demo",
        "demo",
        "protocols.one_shot",
        "protocols.retrieval",
        "protocols.finetune",
        "protocols.tsne",
    },
    "utd_mhad stgcn devise": {
        "encoders.stgcn",
        "methods.devise",
        "texts.mpnet",
        "datasets.utd_mhad",
    },
}
JUDGED = "linear retrieval finetune tsne transfer"
EVERY = " ".join(needs.STAGES)
LEARNT = f"embed encode learn pretrain {JUDGED} oneshot"
CHANGES = {  # by the longest prefix of a key, the stages that it changes where it has a say
    "run.device": LEARNT,
    "run.reproducible": EVERY,
    "run.workers": "",  # no result depends on it
    "run.scheduler": "",
    "run.threads": LEARNT,
    "run.processes": "encode pretrain",
    "run.seeds": f"encode learn evaluate oneshot pretrain {JUDGED}",
    "run.bootstrap": "evaluate oneshot",
    "datasets": f"prepare measure embed split evaluate pretrain {JUDGED}",
    "splits": "split",
    "encoders": f"encode learn oneshot pretrain {JUDGED}",
    "methods": "learn oneshot",
    "texts": "embed",
    "protocols.one_shot": "oneshot",
    "protocols.retrieval": "retrieval transfer",
    "protocols.finetune": "finetune transfer",
    "protocols.tsne": "tsne",
    "describe": "embed",
    "demo": "demo",
    "text_report": "",  # of `zsar text` alone
    "also.tasks": "",  # DVC reads it
}
# Two of a method's keys are not its own: its gate is fitted where all is learnt.
GATE = "evaluate"
WORDS = {
    "encoder": "frozen",
    "gate": "synse",
    "learned": "msf",
    "loss": "cosface",
    "strategy": "concat",
}
LISTS = {"sources": ["names"], "shares": [0.5], "channels": [8, 8, 8, 8, 8]}
LISTS |= {"strengths": [0.5], "sharpnesses": [4.0]}
NUMBERS = {"batch_size": 7, "cycles": 7, "epochs": 7, "frames": 7, "latent": 8, "steps": 7}
NUMBERS |= {"semantic": 8, "style": 8, "tokens": 8}
OTHER = {  # for keys that are not `auto`
    "run.device": "cpu",
    "run.reproducible": False,
    "run.workers": 5,
    "run.scheduler": "tcp://node:1",
    "run.threads": 3,
    "run.processes": 2,
    "run.seeds": [4],
    "run.bootstrap": 3,
    "also.tasks": ["linear"],
    "describe.provider": "openai",
    "describe.openai.model": "other",
}
SELECTION = ("dataset", "preprocess", "split", "encoder", "method", "text")
APART = (*SELECTION, "also.one_shot", "also.recognition", "also.transfer")
EMPTY = ("datasets", "texts", "protocols", "text_report", "demo")  # sections to write into


def other(key: str) -> Any:
    """A value that fits and is not the present one."""
    last = key.rpartition(".")[2]
    if key in OTHER:
        return OTHER[key]
    assert LEAVES[key] == "auto", key
    return (WORDS | LISTS | NUMBERS).get(last, 8 if last in ("width",) else 0.125)


def override(key: str, value: Any) -> str:
    """As a person types it."""
    return f"{key}={str(value).replace(' ', '').replace(chr(39), '')}"


LISTED = [override(key, other(key)) for key in LEAVES if key not in (*APART, *EMPTY)]
UNLISTED = [
    "+datasets.demo.strict=true",
    "+datasets.utd_mhad.protocol=xsub2",
    "+demo.people.tempo=[0.9,1.0]",
    "+demo.seed=3",
    "+describe.openai.endpoint.budget=2.0",
    "+describe.openai.tries=2",
    "+describe.sources.actions.longest=17",
    "+encoders.shift_gcn.offset_step=null",
    "+encoders.stgcn.speed.compile=true",
    "+encoders.stgcn.streams.bone=0.5",
    "+encoders.stgcn.training.augmentation.rotation=5.0",
    "+encoders.stgcn.weights=data/weights/stgcn.safetensors",
    "+encoders.umurl.pretraining.views.joints=3",
    "+encoders.umurl.probe.epochs=7",
    "+text_report.nearest=4",
    "+methods.devise.optimizer.weight_decay=0.5",
    "+methods.msf.classifier.steps=3",
    "+methods.pgfa_aligned.terms.gap=0.75",
    "+methods.smie.hidden=[512]",
    "+methods.smie.normalise_at_test=false",
    "+protocols.finetune.labels=[0.5]",
    "+protocols.finetune.tuning.optimizer.lr=0.5",
    "+protocols.one_shot.rounds=2",
    "+protocols.retrieval.block=7",
    "+protocols.tsne.classes=3",
    "+splits.zero_shot.generated.seed=3",
    "+texts.clip_b32.batch_size=7",
    "+texts.minilm.batch_size=7",
    "+texts.mpnet.batch_size=7",
    "+texts.smie_arrays.files.names=other.npy",
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """params.yaml after overrides."""
    path = tmp_path_factory.mktemp("overrides") / "params.yaml"

    @cache
    def write(*words: str) -> str:
        path.write_text(TEXT, encoding="utf-8")
        apply_overrides(path, list(words))
        return path.read_text(encoding="utf-8")

    return write


@pytest.fixture(scope="module")
def settled(written):
    """Each stage's settings and what is remarked on, in a cell after overrides."""
    known = load(ROOT)

    @cache
    def run(cell: str, *words: str) -> tuple[dict[str, Any], list[str]]:
        found = yaml.load(written(*words) if words else TEXT, yaml.CSafeLoader)
        for name, value in CELLS[cell].items():
            section, _, key = name.rpartition(".")
            (found[section] if section else found)[key] = value
        here = replace(known, params=typed(Params, found, ""))
        return needs.stage_settings(here), check_selection.override_notes(here)

    return run


def section(key: str) -> str:
    """The part of params.yaml that is about one plug-in, or about what has none."""
    first, second = (*key.split("."), "")[:2]
    own = first in ("datasets", "encoders", "methods", "texts", "protocols")
    return f"{first}.{second}" if own else first


def expected(key: str, cell: str, files: set[str]) -> set[str]:
    """The files of data/settings that an override of this key changes in a cell."""
    about = section(key)
    own = about.partition(".")[2]
    if own and about not in CHOSEN[cell]:
        return set()
    prefix = max((each for each in CHANGES if f"{key}.".startswith(f"{each}.")), key=len)
    stages = GATE if key.startswith("methods.") and key.endswith(".gate") else CHANGES[prefix]
    return {file for file in files if {*file.split("/")} & {*stages.split()}}


def differences(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {file for file in {*before, *after} if before.get(file) != after.get(file)}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("word", [*LISTED, *UNLISTED])
def test_an_override_changes_the_stages_that_it_is_about_and_no_others(word, cell, settled):
    key = word.partition("=")[0].lstrip("+")
    before, _ = settled(cell)
    after, remarks = settled(cell, word)
    assert differences(before, after) == expected(key, cell, {*before}), word
    (remark,) = [line for line in remarks if line.startswith(f"params.yaml: {key} = ")] or [""]
    about = section(key)
    if about.partition(".")[0] in ("run", "also"):
        assert not remark
    else:
        idle = about not in CHOSEN[cell] and about.partition(".")[0] not in (
            "describe",
            "text_report",
            "splits",
        )
        assert idle == ("changes nothing here" in remark) and remark, remarks


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("dataset=demo_pku", "prepare measure embed split evaluate"),
        ("dataset=utd_mhad", "prepare measure embed split encode evaluate learn"),
        ("preprocess=agcn", "prepare"),
        ("split=unseen10", ""),
        ("split=unseen5+as_published", "split"),
        ("encoder=umurl", "encode learn"),
        ("method=devise", "learn evaluate"),
        ("method=smie+no_temporal", "learn evaluate"),
        ("text=mpnet", "embed split learn evaluate"),
        ("also.tasks=[]", ""),
    ],
)
def test_another_selection_changes_the_stages_that_it_is_about(word, changed, settled):
    """The names of the cell are in the commands of dvc.yaml; its settings are in these files."""
    before, _ = settled(DEMO)
    assert differences(before, settled(DEMO, word)[0]) == {*changed.split()}


def test_what_is_evaluated_beside_adds_files_and_changes_none(settled):
    before, _ = settled(DEMO, "encoder=umurl", "method=pgfa_aligned")
    after, _ = settled(UMURL)
    assert {file: after[file] for file in before} == before
    tasks = ("pretrain", "linear", "retrieval", "finetune", "tsne", "transfer")
    assert {*after} - {*before} == {"oneshot/pgfa_aligned", *(f"xsub/{task}" for task in tasks)}


def test_a_remark_says_what_is_overruled(settled):
    _, remarks = settled(DEMO, "methods.smie.epochs=7", "+methods.smie.hidden=[512]")
    assert remarks == [
        "params.yaml: methods.smie.epochs = 7 overrides 30 (settings/methods.yaml: smie.small)",
        "params.yaml: methods.smie.hidden = [512] overrides [1024, 512]"
        " (settings/methods.yaml: smie.default)",
    ]


def test_the_persons_word_overrules_a_layer_that_is_asked_for(settled):
    after, _ = settled(DEMO, "method=smie+no_temporal", "methods.smie.temporal=2")
    assert after["learn"]["methods"]["smie+no_temporal"]["temporal"] == 2


# DVC's writer of YAML.


def lines(key: str) -> Iterator[int]:
    """The lines of params.yaml that are about a key: its own, those below, and what it lies in if
    that is on the same line."""
    node, path = yaml.compose(TEXT), key.split(".")
    for name in path:
        found = {each.value: (each, value) for each, value in getattr(node, "value", []) or []}
        if name not in found:
            break
        own, node = found[name]
    last = node.end_mark.line + (node.end_mark.column > 0)
    yield from range(own.start_mark.line, max(last, own.start_mark.line + 1))


def test_the_present_values_leave_the_file_as_it_is(written):
    """Byte for byte: it is in the style in which DVC writes."""
    assert written(*(override(key, value) for key, value in LEAVES.items())) == TEXT


@pytest.mark.parametrize("word", [*LISTED, *UNLISTED])
def test_an_override_touches_the_lines_of_its_key_only(word, written):
    key = word.partition("=")[0].lstrip("+")
    before, after = TEXT.splitlines(), written(word).splitlines()
    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    touched = {line for tag, i, j, *_ in codes if tag != "equal" for line in range(i, j)}
    assert touched <= {*lines(key)}, touched
    added = [after[k] for tag, _, _, i, j in codes if tag != "equal" for k in range(i, j)]
    comments = {line.partition(" #")[2] for line in before if " #" in line}
    assert {line.partition(" #")[2] for line in added if " #" in line} <= comments
    assert touched or added
    found = dict(leaves(yaml.safe_load("\n".join(after))))
    assert found.pop(key) == yaml.safe_load(word.partition("=")[2])
    assert all(found[each] == value for each, value in LEAVES.items() if each in found)


@pytest.mark.parametrize(
    "word", ["methods.smei.epochs=3", "methods.smie.hidden=[512]", "nonsense=1"]
)
def test_a_key_that_is_not_listed_needs_a_plus(word, written):
    with pytest.raises(InvalidArgumentError):
        written(word)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("+methods.smei.epochs=3", r"unknown methods.smei \(did you mean smie\?\)"),
        ("+nonsense=1", "unknown nonsense"),
        ("method=smei", r"method is 'smei' \(did you mean smie\?\)"),
    ],
)
def test_a_key_that_nobody_knows_is_refused(word, said, written, tmp_path):
    toy_config.write(tmp_path, {})
    (tmp_path / "params.yaml").write_text(written(word), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        load(tmp_path)


def test_all_keys_of_a_plug_in_are_written_by_their_own_names():
    """What is listed in params.yaml is a key of that plug-in's layers, or a section of them."""
    known = load(ROOT)
    for section_ in ("encoders", "methods", "texts", "protocols"):
        for name, values in yaml.safe_load(TEXT)[section_].items():
            held = known.plugin(section_, name, known.cell)
            for key, _ in leaves(values):
                inner: Any = held
                for each in key.split("."):
                    assert each in inner, f"{section_}.{name}.{key}"
                    inner = inner[each]
