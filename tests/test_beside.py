"""Data sets side by side: two preparations of one, and other people's files of its recordings."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from stages import prepare, split
from stages.harness import needs
from toy_command import zsar
from toy_config import put
from toy_files import ACTIONS, clips, features, ntu, own
from toy_study import ONCE, cut
from zsar import dataset_info
from zsar.cells import PHASES, Cell
from zsar.config.config import Config, load
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, SplitFile, read

ROOT = Path(__file__).parent.parent
KNOWN = protocols.dataset("ntu60")
PERFORMERS = (1, 3, 4)  # by subject 3 tests; every third of them would be 4
MISSING = sorted(KNOWN.missing)[0]  # a recording that everybody leaves out


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Recordings of ntu60, the same again under another name, and what others made of them."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "descriptions", folder / "descriptions")
    archive = ntu(folder / "ntu.zip", PERFORMERS, [MISSING])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        put(ONCE | {"splits.zero_shot.held_out": 0.0})  # too few clips to hold any out
        of = ("--of", "ntu60", "--write")
        zsar("add", "ntu60", archive)
        zsar("add", "again", archive, *of)
        for name in ("unseen5", "unseen12"):
            zsar("add", f"shift_{name}", *features(folder, "ntu60", name), *of)
        zsar("add", "arrays", clips(folder / "split_1", "ntu60", "smie_1"), *of)
        yield folder


def made(place: str) -> tuple[ClipFile, dict[str, SplitFile]]:
    """The clips of dataset/preprocess/split, and the two phases of its split."""
    cell, known = Cell.at(place), load()
    if not cell.clips.is_file():
        prepare.main(cell, cut("prepare", cell, known))
    split.main(cell, cut("split", cell, known))
    both = {phase: read(cell.in_phase(phase).split_file, SplitFile) for phase in PHASES}
    return read(cell.clips, ClipFile), both


def same(ours: SplitFile, theirs: SplitFile) -> None:
    for name, rows in vars(ours).items():
        np.testing.assert_array_equal(rows, getattr(theirs, name), err_msg=name)


def test_two_preparations_hold_the_same_clips_and_divide_them_alike(desk):
    (first, one), (second, two) = (made(f"ntu60/{name}/unseen5") for name in ("smie50", "agcn"))
    assert first.skeletons.shape[2] == 50 and second.skeletons.shape[2] == 64
    np.testing.assert_array_equal(first.names, second.names)
    for phase in PHASES:
        same(one[phase], two[phase])
    assert Cell("ntu60", "smie50").clips != Cell("ntu60", "agcn").clips


def test_recordings_under_another_name_are_divided_by_the_published_performers(desk):
    first, one = made("ntu60/smie50/unseen5")
    second, two = made("again/smie50/unseen5")
    np.testing.assert_array_equal(first.names, second.names)
    for phase in PHASES:
        same(one[phase], two[phase])
    tested = np.concatenate((two["test"].test_seen, two["test"].test_unseen))
    assert set(second.subjects[tested]) == {3}


def test_what_everybody_leaves_out_is_left_out_under_another_name_too(desk):
    for name in ("ntu60", "again"):
        found, _ = made(f"{name}/smie50/unseen5")
        assert MISSING not in found.names and len(found.names) == 60 * len(PERFORMERS)
    left = "1 clips on the published list of missing skeletons are left out"
    assert left in zsar("check", "again")


@pytest.mark.parametrize(
    ("place", "protocol"),
    [
        ("shift_unseen5/as_prepared/unseen5", "parts"),
        ("shift_unseen12/as_prepared/unseen12", "parts"),
        ("arrays/as_prepared/smie_1", "given"),
        ("again/smie50/xview", "xsub"),
    ],
)
def test_other_peoples_files_have_the_class_list_the_protocols_and_the_missing_clips(
    place, protocol, desk
):
    cell = Cell.at(place)
    section = load().dataset(cell.dataset)
    found = dataset_info.dataset_info(cell.dataset, section, np.array([1, 2, 3, 4, 5]))
    assert found == KNOWN and section.protocol == protocol
    assert not any("third" in each.note for each in found.protocols.values())
    assert dataset_info.source_files(cell, section) == dataset_info.source_files(
        Cell("ntu60"), load().dataset("ntu60")
    )


@pytest.mark.parametrize("name", ["unseen5", "unseen12"])
def test_two_folders_of_features_have_each_their_own_split_of_the_data_set(name, desk):
    found, both = made(f"shift_{name}/as_prepared/{name}")
    for phase in PHASES:
        group = protocols.classes(KNOWN, name, phase)
        np.testing.assert_array_equal(both[phase].seen, group.seen)
        np.testing.assert_array_equal(both[phase].unseen, group.unseen)
        rows = both[phase]
        assert set(found.labels[rows.test_unseen]) == set(group.unseen)
        assert set(found.labels[rows.train_seen]) == set(group.seen)
    assert set(found.subjects[both["test"].train_seen]) == {1}  # the part, not a performer


def test_arrays_of_clips_train_on_what_came_as_training_clips(desk):
    found, both = made("arrays/as_prepared/smie_1")
    trained = np.concatenate((both["test"].train_seen, both["test"].held_seen))
    assert set(found.subjects[trained]) == {1}
    np.testing.assert_array_equal(
        both["test"].unseen, protocols.classes(KNOWN, "smie_1", "test").unseen
    )


def test_layers_of_settings_are_those_of_the_data_set_they_come_from(desk):
    known: Config = load()
    for name in ("umurl", "stgcn"):
        assert known.plugin("encoders", name, Cell("again", split="xview")) == known.plugin(
            "encoders", name, Cell("ntu60", split="xview")
        )
    assert known.dataset("shift_unseen5").layers == known.dataset("ntu60").layers
    arrays = known.plugin("texts", "smie_arrays", Cell("arrays"))
    assert arrays["files"]["names"] == "ntu60_embeddings.npy"


def test_resolve_hashes_the_published_list_and_not_a_file_of_ones_own(desk):
    known = load()
    sources = needs.source_files("split", Cell.at("again/smie50/unseen5"), known)
    assert "src/zsar/data/protocols/ntu60.json" in sources
    assert not any(each.endswith("names.txt") for each in sources)


def test_what_is_of_ones_own_data_set_is_divided_like_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(ONCE)
    Path("descriptions/mine").mkdir(parents=True)
    Path("descriptions/mine/names.txt").write_text("".join(f"{name}\n" for name in ACTIONS))
    Path("splits/mine").mkdir(parents=True)
    Path("splits/mine/two.txt").write_text("run\nbow\n")
    study = own(tmp_path / "study", takes="abc")
    zsar("add", "mine", study, "--write")
    zsar("add", "again", study, "--of", "mine", "--write")
    for name in ("unseen2", "two"):
        (_, one), (_, two) = (made(f"{each}/smie50/{name}") for each in ("mine", "again"))
        for phase in PHASES:
            same(one[phase], two[phase])
