"""Stand-ins for data sets under licence: their formats, names and protocols, and nothing else."""

import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

import toy_study
from zsar.cells import Cell
from zsar.data import install_raw, protocols
from zsar.data.files import archive, feature_folders
from zsar.data.formats import reader
from zsar.data.skeleton import CENTRE
from zsar.demo.standin import DATASETS, FORMS, NOTICE, StandIn, generate
from zsar.demo.standin.plan import clip_names, videos
from zsar.experiment.one_shot import OneShotConfig

HELD_OUT, RESERVED = 0.2, 0.2
READERS = {"ntu60": "ntu", "ntu120": "ntu", "pku51": "pku"}
# Alone and together, and of either archive.
SOME = {"ntu60": (0, 7, 49, 59), "ntu120": (0, 49, 60, 119), "pku51": (0, 11, 50)}
every_dataset = pytest.mark.parametrize("name", DATASETS)


def order(name: str, classes=None, split: str = "", clips: int = 4, frames: int = 16) -> StandIn:
    known = protocols.dataset(name)
    return StandIn(
        known, split, range(known.count) if classes is None else classes, clips, frames, 0
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A few classes of every data set, and everything that the reader finds in them."""
    place = tmp_path_factory.mktemp("standin")
    for name, classes in SOME.items():
        generate("raw", order(name, classes), place / name)
    return place


def recordings(folder: Path, name: str) -> list:
    source = reader(READERS.get(name, name))
    return [clip for part in source.find(folder) for clip in source.read(part)]


def origins(name: str, clips: int) -> dict[str, np.ndarray]:
    """What the names of all clips of a data set tell, without the clips."""
    if READERS[name] == "ntu":
        rows = [
            (clip.label, clip.subject, clip.camera, clip.setup)
            for clip in clip_names(order(name, clips=clips))
        ]
    else:
        rows = [
            (label, number, camera, 0)
            for number, labels in videos(order(name, clips=clips))
            for camera in (1, 2, 3)
            for label in labels
        ]
    return dict(zip(("labels", "subjects", "cameras", "setups"), np.array(rows).T, strict=True))


@every_dataset
def test_the_reader_knows_the_files_and_finds_nothing_damaged(made, name):
    files = sorted((made / name).glob("*.zip"))
    assert all(READERS[name] in install_raw.formats(path) for path in files)
    clips = recordings(made / name, name)
    assert set(Counter(clip.label for clip in clips)) == set(SOME[name])
    assert min(Counter(clip.label for clip in clips).values()) >= 4
    for clip in clips:
        assert 12 <= len(clip.bodies) <= 16
        together = clip.label in {"pku51": (11,)}.get(name, (49, 59, 119))
        assert clip.bodies[:, 1:].any() == together
        assert (clip.ids[:, 0] != 0).all() and 0.3 < np.ptp(clip.bodies[..., 0, :, 1]) < 3


@every_dataset
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(made, name, tmp_path):
    generate("raw", order(name, SOME[name]), tmp_path / "again")
    for path in (made / name).iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    different = order(name, SOME[name])
    generate("raw", StandIn(**{**vars(different), "seed": 1}), tmp_path / "other")
    first, other = (next(iter(recordings(at, name))) for at in (made / name, tmp_path / "other"))
    assert first.name == other.name and not np.array_equal(first.bodies, other.bodies)


def test_archives_and_their_members_are_named_as_distributed(made):
    listed = {
        path.name: zipfile.ZipFile(path).namelist()
        for name in ("ntu120", "pku51")
        for path in (made / name).glob("*.zip")
    }
    first, second = "nturgbd_skeletons_s001_to_s017.zip", "nturgbd_skeletons_s018_to_s032.zip"
    assert "nturgb+d_skeletons/S001C003P008R001A001.skeleton" in listed.pop(first)
    assert "nturgb+d_skeletons120/S018C003P008R001A061.skeleton" in listed.pop(second)
    assert "PKU_Skeleton_Renew/0002-L.txt" in listed.pop("PKU_Skeleton_Renew.zip")
    assert "Train_Label_PKU_final/0291-R.txt" in listed.pop("Train_Label_PKU_final.zip")
    assert not listed


def test_the_smaller_ntu_is_part_of_the_larger(made, tmp_path):
    generate("raw", order("ntu60", (0, 49)), tmp_path / "ntu60")
    shared = "nturgbd_skeletons_s001_to_s017.zip"
    larger = (made / "ntu120" / shared).read_bytes()
    assert (tmp_path / "ntu60" / shared).read_bytes() == larger


@every_dataset
def test_what_the_names_tell_is_what_was_planned(made, name):
    clips = recordings(made / name, name)
    if READERS[name] == "ntu":
        assert [clip.name for clip in clips] == [*map(str, clip_names(order(name, SOME[name])))]
    else:
        planned = {number for number, _ in videos(order(name, SOME[name]))}
        assert {clip.subject for clip in clips} == planned == {2, 291}
        assert {clip.camera for clip in clips} == {1, 2, 3}


@every_dataset
@pytest.mark.parametrize("clips", [4, 8, 80])
def test_every_class_is_on_both_sides_of_every_official_protocol(name, clips):
    known, found = protocols.dataset(name), origins(name, clips)
    fields = {"subject": "subjects", "camera": "cameras", "setup": "setups"}
    official = {
        key: rule for key, rule in known.protocols.items() if key in ("xsub", "xview", "xset")
    }
    assert official
    for rule in official.values():
        sides = defaultdict(set)
        for label, origin in zip(found["labels"], found[fields[rule.field]], strict=True):
            assert origin in rule.train + rule.test
            sides[label].add(origin in rule.train)
        assert all(sides[label] == {True, False} for label in range(known.count))


@pytest.mark.parametrize("name", ["ntu60", "ntu120"])
def test_names_are_unique_official_and_none_of_a_missing_clip(name):
    known, planned = protocols.dataset(name), clip_names(order(name, clips=80))
    names = set(map(str, planned))
    assert len(names) == len(planned) == 80 * known.count and not names & known.missing
    for clip in planned:
        early = clip.label < 60
        assert clip.setup in (range(1, 18) if early else range(18, 33))
        assert clip.subject in (range(1, 41) if early else (8, *range(41, 107)))
    people = {clip.subject for clip in planned}
    assert people == set(range(1, 41 if name == "ntu60" else 107))


def test_video_numbers_are_official_and_none_of_a_missing_clip():
    numbers = [number for number, _ in videos(order("pku51", clips=80))]
    rule = protocols.dataset("pku51").protocols["xsub"]
    assert len(set(numbers)) == len(numbers) and set(numbers) <= set(rule.train + rule.test)
    assert not {1, 43, 89} & set(numbers)


@pytest.mark.parametrize("name", ["ntu60", "ntu120"])
def test_the_clips_that_one_shot_shows_are_there(name):
    settings = toy_study.settings(Cell("ntu120")).of("protocols", "one_shot", OneShotConfig)
    count = protocols.dataset(name).count
    shown = {each for each in settings.support if int(each[-3:]) <= count}
    assert len(shown) == count / 6 and shown <= set(map(str, clip_names(order(name, clips=4))))


@every_dataset
@pytest.mark.parametrize("phase", ["validation", "test"])
def test_every_split_has_clips_for_every_purpose(name, phase):
    known, found = protocols.dataset(name), origins(name, clips=4)
    for split, protocol in (
        (split, key) for split in known.splits for key in ("xsub", "xview", "xset")
    ):
        if protocol not in known.protocols:
            continue
        rows = protocols.rows(
            protocols.ClipOrigins(**found),
            dataset=known,
            protocol=protocol,
            split=split,
            phase=phase,
            held_out=HELD_OUT,
            reserved=RESERVED,
        )
        group = protocols.classes(known, split, phase)
        assert set(found["labels"][rows.train_seen]) == set(group.seen)
        assert set(found["labels"][rows.test_seen]) == set(group.seen)
        assert set(found["labels"][rows.test_unseen]) == set(group.unseen)


@every_dataset
def test_an_encoder_could_tell_the_classes_apart(name, tmp_path):
    """By its nearest neighbour among other performers a clip is mostly of its class."""
    generate("raw", order(name, range(12), clips=8, frames=24), tmp_path)
    known, clips = protocols.dataset(name), recordings(tmp_path, name)
    evenly = [
        clip.bodies[np.linspace(0, len(clip.bodies) - 1, 12).astype(int), 0] for clip in clips
    ]
    points = np.array([(body - body[:, [CENTRE]]).ravel() for body in evenly])
    labels = np.array([clip.label for clip in clips])
    trains = np.array([clip.subject in known.protocols["xsub"].train for clip in clips])
    distances = np.linalg.norm(points[~trains, None] - points[trains], axis=2)
    assert (labels[trains][distances.argmin(1)] == labels[~trains]).mean() > 0.8


@every_dataset
def test_every_archive_and_every_folder_says_that_it_is_synthetic(made, name):
    for path in (made / name).glob("*.zip"):
        said = zipfile.ZipFile(path).read("STAND-IN.txt").decode()
        assert said == (made / name / "STAND-IN.txt").read_text() != NOTICE
        assert "SYNTHETIC" in said and "no results" in said
    assert not install_raw.formats(made / name / "STAND-IN.txt")
    assert "STAND-IN" not in {
        archive.stem(part) for part in reader(READERS[name]).find(made / name)
    }


@pytest.mark.parametrize(("name", "split"), [("ntu60", "smie_1"), ("pku51", "unseen5")])
def test_arrays_in_the_form_of_smie_are_those_of_the_split(tmp_path, name, split):
    group = protocols.classes(protocols.dataset(name), split, "test")
    classes = [*group.unseen[:2].tolist(), *group.seen[:3].tolist()]
    generate("smie", order(name, classes, split), tmp_path)
    clips = recordings(tmp_path, "smie")
    assert all(clip.bodies.shape == (16, 2, 25, 3) for clip in clips)
    parts = Counter((clip.name[:-5], clip.label in group.unseen) for clip in clips)
    assert parts == {("seen_train", False): 9, ("seen_test", False): 3, ("unseen", True): 2}


@every_dataset
def test_features_in_the_form_of_synse_are_those_of_both_phases(tmp_path, name):
    split = "unseen10" if name == "ntu120" else "unseen5"
    generate("synse", order(name, split=split), tmp_path)
    known, source = protocols.dataset(name), reader("synse")
    parts = source.find(tmp_path)
    labels, subjects = (
        np.array([part.labels[0] for part in parts]),
        np.array([part.subject for part in parts]),
    )
    for phase in ("validation", "test"):
        group = protocols.classes(known, split, phase)
        found = protocols.rows(
            protocols.ClipOrigins(labels, subjects, subjects, subjects),
            dataset=known,
            protocol="parts",
            split=split,
            phase=phase,
            held_out=HELD_OUT,
            reserved=RESERVED,
        )
        assert set(labels[found.test_unseen]) == set(group.unseen)
        for clips in feature_folders.phase(tmp_path, phase, group.seen).values():
            named = group.seen[clips.logits.argmax(1)] if clips.logits is not None else clips.labels
            own = np.isin(clips.labels, group.seen)
            assert not own.any() or (named == clips.labels)[own].mean() > 0.5


def test_the_pickle_and_the_npz_are_read_and_keep_their_facts(tmp_path):
    wanted = order("ntu120", SOME["ntu120"])
    for form in ("pyskl", "ctrgcn"):
        generate(form, wanted, tmp_path / form)
        generate(form, wanted, tmp_path / "again" / form)
        (file,) = (path for path in (tmp_path / form).iterdir() if path.suffix != ".txt")
        assert file.read_bytes() == (tmp_path / "again" / form / file.name).read_bytes()
    clips = recordings(tmp_path / "pyskl", "pyskl")
    assert {clip.name for clip in clips} == set(map(str, clip_names(wanted)))
    assert Counter(clip.bodies.shape[1] for clip in clips) == {1: 8, 2: 8}
    clips = recordings(tmp_path / "ctrgcn", "ctrgcn")
    assert Counter(clip.subject for clip in clips) == {1: 12, 2: 4}
    assert {len(clip.bodies) for clip in clips} == {16}


@pytest.mark.parametrize(
    ("form", "changes", "message"),
    [
        ("raw", {"clips": 3}, "clips is 3, expected 4 to 80"),
        ("raw", {"frames": 301}, "frames is 301, expected 16 to 300"),
        ("raw", {"split": "unseen5"}, "raw knows no splits"),
        ("smie", {}, "smie is made for a split, name one"),
        ("synse", {"split": "unseen6"}, "unknown split of ntu60 'unseen6'"),
        ("raw", {"dataset": protocols.dataset("utd_mhad")}, "unknown data set with a stand-in"),
        ("pyskl", {"dataset": protocols.dataset("pku51")}, "pyskl has no pickle of pku51"),
    ],
)
def test_what_cannot_be_made_is_one_line(tmp_path, form, changes, message):
    wanted = StandIn(**{**vars(order("ntu60", (0,))), **changes})
    with pytest.raises(ValueError, match=message):
        generate(form, wanted, tmp_path)


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        generate("raw", order("ntu60", (0,)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_command_says_what_it_is_for():
    command = [sys.executable, "-m", "zsar.demo.standin", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "NUMBERS MADE FROM IT ARE NO RESULTS" in text
    assert all(form in text for form in FORMS)
