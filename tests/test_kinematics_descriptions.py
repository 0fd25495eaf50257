"""Structured descriptions: what is wrong is named in one line, drafts give a median."""

import json
from pathlib import Path

import numpy as np
import pytest

from toy_config import config
from zsar.cells import Cell
from zsar.errors import UserError
from zsar.exchange.next_steps import missing_texts
from zsar.kinematics import descriptions
from zsar.kinematics.descriptions import Variant, as_json, complaints, merged, parse
from zsar.kinematics.vocabulary import vocabulary
from zsar.text.descriptions import class_names

ROOT = Path(__file__).parents[1]
FOLDERS = sorted(path.parent.name for path in ROOT.glob(f"descriptions/*/{descriptions.FILE}"))
ONE, HALF = (f'{{"weight": {weight}, "attributes": {{}}}}' for weight in (1, 0.5))
FILE = "descriptions/my_study/kinematics.json"


def variant(weight: float = 1.0, **changes) -> Variant:
    """Somebody who stands still, but for these attributes."""
    return Variant(weight, dict(changes))


def document(**classes) -> str:
    drafts = {
        name: [[{"weight": 1, "attributes": each}] for each in found]
        for name, found in classes.items()
    }
    return json.dumps({"vocabulary": vocabulary().version, "classes": drafts})


def place(name: str) -> int:
    return list(vocabulary()).index(name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_recorded_is_whole(folder):
    path = ROOT / "descriptions" / folder / descriptions.FILE
    names = class_names(path.parent)
    drafts = parse(path.read_text(encoding="utf-8"), names, folder)
    assert len(drafts) == len(names) and {len(each) for each in drafts} == {3}
    found = descriptions.load(path, names)
    np.testing.assert_allclose(found.weight.sum(1), 1)
    assert as_json(dict(zip(names, drafts, strict=True))) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", rf"{FILE}:1: not JSON"),
        (document(wave=[{"w_tip": [1, 0.2]}]), "class 'wave': unknown attribute 'w_tip'"),
        (document(wave=[{"w_top": [9, 0.2]}]), "'wave': w_top is 9, expected -1.5 to 2.6"),
        (document(wave=[{"w_top": [1, 0]}]), "'wave': w_top has the spread 0"),
        (document(wave=[{"w_top": [1]}]), rf"{FILE}: classes.wave"),
        (document(wave=[{"w_top": None}]), "'wave': w_top is null, expected a number"),
        (document(wave=[{"w_low": [1, 0.2]}]), "'wave': w_low is above w_level: 1 > -0.25"),
        (document(wave=[{"people": [2, 0.1]}]), "'wave': pair_far should be a number"),
        (document(wave=[{"contact": [1, 0.1]}]), "'wave': contact should be null"),
        (document(wave=[]), "class 'wave' has no description"),
        (
            document(wave=[{}]).replace(ONE, f"{HALF}, {HALF}"),
            "class 'wave': two variants are the same",
        ),
        (document(), "class 'wave' is missing"),
        (document(wave=[{}], jump=[{}]), "'jump' is none of the classes"),
        (document(wave=[{}]).replace("1,", "7,", 1), "by vocabulary 7, expected 1"),
        (document(wave=[{}]).replace('"weight": 1', '"weight": 0.4'), "do not sum to 1"),
        (document(wave=[{}]).replace('"weight": 1', '"weight": NaN'), "weight"),
    ],
)
def test_what_is_wrong_is_one_line(text, said):
    with pytest.raises(UserError, match=said) as caught:
        parse(text, ["wave"], FILE)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_says_who_makes_it(tmp_path):
    with pytest.raises(UserError, match="no such file; `zsar describe` makes one"):
        descriptions.load(tmp_path / "kinematics.json", ["wave"])


def test_what_is_left_out_is_as_at_rest():
    assert not complaints([variant()])
    found = merged([[[variant(w_top=(1.5, 0.2))]]])
    assert found.value[0, 0, place("w_top")] == 1.5
    assert found.value[0, 0, place("o_top")] == vocabulary().attributes["o_top"].rest
    assert np.isnan(found.value[0, 0, place("contact")])


def test_drafts_are_merged_by_their_median_and_differ_by_so_much():
    found = merged([[[variant(w_top=(top, 0.2))] for top in (1.0, 1.2, 2.0)]])
    assert found.value[0, 0, place("w_top")] == 1.2
    assert found.between[0, 0, place("w_top")] == np.std([1.0, 1.2, 2.0])


def test_an_attribute_that_most_drafts_leave_without_meaning_has_none():
    with_rate, without = variant(w_rate=(2.0, 0.5)), variant(w_rate=None)
    assert np.isnan(merged([[[with_rate], [without], [without]]]).value[0, 0, place("w_rate")])
    assert merged([[[with_rate], [with_rate], [without]]]).value[0, 0, place("w_rate")] == 2.0


def test_variants_are_matched_to_those_they_are_like():
    high, low = variant(0.7, w_top=(2.0, 0.2)), variant(0.3, w_top=(0.0, 0.2))
    other = [variant(0.5, w_top=(0.2, 0.2)), variant(0.5, w_top=(1.8, 0.2))]
    found = merged([[[high, low], other]])
    np.testing.assert_allclose(found.value[0, :, place("w_top")], [1.9, 0.1])
    np.testing.assert_allclose(found.weight[0], [0.6, 0.4])


@pytest.mark.parametrize(
    "selection", [{"method": "kinematic"}, {"methods.devise.sources": ["kinematics"]}]
)
def test_a_data_set_without_descriptions_says_who_writes_them(selection, tmp_path, monkeypatch):
    (tmp_path / "descriptions" / "demo").mkdir(parents=True)
    for source in ("names", "actions"):
        (tmp_path / "descriptions" / "demo" / f"{source}.txt").write_text("wave\n")
    monkeypatch.chdir(tmp_path)
    known = config(selection)
    cell = Cell("demo", method=selection.get("method", "devise"))
    (said,) = missing_texts(cell, known)
    assert said.startswith("`zsar describe demo kinematics` has descriptions/demo/kinematics.json")
