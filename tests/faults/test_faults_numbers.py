"""Numbers that nothing can be learned from or judged by: one named complaint, in every method."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from stages import encode, evaluate, learn
from toy_study import QuickEncoder, Study, texts, world
from zsar import encoders, methods
from zsar.data.artifacts import FeatureFile, ScoreFile, SplitFile, read, write
from zsar.errors import UserError
from zsar.experiment import inputs
from zsar.experiment.check_numbers import check_one_shot
from zsar.learning.world import Sizes

every_method = pytest.mark.parametrize("name", methods.available())


@pytest.fixture(autouse=True)
def quick_encoder(monkeypatch):
    monkeypatch.setattr(encoders, "encoder", lambda name: QuickEncoder)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """The features of a cell, which all methods have in common."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoders, "encoder", lambda name: QuickEncoder)
        folder = tmp_path_factory.mktemp("encoded")
        patch.chdir(folder)
        made = one_seed(folder, "devise")
        made.start(*world())
        for phase in ("validation", "test"):
            encode.train(made.cell.in_phase(phase).with_seed(0), made.settings, lambda row: None)
        return folder


def one_seed(folder, name: str) -> Study:
    return Study.of(folder, name, **{"run.seeds": [0]})


@pytest.fixture
def cell(encoded, monkeypatch):
    """A function that gives the study of a method in which a feature file was changed."""
    monkeypatch.chdir(encoded)
    before = []

    def make(name: str, change) -> Study:
        made = one_seed(encoded, name)
        for phase in ("validation", "test"):
            path = made.file(phase, "features")
            before.append((path, path.read_bytes()))
            found = read(path, FeatureFile)
            features = np.array(found.features)
            change(features)
            write(path, replace(found, features=features, seen_logits=np.array(found.seen_logits)))
        return made

    yield make
    for path, content in reversed(before):
        path.write_bytes(content)


def one_nan(features):
    features[::5, 3] = np.nan


def huge(features):
    features[:, 0] = 1e30


def constant(features):
    features[:] = features[0]


SENSELESS = {
    "one NaN": (one_nan, r"features.h5: feature 3 of clip clip \d+ is nan, expected a number"),
    "1e30": (huge, r"feature 0 of clip clip \d+ is 1e\+30, expected a number of at most 1e\+06"),
    "all alike": (constant, "all clips have the same features, so that nothing tells them apart"),
}


@every_method
@pytest.mark.parametrize(("change", "said"), SENSELESS.values(), ids=SENSELESS)
def test_features_that_nothing_can_be_learned_from_are_named(change, said, name, cell):
    made = cell(name, change)
    with pytest.raises(UserError, match=said) as caught:
        learn.main(made.cell, made.settings)
    assert "\n" not in str(caught.value)
    assert not made.file("test", "scores").exists()


@every_method
def test_a_constant_feature_among_others_gives_finite_scores(name, cell, encoded):
    def one_constant(features):
        features[:, 2] = 0.0

    made = cell(name, one_constant)
    write(made.cell.texts(made.settings.text), texts(world()[1], made.settings.sources(name)))
    place, device = made.cell.in_phase("validation").with_seed(0), torch.device("cpu")
    split = read(place.split_file, SplitFile)
    clips = inputs.load_clips(place, made.settings, device)
    text = inputs.load_text(place, made.settings, device)
    method = inputs.build_method(place, made.settings, Sizes.of(clips, text), device)
    rows, unseen = (torch.from_numpy(np.array(each)) for each in (split.train_seen, split.unseen))
    losses = list(method.fit(clips[rows], text))
    few = torch.from_numpy(np.array(split.test_unseen[::8]))
    scores = inputs.seeded_scores(method, clips[few], text[unseen], 0)
    assert torch.isfinite(scores).all()
    assert all(np.isfinite(list(each.values())).all() for each in losses)


@pytest.fixture
def learned(encoded, monkeypatch):
    monkeypatch.chdir(encoded)
    made = one_seed(encoded, "devise")
    write(made.cell.texts(made.settings.text), texts(world()[1], made.settings.sources("devise")))
    for phase in ("validation", "test"):
        learn.learn(made.cell.in_phase(phase).with_seed(0), made.settings, lambda row: None)
    return made


@pytest.mark.parametrize("phase", ["validation", "test"])
@pytest.mark.parametrize("field", ["zsl", "gate", "joint"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_never_counted(field, value, phase, learned):
    path = learned.file(phase, "scores")
    found = read(path, ScoreFile)
    wrong = np.array(getattr(found, field))
    wrong[1, 2] = value
    whole = {key: np.array(each) for key, each in vars(found).items()}
    write(path, ScoreFile(**whole | {field: wrong}))
    with pytest.raises(UserError, match=rf"scores.h5: devise gave {phase} clip 1 .*\({field}\)"):
        evaluate.main(learned.cell, learned.settings)
    assert not learned.cell.numbers.exists()


def test_one_shot_scores_that_are_no_numbers_are_never_counted(encoded):
    cell = one_seed(encoded, "pgfa_aligned").cell.in_phase("test").with_seed(0)
    rounds = np.zeros((3, 4, 5), np.float32)
    check_one_shot(cell, rounds)
    rounds[2, 1, 3] = np.nan
    with pytest.raises(UserError, match=r"test clip 1 .* candidate 3 \(one-shot, round 2\)"):
        check_one_shot(cell, rounds)


@every_method
def test_an_unseen_class_without_test_clips_is_named_before_anything_is_learned(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    clips, meaning = world()
    made = one_seed(tmp_path, name)
    made.start(clips, meaning)
    unseen = int(read_unseen(made)[0])
    gone = (np.asarray(clips.labels) == unseen) & np.isin(clips.subjects, (3, 6))
    few = type(clips)(**{key: np.asarray(each)[~gone] for key, each in vars(clips).items()})
    made.file("test", "split_file").unlink()
    with pytest.raises(UserError, match="demo/unseen5: no test clip of .*, which the split leaves"):
        made.start(few, meaning)
    assert not made.file("test", "split_file").exists()


def read_unseen(made: Study) -> np.ndarray:
    return np.asarray(read(made.file("test", "split_file"), SplitFile).unseen)
