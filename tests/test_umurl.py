"""UmURL as an encoder: it learns without labels, twice the same, and goes on where it stopped."""

from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from zsar.encoders.base import LabelledClips
from zsar.encoders.umurl import UmURL, UmURLAll, UmURLConfig
from zsar.encoders.umurl_network import Projected
from zsar.encoders.umurl_pretraining import PretrainingConfig, pretrain
from zsar.encoders.umurl_views import ViewConfig, to_frame_major
from zsar.errors import UserError
from zsar.learning.collapse import Collapsed, CollapseThresholds, feature_stats
from zsar.learning.downstream import ProbeConfig, nearest_neighbours
from zsar.learning.optim import AdamConfig, SGDConfig, adam
from zsar.learning.precision import scaler
from zsar.learning.training import Diverged, descend
from zsar.learning.vicreg import VICRegWeights

PRETEXT = PretrainingConfig(
    projection=32,
    views=ViewConfig(0.1, 8, 0.5, 15, 0.5),
    weights=VICRegWeights(5.0, 5.0, 1.0),
    optimizer=AdamConfig(1e-3, 1e-5),
    epochs=4,
    milestones=(3,),
    decay=0.1,
    batch_size=16,
    last_batch="dropped",
    precision="float32",
    collapse=CollapseThresholds(0.0, 0.0),
    checkpoint_every=1,
)
PROBE = ProbeConfig(SGDConfig(0.5, 0.9, 0.0), 0.01, 50, (40,), 0.1, 16)
RECIPE = UmURLConfig(width=16, frames=16, pretraining=PRETEXT, probe=PROBE)


def footage(clips: int, frames: int = 12) -> LabelledClips:
    """Each class swings one joint of its own."""
    labels = torch.arange(clips) % 4
    skeletons = 0.02 * torch.randn(clips, 3, frames, 25, 2)
    swing = torch.sin(torch.arange(float(frames)))
    for clip, label in enumerate(labels):
        skeletons[clip, 0, :, 6 + 4 * label, 0] += swing
    skeletons[..., 1] = 0
    return LabelledClips(skeletons, labels)


def encoder(recipe: UmURLConfig = RECIPE) -> UmURL:
    torch.manual_seed(0)
    return UmURL(4, recipe)


@pytest.fixture
def toys() -> tuple[LabelledClips, LabelledClips]:
    torch.manual_seed(1)
    return footage(64), footage(32)


def bytes_of(module: torch.nn.Module) -> list[bytes]:
    return [value.numpy().tobytes() for value in module.state_dict().values()]


def test_it_learns_to_agree_and_its_features_tell_the_classes_apart(toys):
    learner = encoder(replace(RECIPE, pretraining=replace(PRETEXT, epochs=12, milestones=(10,))))
    rows = list(learner.fit(*toys))
    parts = ("intra", "inter", "spread", "covariance")
    totals = [sum(row[part] for part in parts) for row in rows[:12]]
    assert len(rows) == 12 + 50 and all(row.keys() == rows[0].keys() for row in rows)
    assert totals[-1] < totals[0]
    assert max(row["val_accuracy"] for row in rows[12:]) > 0.9
    logits = learner.classify(learner.features(toys[1].skeletons))
    right = (logits.argmax(1) == toys[1].labels).double().mean()
    assert right == max(row["val_accuracy"] for row in rows[12:])


def test_no_label_reaches_the_features(toys):
    train, held = toys
    first, second = encoder(), encoder()
    other = replace(train, labels=train.labels.flip(0))
    for learner, footage in ((first, train), (second, other)):
        torch.manual_seed(2)
        list(learner.fit(footage, held))
    assert bytes_of(first.backbone) == bytes_of(second.backbone)
    assert bytes_of(first.head) != bytes_of(second.head)


def test_one_seed_gives_the_same_bytes_and_the_same_rows(toys):
    learners, rows = (encoder(), encoder()), []
    for learner in learners:
        torch.manual_seed(2)
        rows.append(repr(list(learner.fit(*toys))))
    assert rows[0] == rows[1]
    assert bytes_of(learners[0]) == bytes_of(learners[1])


@pytest.mark.parametrize("done", [1, 3])
def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(toys, tmp_path, done):
    whole, stopped, resumed = encoder(), encoder(), encoder()
    torch.manual_seed(2)
    expected = repr(list(whole.fit(*toys, tmp_path / "whole")))
    torch.manual_seed(2)
    list(islice(stopped.fit(*toys, tmp_path / "stopped"), done))
    assert len(list((tmp_path / "stopped").iterdir())) == 1
    torch.manual_seed(2)
    assert repr(list(resumed.fit(*toys, tmp_path / "stopped"))) == expected
    assert bytes_of(resumed) == bytes_of(whole)
    assert not list((tmp_path / "stopped").iterdir())


def test_what_another_training_left_behind_is_not_taken_up(toys, tmp_path):
    train, held = toys
    flipped = LabelledClips(train.skeletons.flip(0), train.labels)
    for footage, seed in ((train, 2), (flipped, 2), (train, 3), (train, 2)):
        learner = encoder()
        torch.manual_seed(seed)
        list(islice(learner.fit(footage, held, tmp_path), 2))
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("frames", [1, 12, 16, 40])
def test_clips_of_any_length_become_one_vector(frames):
    learner = encoder().eval()
    clips = footage(5, frames).skeletons
    assert learner(clips).shape == (5, learner.width)
    one_by_one = torch.cat([learner(clip[None]) for clip in clips])
    torch.testing.assert_close(one_by_one, learner(clips), atol=1e-5, rtol=1e-4)


def test_the_most_of_the_maps_are_the_features():
    learner = encoder().eval()
    clips = footage(3).skeletons
    maps = learner.maps(clips)
    assert maps.shape == (3, 2, learner.width, 16, 25)
    torch.testing.assert_close(maps.amax((1, 3, 4)), learner(clips), atol=1e-5, rtol=1e-4)


def test_a_clip_without_anybody_stays_finite(toys):
    train, held = toys
    train.skeletons[:3] = 0
    learner = encoder()
    assert all(row["intra"] >= 0 for row in islice(learner.fit(train, held), 2))
    assert learner.features(train.skeletons).isfinite().all()


def test_a_loss_that_is_no_number_stops_the_training(toys):
    train, held = toys
    train.skeletons[5] = float("nan")
    with pytest.raises(Diverged, match="nan"):
        list(encoder().fit(train, held))


def test_a_collapse_stops_the_training(toys):
    alarmed = replace(RECIPE, pretraining=replace(PRETEXT, collapse=CollapseThresholds(0.0, 33.0)))
    with pytest.raises(Collapsed, match=r"rank is .*, expected 33 or more"):
        list(encoder(alarmed).fit(*toys))


def test_health_is_one_for_directions_of_all_kinds_and_nothing_for_one_direction():
    torch.manual_seed(0)
    well = feature_stats(torch.randn(4000, 16))
    assert well["deviation"] == pytest.approx(1, abs=0.01)
    assert well["rank"] == pytest.approx(16, abs=0.1)
    same = feature_stats(torch.ones(50, 16) * torch.rand(50, 1))
    assert same["deviation"] == pytest.approx(0, abs=1e-5)
    assert feature_stats(torch.zeros(5, 4)) == {"deviation": 0.0, "rank": 1.0}


def test_bfloat16_starts_out_like_float32_but_not_the_same(toys):
    quick = replace(RECIPE, pretraining=replace(PRETEXT, precision="bf16"))
    (fine,), (coarse,) = (list(islice(encoder(recipe).fit(*toys), 1)) for recipe in (RECIPE, quick))
    for part in ("intra", "inter", "spread"):
        assert coarse[part] == pytest.approx(fine[part], rel=0.05) and coarse[part] != fine[part]


def test_fp16_with_its_scaled_loss_learns_and_goes_on_where_it_stopped(toys, tmp_path):
    half = replace(RECIPE, pretraining=replace(PRETEXT, precision="fp16"))
    whole, stopped, resumed = encoder(half), encoder(half), encoder(half)
    torch.manual_seed(2)
    rows = list(whole.fit(*toys))
    torch.manual_seed(2)
    list(islice(stopped.fit(*toys, tmp_path), 2))
    (kept,) = tmp_path.iterdir()
    assert torch.load(kept, weights_only=True)["scale"]["scale"] > 1
    torch.manual_seed(2)
    assert repr(list(resumed.fit(*toys, tmp_path))) == repr(rows)
    assert bytes_of(resumed) == bytes_of(whole)


def test_a_step_whose_gradients_overflow_is_left_out(toys):
    learner = encoder().train()
    before = bytes_of(learner.head)
    loss = {"endless": learner.head.weight.sum() * 1e36}
    optimizer, scale = (
        adam(learner.head, AdamConfig(1e-3, 0.0)),
        scaler(torch.device("cpu"), "fp16"),
    )
    rows = {"rows": 4, "batch_size": 4, "epochs": 1}
    list(descend(learner.head, lambda _: loss, optimizer, **rows, scaler=scale))
    assert bytes_of(learner.head) == before and scale.get_scale() < 65536


@pytest.mark.parametrize(("last", "steps"), [("dropped", 2), ("kept", 3)])
def test_the_last_batch_is_kept_as_published_or_dropped(last, steps):
    learner = encoder()
    taken = []
    pretext = replace(PRETEXT, epochs=1, milestones=(), last_batch=last)
    network = Projected(learner.backbone, pretext.projection)
    network.register_forward_pre_hook(lambda _, views: taken.append(views[0].shape[1]))
    list(pretrain(network, to_frame_major(footage(40).skeletons), pretext, None))
    assert taken == [16, 16, 8][:steps]


def test_one_clip_alone_cannot_be_learnt_from(toys):
    with pytest.raises(ValueError, match="compares clips"):
        list(encoder().fit(footage(1), toys[1]))


def test_where_nothing_is_held_out_the_last_epoch_of_the_head_stays(toys):
    train, learner = toys[0], encoder()
    rows = list(learner.fit(train, footage(0)))
    assert all(row.keys() == rows[0].keys() for row in rows)
    assert "val_accuracy" not in rows[0] and len(rows) == PRETEXT.epochs + PROBE.epochs
    right = (learner.classify(learner.features(train.skeletons)).argmax(1) == train.labels).double()
    assert right.mean() > 0.9


def test_the_variant_for_all_clips_learns_from_those_it_is_shown(toys):
    train, held = toys
    torch.manual_seed(0)
    watching = UmURLAll(4, RECIPE)
    watching.watch(train.skeletons)
    rows = list(watching.fit(LabelledClips(train.skeletons[:8], train.labels[:8]), held))
    plain = encoder()
    before = list(plain.fit(train, held))
    assert str(rows[:4]) == str(before[:4])  # what it learnt before it saw a label
    assert bytes_of(watching.backbone) == bytes_of(plain.backbone)


def test_an_encoder_that_needs_labels_cannot_be_shown_clips_without():
    with pytest.raises(UserError, match="labelled clips only"):
        encoder().watch(footage(4).skeletons)


def test_the_variant_for_all_clips_takes_the_backbone_over_and_leaves_it_alone(toys):
    learned = encoder()
    list(learned.pretrain(toys[0].skeletons, None))
    torch.manual_seed(5)
    other = UmURLAll(4, RECIPE)
    other.body().load_state_dict(learned.backbone.state_dict())
    rows = list(other.fit(*toys))
    assert len(rows) == 50
    assert bytes_of(other.backbone) == bytes_of(learned.backbone)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_do_not_change_who_is_nearest(block):
    torch.manual_seed(0)
    queries, gallery = torch.randn(20, 6), torch.randn(50, 6)
    gallery[30] = 2 * gallery[3]  # as near as the third, which is earlier
    cosines = torch.nn.functional.cosine_similarity(queries[:, None], gallery[None], dim=2)
    for count in (1, 5):
        found = nearest_neighbours(queries, gallery, count, block)
        expected = cosines.sort(dim=1, descending=True, stable=True).values[:, :count]
        torch.testing.assert_close(cosines.gather(1, found), expected)
    assert nearest_neighbours(gallery[[3]], gallery, 1, block).item() == 3


class Largest(TorchDispatchMode):
    """The most numbers that any step has made anew."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, step, types, args=(), kwargs=None):
        made = step(*args, **(kwargs or {}))
        if step is not torch.ops.aten.split.Tensor and step is not torch.ops.aten.slice.Tensor:
            tensors = [each for each in tree_leaves(made) if isinstance(each, torch.Tensor)]
            self.numbers = max(self.numbers, *(each.numel() for each in tensors))
        return made


def test_no_step_of_a_search_holds_more_than_a_block():
    queries, gallery = torch.randn(630, 16), torch.randn(510, 16)
    with Largest() as largest:
        nearest_neighbours(queries, gallery, 1, 32)
    assert largest.numbers == 32 * 32
