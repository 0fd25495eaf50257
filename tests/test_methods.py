"""The contract of methods, for every method of the table: a new one is tested once it is there."""

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
from zsar.config.settings import without_layers
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.experiment.inputs import scores_among
from zsar.learning.mapped_clips import MappedClips
from zsar.learning.training import Row
from zsar.learning.world import Clips, Text
from zsar.methods.base import Method
from zsar.validation import typed


@pytest.fixture(scope="module", autouse=True)
def as_in_a_stage():
    torch.set_deterministic_debug_mode("error")
    yield
    torch.set_deterministic_debug_mode("default")


every_method = pytest.mark.parametrize("name", methods.available())


@dataclass(frozen=True)
class Trained:
    """A method that was trained on the seen corners, with all that it was given."""

    method: Method
    encoder: Encoder
    rows: list[Row]
    clips: Clips
    text: Text

    @property
    def novel(self) -> Clips:
        return self.clips[torch.isin(self.clips.labels, toys.UNSEEN)]

    def scores(self, shown: Clips, classes: torch.Tensor) -> torch.Tensor:
        return toys.scores(self.method, shown, self.text[classes])


def train(name: str, mapped: bool = False) -> Trained:
    clips, text, encoder = toys.clips(), toys.text(toys.sources(name)), toys.encoder()
    if mapped:
        clips = replace(clips, skeletons=MappedClips(clips.skeletons, torch.arange(len(clips))))
    method = toys.build(name, (clips, text), encoder)
    seen = clips[torch.isin(clips.labels, toys.SEEN)]
    return Trained(method, encoder, list(method.fit(seen, text)), clips, text)


trained = cache(train)


@every_method
def test_recognises_classes_that_no_clip_has_shown(name):
    made = trained(name)
    answers = toys.UNSEEN[made.scores(made.novel, toys.UNSEEN).argmax(1)]
    assert (answers == made.novel.labels).float().mean() > 0.9


FEATURES_ALONE = {"pgfa": {"encoder": "frozen"}, "pgfa_aligned": {"encoder": "frozen"}}
FEATURES_ALONE |= {"smie": {"temporal": 0.0}}
ENCODE_ALWAYS = ("conse", "dyna_purls", "neuron", "purls", "skeleton_cache", "star")


@every_method
def test_skeletons_are_touched_only_where_they_are_asked_for(name):
    clips, text = toys.clips(), toys.text(toys.sources(name))
    bare = replace(clips, skeletons=clips.skeletons[:, :, :0])
    changes, seen = FEATURES_ALONE.get(name, {}), torch.isin(clips.labels, toys.SEEN)
    if name in ENCODE_ALWAYS:
        assert toys.needs_skeletons(name)
        return
    assert not toys.needs_skeletons(name, **changes)
    assert toys.needs_skeletons(name) == (name in FEATURES_ALONE)
    found = [
        (next(iter(method.fit(shown[seen], text))), toys.scores(method, shown[~seen], text))
        for shown in (clips, bare)
        for method in [toys.build(name, (shown, text), **changes)]
    ]
    assert found[0][0] == found[1][0] and found[0][1].equal(found[1][1])


@every_method
def test_recognises_seen_classes_among_all(name):
    made = trained(name)
    shown = made.clips[torch.isin(made.clips.labels, toys.SEEN)]
    right = made.scores(shown, torch.arange(len(made.text))).argmax(1) == shown.labels
    assert right.float().mean() > 0.5


@every_method
def test_yields_a_row_of_finite_losses_after_every_epoch(name):
    rows, settings = trained(name).rows, toys.given(name)
    inner = settings.get("settings", settings)  # of a method that trains another
    epochs = inner.get("epochs") or inner.get("schedule", {}).get("cycles", 1)
    for candidates in ("shares", "strengths", "sharpnesses"):
        epochs *= len(settings.get(candidates, [1]))
    assert len(rows) == epochs == type(trained(name).method).num_epochs(toys.settings(name))
    assert all(row.keys() == rows[0].keys() for row in rows)
    assert all(torch.tensor(list(row.values())).isfinite().all() for row in rows)


@every_method
def test_columns_follow_the_order_of_the_candidates(name):
    made, order = trained(name), torch.tensor([3, 0, 2, 1])
    classes = torch.tensor([5, 0, 2, 6])
    there, back = (made.scores(made.novel, some) for some in (classes, classes[order]))
    close(there[:, order], back)


@every_method
def test_a_clip_scores_the_same_in_any_company(name):
    made = trained(name)
    if made.method.transductive:
        pytest.skip("learns from the clips it scores")
    parts = [made.novel[rows] for rows in torch.arange(len(made.novel)).split([1, 22, 17])]
    apart = torch.cat([made.scores(part, toys.UNSEEN) for part in parts])
    close(apart, made.scores(made.novel, toys.UNSEEN))


@every_method
def test_the_labels_of_the_clips_it_scores_are_never_read(name):
    made = trained(name)
    poisoned = replace(made.novel, labels=torch.full_like(made.novel.labels, -(2**60)))
    scores = made.scores(made.novel, toys.UNSEEN)
    assert made.scores(poisoned, toys.UNSEEN).equal(scores)


@every_method
def test_scoring_changes_neither_method_nor_clips_nor_texts(name):
    made = trained(name)
    before = copy.deepcopy((made.method.state_dict(), vars(made.novel), vars(made.text)))
    first = made.scores(made.novel, toys.UNSEEN)
    assert not first.requires_grad
    assert made.scores(made.novel, toys.UNSEEN).equal(first)
    after = made.method.state_dict(), vars(made.novel), vars(made.text)
    for one, other in zip(before, after, strict=True):
        assert all(one[key].equal(other[key]) for key in one if torch.is_tensor(one[key]))


@every_method
def test_learning_leaves_the_frozen_encoder_and_the_world_as_they_were(name):
    made, clips, text = trained(name), toys.clips(), toys.text(toys.sources(name))
    assert made.clips.features.equal(clips.features)
    assert made.clips.skeletons.equal(clips.skeletons)
    assert made.text.pooled.equal(text.pooled)
    assert not made.encoder.training
    for ours, theirs in zip(made.encoder.parameters(), toys.encoder().parameters(), strict=True):
        assert ours.equal(theirs) and ours.grad is None and not ours.requires_grad


@every_method
@pytest.mark.parametrize("mapped", [False, True], ids=["in memory", "in their file"])
def test_the_same_seed_gives_the_same_scores(name, mapped):
    """Wherever the skeletons are."""
    first, second = trained(name), train(name, mapped)
    assert first.rows == second.rows
    one, other = (each.scores(each.novel, toys.UNSEEN) for each in (first, second))
    assert one.equal(other)


@every_method
def test_saved_and_loaded_it_scores_the_same(name, tmp_path):
    made, file = trained(name), tmp_path / "method.safetensors"
    save_file({key: value.clone() for key, value in made.method.state_dict().items()}, file)
    twin = toys.build(name, (made.clips, made.text))
    twin.load_state_dict(load_file(file))
    scores = toys.scores(twin, made.novel, made.text[toys.UNSEEN])
    assert scores.equal(made.scores(made.novel, toys.UNSEEN))


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
    made = train(name)
    assert made.rows and all(torch.tensor(list(row.values())).isfinite().all() for row in made.rows)
    assert made.scores(made.novel, toys.UNSEEN).isfinite().all()
    assert toys.section(name) != toys.section(
        without_layers(name)
    )  # what the stages read, such as sources, too
    reads = made.method.reads_labels
    assert reads == (name in READ_LABELS)
    own, others = (
        scores_among(made.method, shown, made.text, toys.UNSEEN, seed=0)
        for shown in (made.novel, replace(made.novel, labels=made.novel.labels.roll(9)))
    )
    assert own.equal(others) != reads


READ_LABELS = {  # published tests that know the classes of their clips
    "purls+true_text",
    "purls+as_published",
    "dyna_purls+true_text",
    "dyna_purls+as_published",
    "neuron+either_branch",
    "neuron+as_published",
}


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
    moved = [
        {k: v.cuda() if isinstance(v, torch.Tensor) else v for k, v in vars(each).items()}
        for each in (clips, text)
    ]
    clips, text = Clips(**moved[0]), Text(**moved[1])
    method = toys.build(name, (clips, text))
    list(method.fit(clips[torch.isin(clips.labels, toys.SEEN.cuda())], text))
    novel, unseen = clips[torch.isin(clips.labels, toys.UNSEEN.cuda())], toys.UNSEEN.cuda()
    answers = unseen[toys.scores(method, novel, text[unseen]).argmax(1)]
    assert (answers == novel.labels).float().mean() > 0.9


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
