"""params.yaml and files of descriptions with anything wrong in them: success, or one line."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import toy_config
import toy_mutations
from toy_config import ROOT
from zsar.config.config import _check_names, document, load
from zsar.config.params import Params
from zsar.errors import UserError
from zsar.kinematics import descriptions as structured
from zsar.text import descriptions
from zsar.text.backends.arrays import load_array
from zsar.validation import typed

TEXTS = ROOT / "descriptions/demo"
NAMES = descriptions.class_names(TEXTS)


def survived(inputs: Iterable[Any], use: Callable[[Any], object]) -> None:
    """Some are refused, each in one line."""
    refused = 0
    for each in inputs:
        try:
            use(each)
        except UserError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 2000
    assert refused


def test_params_of_any_bytes(tmp_path):
    toy_config.write(tmp_path, {})
    path = tmp_path / "params.yaml"

    def use(content: bytes) -> None:
        path.write_bytes(content)
        load(tmp_path)

    survived(toy_mutations.of_bytes(path.read_bytes(), toy_mutations.count(30)), use)


def test_params_of_any_values():
    known = load(ROOT)

    def use(values: Any) -> None:
        _check_names(replace(known, params=typed(Params, values, "")))

    values = document(ROOT / "params.yaml")
    survived(toy_mutations.of_values(values, toy_mutations.count(100)), use)


@pytest.mark.parametrize("name", ["names.txt", "actions.txt", "provenance.json"])
def test_files_of_texts_of_any_bytes(name, tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(TEXTS, folder)

    def use(content: bytes) -> None:
        (folder / name).write_bytes(content)
        descriptions.recorded_texts(folder, len(NAMES))
        descriptions.require_current(folder, ROOT / "prompts", ["actions"])

    content = (TEXTS / name).read_bytes()
    survived(toy_mutations.of_bytes(content, toy_mutations.count(60)), use)


def test_structured_descriptions_of_any_values(tmp_path):
    whole, path = json.loads((TEXTS / "kinematics.json").read_text()), tmp_path / "kinematics.json"
    few = {name: whole["classes"][name] for name in NAMES[:2]}

    def use(values: Any) -> None:
        try:
            path.write_text(json.dumps(values))
        except (TypeError, ValueError):
            return  # no JSON could hold it
        structured.load(path, NAMES[:2])

    values = whole | {"classes": few}
    survived(toy_mutations.of_values(values, toy_mutations.count(60)), use)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"walk\nstra\xdfe\n", r"names.txt:2: byte 0xdf is not UTF-8; save it as UTF-8"),
        (b"walk\n\nrun\n", "names.txt:2: is empty, expected the text of class 1"),
        (b"walk\nru\x00n\n", r"names.txt:2: has the character '\\x00', expected plain text"),
    ],
)
def test_a_wrong_line_is_named(content, said, tmp_path):
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(UserError, match=said):
        descriptions.class_names(tmp_path)


@pytest.mark.parametrize(
    "shape", [b"(4, 6", b"(4, 6)) ", b"(9223372036854775808, 6), ", b"(-1, 6), "]
)
def test_vectors_with_an_odd_header_are_no_file_of_numbers(shape, tmp_path):
    """What Python's tokenizer and NumPy raise of them was passed on."""
    path = tmp_path / "actions.npy"
    np.save(path, np.ones((4, 6), np.float32))
    path.write_bytes(path.read_bytes().replace(b"(4, 6), ", shape))
    with pytest.raises(UserError, match="actions.npy: not a plain .npy file of numbers"):
        load_array(path, "actions", 4)
