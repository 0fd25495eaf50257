"""Methods that read a map of features by joint: which encoders have one, what is random, and which
texts they learn from."""

import copy
from dataclasses import replace

import pytest
import torch

import toys
from toy_config import config
from zsar.cells import Cell
from zsar.encoders.kinematics import Kinematics
from zsar.encoders.precomputed import Precomputed
from zsar.encoders.reuse import FrozenEncoder
from zsar.errors import UserError
from zsar.exchange.next_steps import missing_texts
from zsar.learning.evolving_prototypes import Time
from zsar.methods.star import PARTS
from zsar.text.descriptions import joined_texts

METHODS = ("star", "neuron")
every_method = pytest.mark.parametrize("name", METHODS)


def built(name, text=None, **changes):
    world = toys.clips(), text or toys.text(toys.sources(name))
    return toys.build(name, world, **{"epochs": 2} | changes), *world


def scores(method, clips, text, seed):
    torch.manual_seed(seed)
    return method.eval().score(clips[torch.arange(30)], text)


@every_method
@pytest.mark.parametrize("kind", [Precomputed, Kinematics])
def test_an_encoder_that_encodes_no_skeletons_is_refused(name, kind):
    with pytest.raises(UserError, match=r"^this method encodes skeletons, but[^\n]*$"):
        toys.build(
            name,
            (toys.clips(), toys.text(toys.sources(name))),
            kind(len(toys.SEEN), kind.Config()),
        )


def test_an_encoder_without_joints_is_refused():
    class Jointless(toys.MeanPose):
        def maps(self, skeletons):
            return super().maps(skeletons).mean(4, keepdim=True)

    encoder = Jointless(6, toys.MeanPose.Config(toys.FEATURES)).eval()
    with pytest.raises(UserError, match=r"^this method reads features of 25 joints, but Jointless"):
        FrozenEncoder(encoder).maps(toys.clips().skeletons[:2])


@every_method
def test_other_numbers_of_texts_are_refused(name):
    with pytest.raises(UserError, match=r"text sources|reads 7"):
        built(name, toys.text(["names"]))


@every_method
def test_at_test_only_the_published_settings_are_random(name):
    method, *world = built(name)
    assert scores(method, *world, 0).equal(scores(method, *world, 1))
    method, *world = built(f"{name}+as_published")
    assert not scores(method, *world, 0).equal(scores(method, *world, 1))


@pytest.mark.parametrize(
    ("name", "learned"), [("star", False), ("neuron", False), ("star+as_published", True)]
)
def test_texts_of_unseen_classes_teach_only_who_says_so(name, learned):
    weights = []
    for change in (0.0, 1.0):
        method, clips, text = built(name)
        pooled = text.pooled.clone()
        pooled[toys.UNSEEN] += change
        torch.manual_seed(0)
        seen = clips[torch.isin(clips.labels, toys.SEEN)]
        list(method.fit(seen, replace(text, pooled=pooled)))
        weights.append(copy.deepcopy(method.state_dict()))
    same = all(weights[0][key].equal(weights[1][key]) for key in weights[0])
    assert method.unseen_texts == learned == (not same)


def test_the_parts_share_out_all_joints():
    assert sorted(joint for part in PARTS for joint in part) == list(range(25))


@pytest.mark.parametrize("frames", [1, 2, 13, 16])
def test_rounds_see_thirds_of_the_frames_whatever_their_number(frames):
    method, *_ = built("neuron")
    clips = torch.randn(2, frames, toys.FEATURES)
    changed = clips.clone()
    changed[:, max(1, frames // 3) :] += 1
    rounds = [list(method.time(each)) for each in (clips, changed)]
    assert isinstance(method.time, Time) and len(rounds[0]) == 3
    assert rounds[0][0].equal(rounds[1][0])
    assert rounds[0][2].equal(rounds[1][2]) == (frames == 1)


def test_joined_texts_are_made_of_those_that_are_there():
    texts = {"names": ["wave", "sit"], "head": ["nods", "sinks"]}
    joined = {"part_head": ["names", "head"], "part_leg": ["names", "legs"]}
    assert joined_texts(texts, joined) == {"part_head": ["wave, nods", "sit, sinks"]}


def test_a_joined_text_that_lacks_a_part_names_that_part(tmp_path, monkeypatch):
    folder = tmp_path / "descriptions" / "demo"
    folder.mkdir(parents=True)
    for source in ("names", "hands", "arms", "hips", "legs", "feet"):
        (folder / f"{source}.txt").write_text("wave\n")
    monkeypatch.chdir(tmp_path)
    (said,) = missing_texts(Cell("demo", method="star"), config({"method": "star"}))
    assert said.startswith("write descriptions/demo/head.txt, which star reads")
