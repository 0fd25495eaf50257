"""`zsar settings`: every effective value of a cell, where it comes from, what it overrides."""

import re

import pytest

from toy_command import zsar
from toy_config import config, put
from zsar.cells import Cell
from zsar.config.config import PLAIN
from zsar.config.layers import leaves
from zsar.config.show import SECTIONS, settings_lines
from zsar.errors import UserError

DEMO = "demo/smie50/unseen5/stgcn"


def shown(place: str = "", method: str = "", section: str = "", **changes) -> dict[str, str]:
    """By the name of a setting what stands behind it."""
    head, *rest = settings_lines(config(changes), place, method, section)
    assert len({re.search(r" {2,}", line).end() for line in rest}) == 1  # in one column
    return {"": head} | dict(re.split(r" {2,}", line, maxsplit=1) for line in rest)


def test_every_setting_of_the_selected_cell_is_listed_with_the_value_that_it_runs_on():
    known, found = config(), shown()
    assert found[""] == f"{DEMO}/smie, texts by minilm"
    cell = known.cell
    for section, name in (("methods", "smie"), ("encoders", "stgcn"), ("protocols", "tsne")):
        for key, value in leaves(known.plugin(section, name, cell)):
            assert found[f"{section}.{name}.{key}"].startswith(
                f"{value!r}  (settings/{section}.yaml"
            )
    assert found["run.seeds"] == "[0, 1, 2]  (params.yaml)"
    assert found["splits.zero_shot.held_out"].startswith("0.2  (")
    assert found["datasets.demo.reader"] == "'ntu'  (settings/datasets.yaml: demo)"
    assert not any(name.startswith(PLAIN) for name in found if name)


def test_what_is_overruled_stands_behind_the_strongest_first():
    found = shown(**{"methods.smie.epochs": 7})
    assert found["methods.smie.epochs"] == (
        "7  (params.yaml: methods.smie, over 30 (settings/methods.yaml: smie.small),"
        " over 100 (settings/methods.yaml: smie.default))"
    )


def test_another_cell_and_method_may_be_asked_for_with_their_layers():
    found = shown("ntu120/smie50/smie_4+as_published/stgcn", "smie+as_published")
    assert found[""].startswith("ntu120/smie50/smie_4+as_published/stgcn/smie+as_published,")
    assert found["methods.smie+as_published.warmup_by"] == (
        "'epoch'  (settings/methods.yaml: smie.as_published, over 'step' (settings/methods.yaml:"
        " smie.default))"
    )
    assert found["splits.zero_shot+as_published.held_out"].startswith("0.0  (settings/splits.yaml")


def test_a_data_set_alone_stands_for_the_selected_cell_of_it():
    assert shown("ntu60")[""] == "ntu60/smie50/unseen5/stgcn/smie, texts by minilm"


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_may_be_asked_for_alone(section):
    names = [name for name in shown(section=section) if name]
    assert names and all(name.startswith(f"{section}.") for name in names)


def test_what_nobody_knows_is_one_line_with_what_there_is():
    with pytest.raises(UserError, match=r"--section is 'method' \(did you mean methods\?\)"):
        shown(section="method")
    with pytest.raises(UserError, match=r"unknown data set 'ntu6'.*ntu60"):
        shown("ntu6")
    with pytest.raises(UserError, match="'smie\\+wide' asks for the layer 'wide'"):
        shown(DEMO, "smie+wide")


def test_the_command_prints_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put({"methods.devise.margin": 0.3})
    text = zsar("settings", DEMO, "devise", "--section", "methods")
    assert text.splitlines() == settings_lines(
        config({"methods.devise.margin": 0.3}), DEMO, "devise", "methods"
    )
    assert Cell.at(DEMO).key in text and "0.3  (params.yaml: methods.devise, over 0.1 (" in text
