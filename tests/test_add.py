"""The first hour with files of one's own: recognised, given a section, put in place, led on."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages import resolve
from toy_command import zsar
from toy_files import ACTIONS, clips, features, ntu, own
from zsar.config.config import load
from zsar.errors import UserError

ROOT = Path(__file__).parent.parent
DATASETS = Path("settings/datasets.yaml")
MINE = "mine: {reader: own, protocol: xsub, descriptions: mine, strict: false, layers: [small]}"


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    """The root of a repository without recordings."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    for name in ("settings", "descriptions"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def described(*names: str, folder: str = "mine") -> None:
    """The classes, and what smie reads of each."""
    Path("descriptions", folder).mkdir(exist_ok=True)
    for source in ("names", "actions"):
        Path("descriptions", folder, f"{source}.txt").write_text("".join(f"{k}\n" for k in names))


def selected(said: str, **beside: str) -> None:
    """Select what the last `next:` says, as `dvc exp run` does."""
    command = said.strip().splitlines()[-1]
    assert command.startswith("next: dvc exp run -S ")
    values = yaml.safe_load(Path("params.yaml").read_text())
    words = dict(each.split("=") for each in re.findall(r"-S (\S+)", command))
    Path("params.yaml").write_text(yaml.safe_dump(values | words | beside))


def refused(said: str, *words: object) -> str:
    """Nothing is written and nothing is put anywhere."""
    before = DATASETS.read_bytes()
    with pytest.raises(UserError, match=said) as complaint:
        zsar(*words)
    assert DATASETS.read_bytes() == before and not Path("data").exists()
    assert "\n" not in str(complaint.value)
    return str(complaint.value)


def test_a_new_name_is_shown_the_section_that_its_files_need(desk):
    said = refused("--write appends it", "add", "mine", own(desk / "study"))
    assert f"`{MINE}`" in said


def test_with_write_the_section_is_appended_and_the_rest_of_the_file_is_as_it_was(desk):
    before = DATASETS.read_bytes()
    said = zsar("add", "mine", own(desk / "study"), "--write")
    assert DATASETS.read_bytes() == before + f"{MINE}\n".encode()
    assert f"settings/datasets.yaml: {MINE}" in said
    assert Path("data/raw/mine/study").samefile(desk / "study")
    assert load().dataset("mine").reader == "own"


def test_a_file_without_a_last_line_break_or_with_those_of_windows_stays_whole(desk):
    before = DATASETS.read_bytes().rstrip().replace(b"\n", b"\r\n")
    DATASETS.write_bytes(before)
    zsar("add", "mine", own(desk / "study"), "--write")
    assert DATASETS.read_bytes() == before + f"\n{MINE}\n".encode()


def test_a_file_that_nothing_can_be_appended_to_is_left_alone(desk):
    sections = yaml.safe_load(DATASETS.read_text())
    DATASETS.write_text(yaml.safe_dump(sections, default_flow_style=True))
    said = refused("nothing can be appended", "add", "mine", own(desk / "study"), "--write")
    assert MINE in said


def test_the_same_files_a_second_time_are_fine_linked_or_copied(desk):
    study = own(desk / "study")
    first = zsar("add", "mine", study, "--write")
    written = DATASETS.read_bytes()
    again = zsar("add", "mine", study, "--write")
    assert DATASETS.read_bytes() == written and again in first
    described(*ACTIONS, folder="other")
    for _ in range(2):
        zsar("add", "other", study, "--write", "--copy")
    assert not Path("data/raw/other/study").is_symlink()
    (study / "run" / "1_a.npz").write_bytes(b"changed")
    with pytest.raises(UserError, match="data/raw/other/study: is there already, and is not"):
        zsar("add", "other", study)


def test_files_that_lie_in_their_place_already_stay_there(desk):
    own(desk / "data/raw/mine")
    zsar("add", "mine", "data/raw/mine", "--write")
    assert not any(path.is_symlink() for path in Path("data").rglob("*"))
    described(*ACTIONS)
    assert "12 clips of 6 classes, 2 performers" in zsar("check", "mine")
    with pytest.raises(UserError, match="data/raw: holds data/raw/mine itself"):
        zsar("add", "mine", "data/raw")


def test_a_link_to_files_that_were_moved_is_made_anew(desk):
    zsar("add", "mine", own(desk / "study"), "--write")
    (desk / "elsewhere").mkdir()
    shutil.move(desk / "study", desk / "elsewhere/study")
    zsar("add", "mine", desk / "elsewhere/study")
    assert Path("data/raw/mine/study").samefile(desk / "elsewhere/study")


def test_two_files_of_one_name_do_not_hide_one_another(desk):
    first, second = own(desk / "a/study"), own(desk / "b/study", ACTIONS[::-1])
    refused("has the same name", "add", "mine", first, second, "--write")


def test_performers_divide_where_they_are_told_apart_and_turns_where_not(desk):
    study = own(desk / "study", names="{label}/{}")
    assert "protocol: clips" in zsar("add", "mine", study, "--write")


def test_a_mistake_in_clips_yaml_is_told_before_anything_is_written(desk):
    study = own(desk / "study")
    sheet = study / "clips.yaml"
    sheet.write_text(sheet.read_text().replace("metre", "feet"))
    refused(f"^{sheet}:2: 'feet' is none of", "add", "mine", study, "--write")


def test_a_damaged_clip_does_not_keep_the_others_out(desk):
    study = own(desk / "study")
    (study / "run" / "1_a.npz").write_bytes(b"cut short")
    described(*ACTIONS)
    zsar("add", "mine", study, "--write")
    said = zsar("check", "mine")
    assert "11 clips of 6 classes" in said and "1_a.npz: is no readable npz archive" in said


def test_where_several_readers_know_the_files_one_is_chosen(desk):
    study = own(desk / "study")
    (study / "S001C001P001R001A001.skeleton").write_text("1\n")
    refused("may be read by ntu, own; choose one of them: --reader ntu", "add", "mine", study)
    refused("--reader: format is 'nut'", "add", "mine", study, "--reader", "nut")
    refused("expected smie", "add", "mine", study, "--reader", "smie", "--write")
    zsar("add", "mine", study, "--reader", "own", "--write")
    assert load().dataset("mine").reader == "own"


NAMELESS = ("my study", "a/b", "smie+x", "2024", "yes", "null", "-x")


@pytest.mark.parametrize("name", NAMELESS)
def test_a_name_that_no_file_can_hold_is_refused(name, desk):
    refused("cannot be the name of a data set", "add", "--write", "--", name, own(desk / "study"))


def test_files_of_no_known_format_and_of_two_formats_are_refused(desk):
    (desk / "notes.txt").write_text("nothing")
    refused("notes.txt: is of no known format; expected one of: ", "add", "mine", "notes.txt")
    other = ntu(desk / "ntu.zip", [1])
    refused("study by own; .*ntu.zip by ntu", "add", "mine", own(desk / "study"), other)


def test_files_of_another_format_than_the_sections_are_led_to_one_of_their_own(desk):
    said = refused("looks like the format of: own; expected ntu", "add", "ntu60", own(desk / "s"))
    assert "`zsar add NAME PATH... --write`" in said and "--of ntu60" in said


def test_settings_that_are_wrong_are_told_before_anything_is_written(desk):
    with Path("settings/methods.yaml").open("a") as file:
        file.write("smie_too: {}\n")
    refused("smie_too.default is missing", "add", "mine", own(desk / "study"), "--write")


def test_a_selection_of_the_new_name_does_not_stand_in_its_way(desk):
    values = yaml.safe_load(Path("params.yaml").read_text())
    Path("params.yaml").write_text(yaml.safe_dump(values | {"dataset": "mine"}))
    with pytest.raises(UserError, match="dataset is 'mine', expected one of"):
        load()
    zsar("add", "mine", own(desk / "study"), "--write")
    assert load().params.dataset == "mine"


def test_what_is_to_be_written_is_named_and_then_a_command_that_works(desk):
    said = zsar("add", "mine", own(desk / "study"), "--write").splitlines()
    assert [line.split(":")[1].strip() for line in said if line.startswith("next: write")] == [
        "write descriptions/mine/names.txt",
        "write descriptions/mine/actions.txt, which smie reads",
    ]
    assert "or `zsar describe mine actions`" in said[-3]
    assert said[-2:] == [
        "next: zsar check mine",
        "next: dvc exp run -S dataset=mine -S split=unseen2",
    ]
    described(*ACTIONS)
    said = zsar("add", "mine", desk / "study")
    assert "write" not in said and "12 clips of 6 classes" in zsar("check", "mine")
    selected(said)
    resolve.check(load())


def test_texts_that_the_selected_method_lacks_are_told_before_anything_is_taught(desk):
    zsar("add", "mine", own(desk / "study"), "--write")
    described(*ACTIONS)
    selected(zsar("add", "mine", desk / "study"), method="jpose")
    with pytest.raises(
        UserError, match="write descriptions/mine/(noun|verb)s.txt, which jpose reads"
    ):
        resolve.check(load())
    assert "nouns.txt, which jpose reads" in zsar("add", "mine", desk / "study")


def test_a_selected_split_that_the_classes_allow_stays(desk):
    many = [*ACTIONS, "kick", "throw", "catch"]
    described(*many)
    assert "-S split=unseen5" in zsar("add", "mine", own(desk / "study", many), "--write")


def test_too_few_classes_say_how_many_are_needed(desk):
    described(*ACTIONS[:5])
    said = zsar("add", "mine", own(desk / "study", ACTIONS[:5]), "--write")
    assert "5 classes are too few for a split, expected at least 6, 2 unseen and 4 seen" in said
    assert "dvc exp run" not in said
    with pytest.raises(UserError, match="5 classes are too few, expected at least 6"):
        zsar("check", "mine")


def test_a_wrong_split_of_ones_own_data_set_names_the_possible_ones(desk):
    described(*ACTIONS, "kick")
    said = zsar("add", "mine", own(desk / "study", [*ACTIONS, "kick"]), "--write")
    selected(said, split="unseen9")
    possible = "has 7 classes, expected one of: unseen2 to unseen3, easy2 to easy3"
    with pytest.raises(UserError, match=f"unknown split 'unseen9'; mine {possible}"):
        resolve.check(load())


def test_a_data_set_without_recordings_says_how_they_come_there(desk):
    study = own(desk / "study")
    described(*ACTIONS)
    selected(zsar("add", "mine", study, "--write"))
    shutil.rmtree("data")
    added = "`zsar add mine PATH...` puts them there"
    with pytest.raises(UserError, match=f"data/raw/mine: no such folder; {added}"):
        zsar("check", "mine")
    with pytest.raises(UserError, match=f"data/raw/mine holds no recordings; {added}"):
        resolve.check(load())
    with pytest.raises(
        UserError, match="data/raw/ntu60: no such folder; get the recordings from ht"
    ):
        zsar("check", "ntu60")
    with pytest.raises(UserError, match="or `zsar add kinetics PATH... --write` makes one"):
        zsar("check", "kinetics")


def test_classes_that_are_not_those_of_clips_yaml_are_told(desk):
    described(*ACTIONS[::-1])
    zsar("add", "mine", own(desk / "study"), "--write")
    with pytest.raises(UserError, match="class 1 is 'wave', but 'clap' in the descriptions' names"):
        zsar("check", "mine")


def test_features_for_each_split_stand_beside_the_recordings(desk):
    zsar("add", "ntu60", ntu(desk / "ntu.zip", [1, 3]))
    for split in ("unseen5", "unseen12"):
        name = f"ntu60_{split}"
        said = zsar("add", name, *features(desk, "ntu60", split), "--of", "ntu60", "--write")
        line = "{reader: synse, protocol: parts, of: ntu60, descriptions: ntu120, strict: true, lay"
        assert f"{name}: {line}" in said
        wanted = {
            "dataset": name,
            "preprocess": "as_prepared",
            "split": split,
            "encoder": "precomputed",
        }
        assert all(f"-S {key}={each}" in said for key, each in wanted.items())
        assert f"{name}: " in zsar("check", name) and load().dataset("ntu60").reader == "ntu"
        selected(said)
        resolve.check(load())
    # From there back to recordings: what was selected for features does not stay.
    said = zsar("add", "ntu60", desk / "ntu.zip")
    selected(said)
    resolve.check(load())
    assert load().cell.key == "ntu60/smie50/unseen12/stgcn"


def test_arrays_keep_the_division_that_they_came_with(desk):
    said = zsar(
        "add", "theirs", clips(desk / "split_3", "ntu60", "smie_3"), "--of", "ntu60", "--write"
    )
    assert "reader: smie, protocol: given, of: ntu60" in said and "-S split=smie_3" in said
    assert "225 clips of 60 classes, 2 parts" in zsar("check", "theirs")


def test_features_of_no_split_of_the_data_set_are_refused_until_there_is_one(desk):
    paths = features(desk, "ntu60", "unseen5")
    words = ("add", "demo_theirs", *paths, "--of", "demo", "--write")
    refused(
        "no split of demo leaves those classes unseen that these files do .*splits/demo/", *words
    )
    refused("--of: data set is 'ntu61' .did you mean ntu60", *words[:-2], "ntu61")


def test_features_of_ones_own_recordings_go_by_its_classes_and_splits(desk):
    described(*ACTIONS)
    zsar("add", "mine", own(desk / "study"), "--write")
    Path("splits/mine").mkdir(parents=True)
    Path("splits/mine/two.txt").write_text("run\nbow\n")
    place = clips(desk / "theirs", "demo", "unseen5")
    relabelled(place)
    said = zsar("add", "mine_smie", place, "--of", "mine", "--write")
    assert "of: mine, descriptions: mine" in said and "-S split=two" in said


def relabelled(place: Path) -> None:
    """Labels of the actions here, where `run` and `bow` are unseen."""
    for name, some in (
        ("seen_train", [0, 1, 3, 5]),
        ("seen_test", [0, 1, 3, 5]),
        ("unseen", [2, 4]),
    ):
        path = place / f"{name}_label.npy"
        np.save(path, np.resize(some, len(np.load(path))))


def test_a_section_that_says_otherwise_is_not_changed(desk):
    paths = features(desk, "ntu60", "unseen5")
    zsar("add", "theirs", *paths, "--of", "ntu60", "--write")
    zsar("add", "theirs", *paths, "--of", "ntu60", "--write")
    with pytest.raises(UserError, match="theirs has of ntu60, not demo; choose another name"):
        zsar("add", "theirs", *paths, "--of", "demo", "--write")
    others = features(desk, "ntu60", "unseen12")
    with pytest.raises(UserError, match="holds unseen5_test, unseen5_validation already; remove"):
        zsar("add", "theirs", *others)


def test_imported_features_never_take_the_place_of_recordings(desk):
    paths = features(desk, "ntu60", "unseen5")
    words = ("import-features", "ntu60/unseen5", *paths, "--as", "synse")
    refused(
        "such as ntu60_synse: .reader: synse, protocol: parts, of: ntu60, .*--write app", *words
    )
    refused("on the wrong side", "import-features", "ntu60/unseen12", *words[2:], "--write")
    said = zsar(*words, "--write")
    assert "data/raw/ntu60_synse/unseen5_test" in said and "-S dataset=ntu60_synse" in said
    assert load().dataset("ntu60").reader == "ntu"
    selected(said)
    resolve.check(load())
    assert zsar(*words, "--write").splitlines()[:3] == said.splitlines()[1:4]
    with pytest.raises(
        UserError, match="ntu60_synse is for these files: zsar import-features ntu60_s"
    ):
        zsar(*words)


def test_imported_features_of_a_second_split_get_a_section_of_their_own(desk):
    zsar(
        "import-features",
        "ntu60/unseen5",
        *features(desk, "ntu60", "unseen5"),
        "--as",
        "synse",
        "--write",
    )
    others = features(desk, "ntu60", "unseen12")
    with pytest.raises(UserError, match="zsar add NAME PATH... --of DATASET --write"):
        zsar("import-features", "ntu60/unseen12", *others, "--as", "synse", "--write")
    zsar("add", "ntu60_12", *others, "--of", "ntu60_synse", "--write")
    assert load().dataset("ntu60_12").of == "ntu60"


def test_features_without_skeletons_are_not_offered_a_method_that_needs_them(desk):
    said = zsar("add", "theirs", *features(desk, "ntu60", "unseen5"), "--of", "ntu60", "--write")
    assert load().params.method == "smie" and "-S method=devise" in said


def test_what_is_put_can_be_read_without_the_folder_it_came_from_when_copied(desk):
    zsar("add", "mine", own(desk / "study"), "--write", "--copy")
    shutil.rmtree(desk / "study")
    described(*ACTIONS)
    assert "12 clips" in zsar("check", "mine")
    assert not any(path.is_symlink() for path in Path("data").rglob("*"))
