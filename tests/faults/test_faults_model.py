"""Exported models that hold something else than `zsar export` writes: refused in one line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import worlds
from zsar.errors import UserError
from zsar.prediction import bundle


@pytest.fixture
def folder(tmp_path) -> Path:
    bundle.write(worlds.model_bundle(), tmp_path / "model")
    return tmp_path


def said(folder: Path) -> str:
    """By a folder whose hash was made to fit."""
    with pytest.raises(UserError) as caught:
        worlds.use_forged_model(folder)
    assert "\n" not in str(caught.value) and "model" in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read(folder):
    worlds.use_forged_model(folder)
    found = bundle.of_folder(folder / "model")
    assert list(found.texts["sources"]) == ["names", "actions"]


def test_an_export_leaves_other_folders_and_the_umask_as_they_are(tmp_path):
    (tmp_path / "model.partial").mkdir()
    (tmp_path / "model.partial" / "thesis.tex").touch()
    before = os.umask(0o027)
    try:
        bundle.write(worlds.model_bundle(), tmp_path / "model")
    finally:
        os.umask(before)
    assert (tmp_path / "model.partial" / "thesis.tex").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model", "model.partial"]
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750
    assert {each.stat().st_mode & 0o777 for each in (tmp_path / "model").iterdir()} == {0o640}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("classes", "all", "classes is 'all', expected a list"),
        ("unseen", [], "seen and unseen are not some of 3 classes"),
        ("unseen", [7], "seen and unseen are not some of 3 classes"),
        ("unseen", [-1], "unseen[0] is -1, expected a whole number at least 0"),
        ("unseen", [0, 0], "a class stands twice in seen and unseen"),
        ("classes", ["wave", "wave", "sit"], "a name stands twice in classes"),
        ("derived", [True], "derived has 1 joints, expected 25"),
        ("sizes", {"features": 4}, "sizes are not those of features, text and sources"),
        ("sizes", {"features": 0, "text": 4, "sources": 2}, "features is 0, expected"),
        ("settings", {}, "settings has no section run"),
        ("settings", [], "settings is [], expected a section with keys"),
        ("seed", -1, "seed is -1, expected a whole number at least 0"),
        ("format", 9, f"format 9, expected {bundle.FORMAT}; export it again"),
    ],
)
def test_odd_values_are_named(key, value, expected, folder):
    at = folder / "model" / bundle.MANIFEST
    at.write_text(json.dumps(json.loads(at.read_text()) | {key: value}))
    assert expected in said(folder)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("where", ["temperature", "presence.temperature"])
def test_a_temperature_that_is_none_is_named(where, value, folder):
    assert f"{where} is {value}, expected a number above 0" in calibrated(folder, where, value)


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_a_threshold_that_is_none_is_named(value, folder):
    where = "presence.threshold"
    assert f"{where} is {value}, expected a finite number" in calibrated(folder, where, value)


def calibrated(folder: Path, where: str, value: float) -> str:
    """What is said of a calibration with another value there."""
    at = folder / "model" / bundle.MANIFEST
    manifest = json.loads(at.read_text())
    *outer, name = where.split(".")
    section = manifest["calibration"]
    for each in outer:
        section = section[each]
    section[name] = value
    at.write_text(json.dumps(manifest))
    return said(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b"{", b"9" * 5000])
def test_a_manifest_that_is_none_is_one_line(content, folder):
    (folder / "model" / bundle.MANIFEST).write_bytes(content)
    said(folder)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda arrays: arrays.pop(name)


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no tokens": (without("tokens"), "has no tokens"),
    "no sources": (without("sources"), "has no sources"),
    "fewer classes": (
        lambda arrays: arrays.update(pooled=arrays["pooled"][:2]),
        "pooled is (2, 2, 4), expected (3, 2, 4) finite numbers",
    ),
    "another width": (
        lambda arrays: arrays.update(tokens=arrays["tokens"][:, :3].copy()),
        "tokens is (6, 3), expected (6, 4)",
    ),
    "NaN": (
        lambda arrays: arrays.update(pooled=np.full_like(arrays["pooled"], np.nan)),
        "pooled is (3, 2, 4), expected (3, 2, 4) finite numbers",
    ),
    "sources of numbers": (
        lambda arrays: arrays.update(sources=np.frombuffer(b"[1, 2]", np.uint8)),
        "sources are no list of names",
    ),
    "sources of noise": (
        lambda arrays: arrays.update(sources=np.frombuffer(b"\xff\xfe", np.uint8)),
        "is not UTF-8",
    ),
    "counts of halves": (
        lambda arrays: arrays.update(counts=arrays["counts"] / 2),
        "expected (-1, 4) finite numbers",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_texts_that_do_not_fit_are_named(change, expected, folder):
    path = folder / "model/texts.safetensors"
    arrays = dict(load_file(path))
    change(arrays)
    save_file(arrays, path)
    assert expected in said(folder)


@pytest.mark.parametrize("name", [*bundle.PARTS])
def test_a_missing_member_is_named(name, folder):
    (folder / f"model/{name}.safetensors").unlink()
    assert "is no complete model" in said(folder)
