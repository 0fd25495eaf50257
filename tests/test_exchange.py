"""Features and clips go out and come in again as they were, and the methods run on them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages import encode, evaluate, learn, prepare, resolve, split
from toy_command import zsar
from toy_config import put
from toy_study import ONCE, PUBLISHED, QUICK, QUICK_ENCODER, QuickEncoder, cut, quick, texts, world
from zsar import encoders
from zsar.cells import PHASES, Cell
from zsar.config.config import Config, load
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read, write
from zsar.data.files import feature_folders
from zsar.encoders.precomputed import Precomputed
from zsar.errors import UserError
from zsar.experiment.imported_features import discriminant

ROOT = Path(__file__).parent.parent
OURS = Cell("demo", "smie50", "unseen5", "quick")
THEIRS = Cell("demo_synse", "as_prepared", "unseen5", "precomputed")
ARCHIVE = Cell("demo_flora", "as_prepared", "unseen5", "precomputed")
CLIPS = Cell("demo_smie", "as_prepared", "unseen5", "quick")
KINDS = {"quick": QuickEncoder, "precomputed": Precomputed}
OTHERS = {  # what the complaint of `zsar import-features` tells to write
    f"datasets: demo_{form}": {
        "reader": form,
        "protocol": protocol,
        "of": "demo",
        "descriptions": "demo",
        "strict": True,
        "layers": [],
    }
    for form, protocol in (("synse", "parts"), ("smie", "given"), ("flora", "given"))
}


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    known = encoders.encoder
    monkeypatch.setattr(encoders, "encoder", lambda name: KINDS.get(name) or known(name))


def chosen(cell: Cell, method: str = "devise") -> Config:
    """params.yaml and settings/ in the working directory: a cell is selected, its method quick."""
    names = ("dataset", "preprocess", "split", "encoder")
    selected = {name: getattr(cell, name) for name in names} | {"method": method}
    changes = ONCE | PUBLISHED | QUICK_ENCODER | OTHERS | quick("methods", method, QUICK)
    return put(changes | selected)


def run(cell: Cell, *stages) -> None:
    """Stages in the working directory, with what they are given there."""
    for stage in stages:
        name = stage.__name__.rpartition(".")[2]
        stage.main(cell, cut(name, cell, load()))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder in which the cell of our encoder has its features, and where files may go out."""
    folder = tmp_path / "ours"
    folder.mkdir()
    shutil.copytree(ROOT / "descriptions", folder / "descriptions")
    monkeypatch.chdir(folder)
    write(OURS.clips, world()[0])
    chosen(OURS)
    run(OURS, split, encode)
    return folder


@pytest.fixture
def there(here, tmp_path, monkeypatch):
    """A function that goes to another folder, where nothing is but descriptions and settings."""

    def go(cell: Cell = THEIRS, method: str = "devise") -> Config:
        folder = tmp_path / "theirs"
        shutil.copytree(ROOT / "descriptions", folder / "descriptions", dirs_exist_ok=True)
        monkeypatch.chdir(folder)
        return chosen(cell, method)

    return go


def exported(form: str, folder: Path) -> Path:
    zsar("export-features", OURS.key, folder / form, "--as", form)
    return folder / form


def brought(place: Path, form: str = "synse") -> str:
    return zsar("import-features", f"demo_{form}/unseen5", place, "--as", form)


def purposes(cell: Cell) -> dict[str, tuple[np.ndarray, ...]]:
    """Labels, features and logits by phase and purpose."""
    found = {}
    for phase in PHASES:
        here = cell.in_phase(phase)
        labels, made = read(here.clips, ClipFile).labels, read(here.features, FeatureFile)
        division = read(here.split_file, SplitFile)
        for purpose in ("train_seen", "test_seen", "test_unseen"):
            rows = np.array(getattr(division, purpose))
            told = made.seen_logits[rows] if purpose != "train_seen" else np.zeros(0)
            found[f"{phase} {purpose}"] = labels[rows], made.features[rows], np.array(told)
    return found


def test_features_come_back_as_they_went_out_row_by_row(here, there):
    before, out = purposes(OURS), exported("synse", here)
    there()
    said = brought(out)
    assert all(f"-S {name}" in said for name in ("dataset=demo_synse", "encoder=precomputed"))
    run(THEIRS, prepare, split, encode)
    after = purposes(THEIRS)
    assert after.keys() == before.keys()
    for name in before:
        for ours, theirs in zip(before[name], after[name], strict=True):
            np.testing.assert_array_equal(theirs, ours, err_msg=name)


def test_features_of_all_classes_serve_a_split_of_ones_own_that_leaves_some_out(here, there):
    before, out = purposes(OURS), exported("synse", here)
    known = protocols.dataset("demo")
    test, trial = (protocols.classes(known, "unseen5", each) for each in PHASES[::-1])
    seen = [*trial.unseen.tolist(), *trial.seen[:6].tolist()]
    cell = replace(THEIRS, split="few")
    there(cell)
    Path("splits/demo").mkdir(parents=True)
    lists = {"unseen": test.unseen, "seen": np.array(seen), "validation": trial.unseen}
    Path("splits/demo/few.json").write_text(
        json.dumps({side: each.tolist() for side, each in lists.items()})
    )
    zsar("import-features", "demo_synse/few", out, "--as", "synse")
    run(cell, prepare, split, encode)
    after = purposes(cell)
    for name in before:
        used = np.isin(before[name][0], [*test.unseen, *seen])
        for ours, theirs in zip(before[name][:2], after[name][:2], strict=True):
            np.testing.assert_array_equal(theirs, ours[used], err_msg=name)
    assert after["test test_seen"][2].shape[1] == len(seen) and len(after["test test_seen"][0])


def test_a_method_has_the_same_numbers_on_features_that_went_out_and_in(here, there):
    meaning = world()[1]
    numbers = []
    out = exported("synse", here)
    for cell in (OURS, THEIRS):
        cell = replace(cell, method="devise")
        if cell.dataset != OURS.dataset:
            there()
            brought(out)
            run(cell, prepare)
        known = load().at(cell)
        write(cell.texts("minilm"), texts(meaning, known.sources("devise")))
        run(cell, split, encode, learn, evaluate)
        numbers.append(json.loads(cell.numbers.read_text()))
    assert numbers[0] == numbers[1] and numbers[0]["zsl"] > 0


def test_a_method_that_needs_skeletons_says_so_in_one_line(here, there):
    out = exported("synse", here)
    known = there(method="smie")
    brought(out)
    cell = replace(THEIRS, method="smie")
    write(cell.texts("minilm"), texts(world()[1], known.at(cell).sources("smie")))
    run(cell, prepare, split, encode)
    with pytest.raises(UserError, match="features were given without any") as complaint:
        run(cell, learn)
    assert "\n" not in str(complaint.value)


def test_an_encoder_is_not_taught_on_features_without_skeletons(here, there):
    out = exported("synse", here)
    cell = replace(THEIRS, encoder="quick")
    there(cell)
    brought(out)
    run(cell, prepare, split)
    with pytest.raises(UserError, match=f"features without skeletons; their cell is {THEIRS.key}"):
        run(cell, encode)


def test_clips_of_smie_come_back_as_they_went_out(here, there):
    division, clips = read(OURS.in_phase("test").split_file, SplitFile), read(OURS.clips, ClipFile)
    train = np.sort(np.concatenate((division.train_seen, division.held_seen)))
    parts = (train, np.array(division.test_seen), np.array(division.test_unseen))
    out = exported("smie", here)
    assert np.load(out / "unseen_data.npy").shape[1:] == clips.skeletons.shape[1:]
    there(CLIPS)
    brought(out, "smie")
    run(CLIPS, prepare, split)
    after, rows = read(CLIPS.clips, ClipFile), np.concatenate(parts)
    np.testing.assert_array_equal(after.skeletons, clips.skeletons[rows])
    np.testing.assert_array_equal(after.labels, clips.labels[rows])
    again, start = read(CLIPS.in_phase("test").split_file, SplitFile), len(train)
    held = np.sort(np.concatenate((again.train_seen, again.held_seen)))
    np.testing.assert_array_equal(held, np.arange(start))
    np.testing.assert_array_equal(again.test_seen, start + np.arange(len(parts[1])))


def test_an_archive_of_features_comes_back_as_it_went_out_row_by_row(here, there):
    before, out = purposes(OURS), exported("flora", here)
    (path,) = out.iterdir()
    assert path.name == "demo_seen25_unseen5.npz"
    there(ARCHIVE)
    said = brought(path, "flora")
    assert all(f"-S {name}" in said for name in ("dataset=demo_flora", "encoder=precomputed"))
    run(ARCHIVE, prepare, split, encode)
    clips, made = (
        read(ARCHIVE.clips, ClipFile),
        read(ARCHIVE.in_phase("test").features, FeatureFile),
    )
    again = read(ARCHIVE.in_phase("test").split_file, SplitFile)
    train = np.sort(np.concatenate((again.train_seen, again.held_seen)))
    tests = {"test_seen": again.test_seen, "test_unseen": again.test_unseen}
    for purpose, rows in ({"train_seen": train} | tests).items():
        labels, features, _ = before[f"test {purpose}"]
        np.testing.assert_array_equal(made.features[rows], features, err_msg=purpose)
        np.testing.assert_array_equal(clips.labels[rows], labels, err_msg=purpose)
    assert len(clips.labels) == len(train) + sum(map(len, tests.values()))
    trial = read(ARCHIVE.in_phase("validation").features, FeatureFile)
    np.testing.assert_array_equal(trial.features, made.features)
    check_logits(clips.labels)


def check_logits(labels: np.ndarray) -> None:
    """They are of training clips alone, and tell the seen classes apart."""
    for phase in PHASES:
        cell = ARCHIVE.in_phase(phase)
        division, made = read(cell.split_file, SplitFile), read(cell.features, FeatureFile)
        rows, seen = np.array(division.train_seen), np.array(division.seen)
        right = seen[made.seen_logits[rows].argmax(1)] == labels[rows]
        assert made.seen_logits.shape == (len(labels), len(seen)) and right.mean() > 0.5
        spoilt = np.array(made.features)
        spoilt[np.setdiff1d(np.arange(len(labels)), rows)] = np.nan
        places = np.searchsorted(seen, labels[rows])
        again = discriminant(spoilt, rows, places, len(seen))
        np.testing.assert_array_equal(again[rows], made.seen_logits[rows])


def test_a_method_runs_on_an_archive_of_features_to_its_numbers(here, there):
    (path,) = exported("flora", here).iterdir()
    cell = replace(ARCHIVE, method="devise")
    there(ARCHIVE)
    brought(path, "flora")
    write(cell.texts("minilm"), texts(world()[1], load().at(cell).sources("devise")))
    run(cell, prepare, split, encode, learn, evaluate)
    numbers = json.loads(cell.numbers.read_text())
    assert numbers["zsl"] > 0 and numbers["gzsl"]["gate"]["harmonic"] >= 0


BAD_ARCHIVES = {
    "has no array gzsl_label; it holds: train_data": {"gzsl_label": None},
    "zsl_data.npy: has the shape (20, 8, 1), expected (20, width)": {
        "zsl_data": lambda a: a[:, :, None]
    },
    "features have the widths": {"zsl_data": lambda a: a[:, :-1]},
    "has the label 99": {"train_label": lambda a: a * 0 + 99},
    "holds what is not a finite number": {"gzsl_data": lambda a: a * np.nan},
    "expected plain numbers": {"train_data": lambda a: a.astype(object)},
    "a whole number from 0": {"train_label": lambda a: a - 50},
    "is in train and in zsl": {
        "train_label": lambda a: a * 0 + 3,
        "zsl_label": lambda a: a * 0 + 3,
    },
    "clips, but gzsl": {"zsl_data": lambda a: a[1:], "zsl_label": lambda a: a[1:]},
}


def test_what_is_wrong_with_an_archive_is_one_line_and_nothing_is_put(here, there):
    (path,) = exported("flora", here).iterdir()
    sound = dict(np.load(path))
    there(ARCHIVE)
    for said, changes in BAD_ARCHIVES.items():
        changed = {name: change(sound[name]) for name, change in changes.items() if change}
        arrays = {name: each for name, each in sound.items() if name not in changes} | changed
        np.savez(path, **arrays)
        with pytest.raises(UserError) as complaint:
            brought(path, "flora")
        line = str(complaint.value)
        assert said in line and "\n" not in line
        assert str(path) in line or "has the label" in said
    np.savez(path, **sound)
    with pytest.raises(UserError, match="which is on the other side of the split"):
        zsar("import-features", "demo_flora/unseen10", path, "--as", "flora")
    assert not ARCHIVE.raw.exists()


def test_the_folders_hold_what_other_code_expects(here):
    out = exported("synse", here)
    test, validation = (
        read(OURS.in_phase(each).split_file, SplitFile) for each in ("test", PHASES[0])
    )
    files = {path.relative_to(out).as_posix() for path in out.rglob("*.npy")}
    names = {"train", "train_label", "ztest", "z_label"}
    assert files == {
        *(f"test/{name}.npy" for name in names | {"gtest", "g_label", "gtest_out"}),
        *(
            f"validation/{name}.npy"
            for name in names | {"ztest_out", "val", "val_label", "val_out"}
        ),
    }
    held = {name: np.load(out / name, allow_pickle=False) for name in files}
    logits = held["test/gtest_out.npy"]
    assert logits.shape == (len(held["test/g_label.npy"]), 30)
    chance = np.exp(logits - logits.max(1, keepdims=True))
    assert not chance[:, test.unseen].any() and chance[:, test.seen].any(0).all()
    assert set(held["test/z_label.npy"]) == set(test.unseen)
    assert set(held["test/train_label.npy"]) <= set(test.seen)
    assert set(held["validation/z_label.npy"]) == set(validation.unseen)


def test_nothing_is_written_over(here):
    exported("synse", here)
    with pytest.raises(UserError, match="is not empty"):
        exported("synse", here)


NO_CELLS = {
    "nothing/smie50/unseen5/quick": "unknown data set.*nothing",
    "demo/smie50/unseen5": "'demo/smie50/unseen5' is no cell; expected dataset/preprocess/split/e",
    "demo/smie50/unseen10/quick": r"unseen10/classes/test/split.h5: no such file",
}


@pytest.mark.parametrize(("cell", "said"), NO_CELLS.items())
def test_a_cell_that_is_none_or_not_made_is_a_complaint(cell, said, here):
    with pytest.raises(UserError, match=said):
        zsar("export-features", cell, here / "out", "--as", "synse")


def spoil(path: Path, change) -> None:
    np.save(path, np.ascontiguousarray(change(np.load(path))))


SPOILT = {
    "gtest has the shape": ("test/gtest.npy", lambda a: a[:-1]),
    "g_label.npy: expected one-hot": ("test/g_label.npy", lambda a: a - 5),
    "ztest.npy: 13 clips, but": ("test/z_label.npy", lambda a: a[:13]),
    "has the shape": ("validation/val_out.npy", lambda a: a[:, :, None]),
    "val_out.npy: has 7 columns": ("validation/val_out.npy", lambda a: a[:, :7]),
    "not a finite number": ("validation/val.npy", lambda a: a * np.nan),
    "features have the widths": ("validation/ztest.npy", lambda a: a[:, :-1]),
    "on the wrong side of the split": ("test/train_label.npy", lambda a: np.roll(a, 1) * 0 + 3),
    "has the label 99": ("test/train_label.npy", lambda a: a * 0 + 99),
    "expected plain numbers": ("test/train.npy", lambda a: a.astype(str)),
}


@pytest.mark.parametrize(("said", "spoilt"), SPOILT.items(), ids=SPOILT)
def test_what_does_not_agree_is_told_and_nothing_is_put(said, spoilt, here, there):
    out = exported("synse", here)
    spoil(out / spoilt[0], spoilt[1])
    there()
    with pytest.raises(UserError) as complaint:
        brought(out)
    assert said.replace("gtest has", "has") in str(complaint.value)
    assert not THEIRS.raw.exists()


def test_features_of_another_split_are_refused(here, there):
    out, clips = exported("synse", here), exported("smie", here)
    there()
    with pytest.raises(UserError, match="on the wrong side of the split"):
        zsar("import-features", "demo_synse/unseen10", out, "--as", "synse")
    there(CLIPS)
    with pytest.raises(UserError, match="which is on the other side of the split"):
        zsar("import-features", "demo_smie/unseen10", clips, "--as", "smie")


def test_a_folder_alone_a_missing_file_and_other_settings_are_complaints(here, there):
    out = exported("synse", here)
    there()
    with pytest.raises(UserError, match=r"expected one folder with val\.npy"):
        brought(out / "test")
    (out / "test" / "g_label.npy").unlink()
    with pytest.raises(UserError, match=r"g_label\.npy: no such file"):
        brought(out)
    section = "demo reads 'ntu'; demo_synse is for these files: zsar import-features demo_synse/uns"
    with pytest.raises(UserError, match=section):
        zsar("import-features", "demo/unseen5", out, "--as", "synse")


def test_both_folders_may_be_named_and_what_lies_there_already_is_not_mixed(here, there):
    out = exported("synse", here)
    there()
    places = (out / "test", out / "validation")
    zsar("import-features", "demo_synse/unseen5", *places, "--as", "synse")
    zsar("import-features", "demo_synse/unseen5", *places, "--as", "synse")
    with pytest.raises(UserError, match="holds test, validation already"):
        brought(out)


def test_logits_over_the_seen_classes_alone_are_taken_as_they_are(here, there):
    out = exported("synse", here)
    seen = np.array(read(OURS.in_phase("test").split_file, SplitFile).seen)
    wide = feature_folders.phase(out, "test", seen)[2].logits
    spoil(out / "test/gtest_out.npy", lambda logits: logits[:, seen])
    np.testing.assert_array_equal(feature_folders.phase(out, "test", seen)[2].logits, wide)


def test_a_given_cell_is_in_order_once_its_features_are_there(here, there):
    out = exported("synse", here)
    known = there()
    with pytest.raises(UserError, match="data/raw/demo_synse holds no recordings"):
        resolve.check(known)
    brought(out)
    resolve.check(known)
    assert known.plugin("encoders", "precomputed", THEIRS) == {"weights": None}
    with pytest.raises(UserError, match="expected as_prepared: -S preprocess=as_prepared"):
        resolve.check(chosen(replace(THEIRS, preprocess="smie50")))
