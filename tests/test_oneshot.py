"""The one-shot protocol: the support clips, what they change, and the choice of the rounds."""

import json

import numpy as np
import pytest

import test_leaks as leaks
from stages import evaluate, oneshot
from toy_study import Study, needed, poisoned, world
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read, write
from zsar.data.protocols import datasets
from zsar.errors import UserError
from zsar.experiment import one_shot
from zsar.experiment.one_shot import support_rows
from zsar.methods.base import Method
from zsar.methods.pgfa_aligned import AlignedPGFA

quick_encoder, study = (
    leaks.quick_encoder,
    leaks.study,
)  # the cell of the leak tests, in a folder of its own
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NaN in comparisons
LABELS = np.array([4, 2, 4, 2, 4, 7])
NAMES = np.array(["a", "b", "c", "d", "e", "f"])


def test_there_is_one_support_clip_of_each_class_and_published_ones_come_first():
    pool = np.arange(5)
    shown = support_rows(NAMES, LABELS, pool, ("c", "f"), seed=0)
    assert LABELS[shown].tolist() == [2, 4] and NAMES[shown][1] == "c"


def test_the_seed_alone_picks_the_support():
    picks = [support_rows(NAMES, LABELS, np.arange(6), (), seed).tolist() for seed in range(9)]
    again = [support_rows(NAMES, LABELS, np.arange(6), (), seed).tolist() for seed in range(9)]
    assert picks == again and len(set(map(tuple, picks))) > 1


def test_support_clips_help_and_the_validation_phase_chooses_the_rounds(study, monkeypatch):
    made = study("pgfa_aligned", world()[0])
    found = outcome(made)
    split = read(made.file("test", "split_file"), SplitFile)
    labels = read(made.cell.clips, ClipFile).labels
    assert found["clips"] == np.isin(labels, split.unseen).sum() - len(split.unseen)
    assert found["one_shot_exemplars"] > 2 * found["chance"]
    assert found["one_shot"] <= found["one_shot_as_published"] or 0 in found["rounds"]
    assert len(found["rounds"]) == found["seeds"] == 2
    write(made.cell.clips, poisoned(world()[0], leaks.unseen(world()[0])))
    with pytest.raises(UserError, match="test clip 0 the score nan .*one-shot, round 0"):
        outcome(made)
    monkeypatch.setattr(one_shot, "check_one_shot", lambda cell, rounds: None)
    after = outcome(made)
    assert after["rounds"] == found["rounds"] and after["one_shot"] != found["one_shot"]
    monkeypatch.setattr(AlignedPGFA, "score_one_shot", Method.score_one_shot)
    with pytest.raises(UserError, match="AlignedPGFA has no one-shot protocol"):
        outcome(made)


def test_where_all_clips_of_seen_classes_train_none_is_left_to_test_them(study, monkeypatch):
    """The official protocol: the auxiliary set holds all samples of the seen classes."""
    monkeypatch.setitem(datasets.SPLIT_DEFAULTS, "fixed_protocol", "all_clips")
    made = study("pgfa_aligned", world()[0], **leaks.ALL_TRAIN)
    split = read(made.file("test", "split_file"), SplitFile)
    labels = read(made.cell.clips, ClipFile).labels
    assert np.array_equal(split.train_seen, np.flatnonzero(np.isin(labels, split.seen)))
    assert not len(split.test_seen)
    shown = read(made.file("test", "training"), TrainingFile).rows
    assert np.array_equal(shown, split.train_seen)
    assert outcome(made)["one_shot_exemplars"] > 100 / len(split.unseen)
    evaluate.main(made.cell, made.settings)
    found = json.loads(made.cell.numbers.read_text())
    assert found["zsl"] > 0 and not {"gzsl", "encoder_seen"} & found.keys()


def outcome(made: Study) -> dict:
    oneshot.main(made.cell, needed("oneshot", made.cell, made.changes))
    return json.loads(oneshot.metrics(made.cell).read_text())
