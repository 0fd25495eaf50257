"""Prompts are files: complete, with known placeholders, and the ones that recorded texts answer."""

import json
from pathlib import Path

import pytest

from zsar.errors import UserError
from zsar.text import descriptions
from zsar.text.descriptions import FORMATS, Provenance

ROOT = Path(__file__).parent.parent
SHIPPED = sorted(path.stem for path in (ROOT / "prompts").glob("*.txt"))
FOLDERS = sorted(path for path in (ROOT / "descriptions").iterdir() if path.is_dir())


@pytest.mark.parametrize("source", sorted({*SHIPPED} - {*FORMATS}))
def test_every_prompt_names_the_class_and_leaves_no_placeholder(source):
    values = {"name": "drink water", "names": "drink water, throw", "shortest": 5, "longest": 16}
    filled = descriptions.read_prompt(ROOT / "prompts", source).fill(**values)
    assert '"drink water"' in filled and "5 to 16 words" in filled
    assert "{" not in filled and "}" not in filled


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_recorded_source_but_the_class_list_has_a_prompt(folder):
    paths = [*folder.glob("*.txt"), *folder.glob("kinematics.json")]
    sources = {path.stem for path in paths} - {"names"}
    assert sources <= set(SHIPPED)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_recorded_texts_answer_the_current_prompts(folder):
    descriptions.require_current(folder, ROOT / "prompts", SHIPPED)


def test_a_prompt_changes_its_hash_with_any_letter(tmp_path):
    file = tmp_path / "actions.txt"
    file.write_text("Define {name}.\n")
    before = descriptions.read_prompt(tmp_path, "actions").digest
    file.write_text("Define {name}!\n")
    assert descriptions.read_prompt(tmp_path, "actions").digest != before


def test_a_class_name_with_braces_is_filled_in_as_it_is(tmp_path):
    (tmp_path / "actions.txt").write_text("Define {name}, one of {names}.")
    filled = descriptions.read_prompt(tmp_path, "actions").fill(name="{names}", names="all")
    assert filled == "Define {names}, one of all."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Define {nmae}.",
            r"actions.txt: unknown placeholder \{nmae\}, expected one of: name",
        ),
        (
            "Define it.",
            r"actions.txt: has no \{name\}, so every class gets the same question",
        ),
    ],
)
def test_a_prompt_that_cannot_be_filled_in_is_an_error(text, message, tmp_path):
    (tmp_path / "actions.txt").write_text(text)
    with pytest.raises(UserError, match=message):
        descriptions.read_prompt(tmp_path, "actions")


def test_a_missing_prompt_is_named_with_what_it_should_hold(tmp_path):
    with pytest.raises(
        UserError, match=r"actions.txt: no such file; it should hold what a language model is asked"
    ):
        descriptions.read_prompt(tmp_path, "actions")


def test_provenance_survives_writing_and_reading(tmp_path):
    provenance = {
        "b": Provenance("1", "toy", "host", "2025-01-01", {"seed": 1}),
        "a": Provenance("2", "by hand", "", "", {}),
    }
    descriptions.write_provenance(tmp_path / descriptions.PROVENANCE, provenance)
    assert descriptions.read_provenance(tmp_path) == provenance
    assert list(json.loads((tmp_path / descriptions.PROVENANCE).read_text())) == ["a", "b"]


@pytest.mark.parametrize("content", ["{", "[]", '{"a": {"prompt": "1"}}', '{"a": 1}'])
def test_damaged_provenance_is_named(content, tmp_path):
    (tmp_path / descriptions.PROVENANCE).write_text(content)
    with pytest.raises(UserError, match=r"provenance.json") as caught:
        descriptions.read_provenance(tmp_path)
    assert "\n" not in str(caught.value)


def test_texts_without_provenance_are_accepted(tmp_path):
    (tmp_path / "actions.txt").write_text("x\n")
    descriptions.require_current(tmp_path, ROOT / "prompts", ["actions"])
