"""The contract, asked of every method there is: a new one is under test once it has a name."""

import copy
from dataclasses import dataclass, replace
from functools import cache, reduce

import pytest
import torch
from safetensors.torch import load_file, save_file

import toys
from benchmarks import quirks
from toy_config import config
from toy_study import layered
from zsar import methods
from zsar.config.settings import base
from zsar.config.validation import typed
from zsar.errors import UserError
from zsar.learning.training import Row
from zsar.learning.world import Clips, Text
from zsar.methods.base import Method


@pytest.fixture(scope="module", autouse=True)
def as_in_a_stage():
    torch.set_deterministic_debug_mode("error")
    yield
    torch.set_deterministic_debug_mode("default")


every_method = pytest.mark.parametrize("name", methods.available())


@dataclass(frozen=True)
class Life:
    """A method that has learnt the seen corners, and the world it did so in."""

    method: Method
    rows: list[Row]
    clips: Clips
    text: Text

    @property
    def novel(self) -> Clips:
        return self.clips[torch.isin(self.clips.labels, toys.UNSEEN)]

    def scores(self, shown: Clips, classes: torch.Tensor) -> torch.Tensor:
        return toys.scores(self.method, shown, self.text[classes])


def live(name: str) -> Life:
    clips, text = toys.clips(), toys.text(toys.sources(name))
    method = toys.build(name, (clips, text))
    seen = clips[torch.isin(clips.labels, toys.SEEN)]
    return Life(method, list(method.fit(seen, text)), clips, text)


learnt = cache(live)


@every_method
def test_recognises_classes_that_no_clip_has_shown(name):
    life = learnt(name)
    answers = toys.UNSEEN[life.scores(life.novel, toys.UNSEEN).argmax(1)]
    assert (answers == life.novel.labels).float().mean() > 0.9


FEATURES_ALONE = {"pgfa": {"encoder": "frozen"}, "pgfa_aligned": {"encoder": "frozen"}}
FEATURES_ALONE |= {"smie": {"temporal": 0.0}}


@every_method
def test_skeletons_are_touched_only_where_they_are_asked_for(name):
    clips, text = toys.clips(), toys.text(toys.sources(name))
    bare = replace(clips, skeletons=clips.skeletons[:, :, :0], encoder=torch.nn.Module())
    changes, seen = FEATURES_ALONE.get(name, {}), torch.isin(clips.labels, toys.SEEN)
    assert not toys.needs_skeletons(name, **changes)
    assert toys.needs_skeletons(name) == (name in FEATURES_ALONE)
    told = [
        (next(iter(method.fit(shown[seen], text))), toys.scores(method, shown[~seen], text))
        for shown in (clips, bare)
        for method in [toys.build(name, (shown, text), **changes)]
    ]
    assert told[0][0] == told[1][0] and told[0][1].equal(told[1][1])


@every_method
def test_recognises_seen_classes_among_all(name):
    life = learnt(name)
    shown = life.clips[torch.isin(life.clips.labels, toys.SEEN)]
    right = life.scores(shown, torch.arange(len(life.text))).argmax(1) == shown.labels
    assert right.float().mean() > 0.5


@every_method
def test_yields_a_row_of_finite_losses_after_every_epoch(name):
    rows, settings = learnt(name).rows, toys.given(name)
    epochs = settings["epochs"] if "epochs" in settings else settings["schedule"]["cycles"]
    assert len(rows) == epochs
    assert all(row.keys() == rows[0].keys() for row in rows)
    assert all(torch.tensor(list(row.values())).isfinite().all() for row in rows)


@every_method
def test_columns_follow_the_order_of_the_candidates(name):
    life, order = learnt(name), torch.tensor([3, 0, 2, 1])
    classes = torch.tensor([5, 0, 2, 6])
    there, back = (life.scores(life.novel, some) for some in (classes, classes[order]))
    close(there[:, order], back)


@every_method
def test_a_clip_scores_the_same_in_any_company(name):
    life = learnt(name)
    if life.method.transductive:
        pytest.skip("learns from the clips it scores")
    parts = [life.novel[rows] for rows in torch.arange(len(life.novel)).split([1, 22, 17])]
    apart = torch.cat([life.scores(part, toys.UNSEEN) for part in parts])
    close(apart, life.scores(life.novel, toys.UNSEEN))


@every_method
def test_the_labels_of_the_clips_it_scores_are_never_read(name):
    life = learnt(name)
    poisoned = replace(life.novel, labels=torch.full_like(life.novel.labels, -(2**60)))
    scores = life.scores(life.novel, toys.UNSEEN)
    assert life.scores(poisoned, toys.UNSEEN).equal(scores)


@every_method
def test_scoring_changes_neither_method_nor_clips_nor_texts(name):
    life = learnt(name)
    before = copy.deepcopy((life.method.state_dict(), vars(life.novel), vars(life.text)))
    first = life.scores(life.novel, toys.UNSEEN)
    assert not first.requires_grad
    assert life.scores(life.novel, toys.UNSEEN).equal(first)
    after = life.method.state_dict(), vars(life.novel), vars(life.text)
    for one, other in zip(before, after, strict=True):
        assert all(one[key].equal(other[key]) for key in one if torch.is_tensor(one[key]))


@every_method
def test_learning_leaves_the_frozen_encoder_and_the_world_as_they_were(name):
    life, clips, text = learnt(name), toys.clips(), toys.text(toys.sources(name))
    assert life.clips.features.equal(clips.features)
    assert life.clips.skeletons.equal(clips.skeletons)
    assert life.text.pooled.equal(text.pooled)
    assert not life.clips.encoder.training
    for ours, theirs in zip(
        life.clips.encoder.parameters(), clips.encoder.parameters(), strict=True
    ):
        assert ours.equal(theirs) and ours.grad is None and not ours.requires_grad


@every_method
def test_the_same_seed_gives_the_same_scores(name):
    first, second = learnt(name), live(name)
    assert first.rows == second.rows
    one, other = (each.scores(each.novel, toys.UNSEEN) for each in (first, second))
    assert one.equal(other)


@every_method
def test_saved_and_loaded_it_scores_the_same(name, tmp_path):
    life, file = learnt(name), tmp_path / "method.safetensors"
    save_file({key: value.clone() for key, value in life.method.state_dict().items()}, file)
    twin = toys.build(name, (life.clips, life.text))
    twin.load_state_dict(load_file(file))
    scores = toys.scores(twin, life.novel, life.text[toys.UNSEEN])
    assert scores.equal(life.scores(life.novel, toys.UNSEEN))


@every_method
def test_an_unknown_or_missing_setting_is_named(name):
    kind, settings, at = methods.method(name), toys.given(name), f"methods.{name}"
    with pytest.raises(UserError, match=f"unknown {at}.colour"):
        typed(kind.Config, settings | {"colour": 1}, at)
    for key in settings:
        rest = {other: value for other, value in settings.items() if other != key}
        with pytest.raises(UserError, match=f"{at}.{key} is missing"):
            typed(kind.Config, rest, at)


def test_every_method_has_settings_and_no_settings_lack_a_method():
    assert sorted(config().files["methods"]) == methods.available()


@pytest.mark.parametrize("name", layered())
def test_every_named_layer_of_a_method_is_typed_and_trains(name):
    life = live(name)
    assert life.rows and all(torch.tensor(list(row.values())).isfinite().all() for row in life.rows)
    assert life.scores(life.novel, toys.UNSEEN).isfinite().all()
    assert toys.section(name) != toys.section(
        base(name)
    )  # what the stages read, such as sources, too


@pytest.mark.parametrize("name", quirks.QUIRKS)
def test_every_published_quirk_is_a_setting_and_not_ours(name):
    given = toys.given(name)
    for path, value in quirks.QUIRKS[name].items():
        *sections, key = path.split(".")
        section = reduce(dict.__getitem__, sections, given)
        assert section[key] != value
        section[key] = value
    typed(methods.method(name).Config, given, f"methods.{name}")


@every_method
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_learns_on_a_gpu(name):
    clips, text = toys.clips(), toys.text(toys.sources(name))
    moved = {key: value.cuda() for key, value in vars(clips).items()}
    clips, text = Clips(**moved), Text(**{key: each.cuda() for key, each in vars(text).items()})
    method = toys.build(name, (clips, text))
    list(method.fit(clips[torch.isin(clips.labels, toys.SEEN.cuda())], text))
    novel, unseen = clips[torch.isin(clips.labels, toys.UNSEEN.cuda())], toys.UNSEEN.cuda()
    answers = unseen[toys.scores(method, novel, text[unseen]).argmax(1)]
    assert (answers == novel.labels).float().mean() > 0.9


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
