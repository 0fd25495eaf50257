"""The shipped protocols are the published ones: class lists, splits, sides, and their counts."""

import json
import os
import re
from itertools import product
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from zsar.data import protocols

SHARED = Path("../shared")
FACTS = Path(os.environ.get("ZSAR_FACTS", SHARED / "facts")) / "protocols.json"
RECORDINGS = Path(os.environ.get("ZSAR_DATASETS", SHARED / "datasets"))
CUT_OFF = "synse_ntu120_110_10"  # its published validation lost every class from 100 on
SIZES = {"ntu60": 60, "ntu120": 120, "pku51": 51, "pku51_2": 51, "utd_mhad": 27, "nw_ucla": 10}

needs_facts = pytest.mark.skipif(not FACTS.is_file(), reason=f"no {FACTS}")
needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no {RECORDINGS}")


@pytest.fixture(scope="module")
def facts():
    return json.loads(FACTS.read_text(encoding="utf-8"))


def shipped():
    """Every split with the name it was published under."""
    return {
        each.published: (data, split, each)
        for data in map(protocols.dataset, protocols.available())
        for split, each in data.splits.items()
        if each.published
    }


@needs_facts
def test_every_published_split_is_here_under_its_own_data_set(facts):
    spoken = {"kinetic200": "kinetics200", "kinetic400": "kinetics400"}
    assert shipped().keys() == facts["zero_shot_splits"].keys() and len(shipped()) == 47
    for key, (data, _, _) in shipped().items():
        name = facts["zero_shot_splits"][key]["dataset"].replace("-", "_")
        assert data.name == spoken.get(name, name)


@needs_facts
def test_seen_and_unseen_are_the_published_ones(facts):
    for key, (data, split, each) in shipped().items():
        published, found = facts["zero_shot_splits"][key], protocols.classes(data, split, "test")
        assert found.unseen.tolist() == sorted(published["unseen"])
        if "seen" in published:
            assert found.seen.tolist() == sorted(published["seen"])
        assert key.startswith(each.family)


@needs_facts
def test_published_validation_is_used_and_the_one_that_was_cut_off_is_whole_again(facts):
    published = {k: v for k, v in facts["zero_shot_splits"].items() if "gate_val_unseen" in v}
    assert len(published) == 4
    for key, values in published.items():
        data, split, _ = shipped()[key]
        found = protocols.classes(data, split, "validation")
        assert found.unseen.tolist() == sorted(values["gate_val_unseen"])
        lost = set(found.seen.tolist()) - set(values["gate_val_seen"])
        assert set(values["gate_val_seen"]) <= set(found.seen.tolist())
        assert (min(lost) >= 100 and len(lost) == 19) if key == CUT_OFF else not lost


@needs_facts
def test_class_lists_are_the_official_ones(facts):
    names = {key: values["names"] for key, values in facts["classes"].items() if "names" in values}
    ntu = names["ntu120_official"]
    expected = names | {"ntu60": ntu[:60], "ntu120": ntu, "pku51_2": names["pku51"]}
    for name in SIZES:
        assert list(protocols.dataset(name).classes) == expected[name]


@needs_facts
def test_sides_are_the_official_ones(facts):
    for key, place in {
        "ntu60_xsub": ("ntu60", "xsub", "subjects"),
        "ntu60_xview": ("ntu60", "xview", "cameras"),
        "ntu120_xsub": ("ntu120", "xsub", "subjects"),
        "utd_mhad": ("utd_mhad", "xsub", "subjects"),
        "nw_ucla": ("nw_ucla", "xview", "views"),
    }.items():
        name, protocol, what = place
        official, rule = (
            facts["official_protocols"][key],
            protocols.dataset(name).protocols[protocol],
        )
        assert list(rule.train) == official[f"train_{what}"]
        assert list(rule.test) == official[f"test_{what}"]
    setups = protocols.dataset("ntu120").protocols["xset"]
    assert setups.train == tuple(range(2, 33, 2)) and setups.test == tuple(range(1, 32, 2))
    videos = [int(each) for each in facts["official_protocols"]["pku1_xsub"]["test_videos"]]
    assert list(protocols.dataset("pku51").protocols["xsub"].test) == videos


@needs_facts
def test_missing_recordings_are_the_published_ones(facts):
    for name, key in {"ntu60": "ntu60", "ntu120": "ntu120", "pku51": "pku1"}.items():
        assert protocols.dataset(name).missing == set(facts["missing_skeletons"][key]["names"])


def recorded(data, halves):
    """Origins of all clips of NTU but the missing; who stood in which setup matters only for those.

    In each setup a performer visits, each class of the half is acted twice before three cameras.
    """
    rule, clips = data.protocols["xsub"], []
    for first, counts in halves.items():
        here = {found for found in map(origin, data.missing) if (found[4] > 60) == (first > 60)}
        for side, count in zip((rule.train, rule.test), counts, strict=True):
            visits = {(setup, who) for setup, _, who, _, _ in here if who in side}
            spare = ((setup, who) for setup in range(100, 999) for who in side)
            visits |= {next(spare) for _ in range(count - len(visits))}
            actions = range(first, first + 60)
            clips += [
                (setup, camera, who, take, action)
                for (setup, who), camera, take, action in product(visits, CAMERAS, TAKES, actions)
            ]
    present = sorted(set(clips) - set(map(origin, data.missing)))
    setups, cameras, subjects, _, actions = np.array(present, dtype=np.int64).T
    return actions - 1, subjects, cameras, setups


def origin(name):
    return tuple(map(int, re.fullmatch(r"S(\d+)C(\d+)P(\d+)R(\d+)A(\d+)", name).groups()))


CAMERAS, TAKES = (1, 2, 3), (1, 2)
NTU60 = {1: (112, 46)}  # visits of training and of test performers to the setups
NTU120 = NTU60 | {61: (64, 96)}


@needs_facts
@pytest.mark.parametrize(("name", "halves"), [("ntu60", NTU60), ("ntu120", NTU120)])
def test_the_published_numbers_of_clips_come_out(name, halves, facts):
    data = protocols.dataset(name)
    clips = recorded(data, halves)
    official = facts["official_protocols"][f"{name}_xsub"]
    assert np.isin(clips[1], data.protocols["xsub"].train).sum() == official["n_train"]
    assert np.isin(clips[1], data.protocols["xsub"].test).sum() == official["n_test"]
    counts = facts["synse_feature_counts"]["computed_from_ctrgcn_lists"]
    splits = {each.published: split for split, each in data.splits.items()}
    for key in (each for each in splits if each.startswith(f"synse_{name}")):
        found = protocols.rows(
            protocols.ClipOrigins(*clips),
            dataset=data,
            protocol="xsub",
            split=splits[key],
            phase="test",
            held_out=0.1,
            reserved=0.1,
        )
        expected = counts[key.removeprefix(f"synse_{name}_")]
        assert len(found.train_seen) + len(found.held_seen) == expected["train_seen"]
        assert len(found.test_unseen) == expected["ztest"]
        assert len(found.test_seen) + len(found.test_unseen) == expected["gtest"]


@needs_facts
def test_whole_visits_stand_behind_every_official_count(facts):
    sides = {
        "ntu60_xsub": ("train_subjects", 2, 56880),
        "ntu60_xview": ("train_cameras", 1, 56880),
        "ntu120_xsub": ("train_subjects", 2, 114480),
        "ntu120_xset": (None, 0, 114480),
    }
    for key, (listed, field, everything) in sides.items():
        official, data = facts["official_protocols"][key], protocols.dataset(key.split("_")[0])
        train = official[listed] if listed else range(2, 33, 2)
        gone = [origin(name)[field] in train for name in data.missing]
        assert (official["n_train"] + sum(gone)) % 120 == 0
        assert official["n_train"] + official["n_test"] + len(gone) == everything


@needs_recordings
@pytest.mark.parametrize(
    ("name", "file", "pattern", "count"),
    [
        ("utd_mhad", "Skeleton.zip", r".*/a(\d+)_s(\d+)_t(\d+)_skeleton\.mat", 861),
        ("nw_ucla", "all_sqe.zip", r".*a(\d+)_s(\d+)_e(\d+)_v(\d+)\.json", 1484),
    ],
)
def test_every_real_recording_falls_on_one_side_and_every_class_on_both(name, file, pattern, count):
    path = RECORDINGS / name / file
    if not path.is_file():
        pytest.skip(f"no {path}")
    found = [re.fullmatch(pattern, each) for each in sorted(ZipFile(path).namelist())]
    numbers = np.array([tuple(map(int, each.groups())) for each in found if each])
    assert len(numbers) == count
    _, labels = np.unique(numbers[:, 0], return_inverse=True)
    data = protocols.dataset(name)
    rule = next(iter(data.protocols.values()))
    origins = numbers[:, {"subject": 1, "camera": -1}[rule.field]]
    training, testing = np.isin(origins, rule.train), np.isin(origins, rule.test)
    assert (training ^ testing).all()
    assert set(labels[training]) == set(labels[testing]) == set(range(data.count))
