"""UmURL as an encoder: pre-training without labels, resuming, collapse, and the probe."""

from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from zsar.encoders.base import LabelledClips
from zsar.encoders.umurl import UmURL, UmURLAll, UmURLConfig
from zsar.encoders.umurl_network import Projected
from zsar.encoders.umurl_pretraining import (
    Collapsed,
    CollapseThresholds,
    PretrainingConfig,
    feature_stats,
    pretrain,
)
from zsar.encoders.umurl_views import ViewConfig
from zsar.learning.downstream import ProbeConfig, nearest_neighbours
from zsar.learning.optim import AdamConfig, SGDConfig, adam
from zsar.learning.precision import scaler
from zsar.learning.training import Diverged, descend
from zsar.learning.vicreg import VICRegWeights

PRETRAINING = PretrainingConfig(
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
CONFIG = UmURLConfig(width=16, frames=16, pretraining=PRETRAINING, probe=PROBE)


def toy_clips(clips: int, frames: int = 12) -> LabelledClips:
    """Each class swings one joint of its own."""
    labels = torch.arange(clips) % 4
    skeletons = 0.02 * torch.randn(clips, 3, frames, 25, 2)
    swing = torch.sin(torch.arange(float(frames)))
    for clip, label in enumerate(labels):
        skeletons[clip, 0, :, 6 + 4 * label, 0] += swing
    skeletons[..., 1] = 0
    return LabelledClips(skeletons, labels)


def build(config: UmURLConfig = CONFIG) -> UmURL:
    torch.manual_seed(0)
    return UmURL(4, config)


@pytest.fixture
def data() -> tuple[LabelledClips, LabelledClips]:
    torch.manual_seed(1)
    return toy_clips(64), toy_clips(32)


def bytes_of(module: torch.nn.Module) -> list[bytes]:
    return [value.numpy().tobytes() for value in module.state_dict().values()]


def test_pre_training_lowers_the_losses_and_its_features_separate_the_classes(data):
    encoder = build(replace(CONFIG, pretraining=replace(PRETRAINING, epochs=12, milestones=(10,))))
    rows = list(encoder.fit(*data))
    parts = ("intra", "inter", "variance", "covariance")
    totals = [sum(row[part] for part in parts) for row in rows[:12]]
    assert len(rows) == 12 + 50 and all(row.keys() == rows[0].keys() for row in rows)
    assert totals[-1] < totals[0]
    assert max(row["val_accuracy"] for row in rows[12:]) > 0.9
    logits = encoder.classify(encoder.encode(data[1].skeletons))
    right = (logits.argmax(1) == data[1].labels).double().mean()
    assert right == max(row["val_accuracy"] for row in rows[12:])


def test_features_do_not_depend_on_labels(data):
    train, val = data
    first, second = build(), build()
    other = replace(train, labels=train.labels.flip(0))
    for encoder, clips in ((first, train), (second, other)):
        torch.manual_seed(2)
        list(encoder.fit(clips, val))
    assert bytes_of(first.network) == bytes_of(second.network)
    assert bytes_of(first.head) != bytes_of(second.head)


@pytest.mark.parametrize("done", [1, 3])
def test_an_interrupted_training_resumes_and_ends_as_an_uninterrupted_one(data, tmp_path, done):
    whole, stopped, resumed = build(), build(), build()
    torch.manual_seed(2)
    expected = repr(list(whole.fit(*data, tmp_path / "whole")))
    torch.manual_seed(2)
    list(islice(stopped.fit(*data, tmp_path / "stopped"), done))
    assert len(list((tmp_path / "stopped").iterdir())) == 1
    torch.manual_seed(2)
    assert repr(list(resumed.fit(*data, tmp_path / "stopped"))) == expected
    assert bytes_of(resumed) == bytes_of(whole)


def test_the_checkpoint_of_another_training_is_not_used(data, tmp_path):
    train, val = data
    flipped = LabelledClips(train.skeletons.flip(0), train.labels)
    for clips, seed in ((train, 2), (flipped, 2), (train, 3), (train, 2)):
        encoder = build()
        torch.manual_seed(seed)
        list(islice(encoder.fit(clips, val, tmp_path), 2))
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("frames", [1, 12, 16, 40])
def test_clips_of_any_length_become_one_vector(frames):
    encoder = build().eval()
    clips = toy_clips(5, frames).skeletons
    assert encoder(clips).shape == (5, encoder.width)
    one_by_one = torch.cat([encoder(clip[None]) for clip in clips])
    torch.testing.assert_close(one_by_one, encoder(clips), atol=1e-5, rtol=1e-4)


def test_the_maximum_of_the_maps_are_the_features():
    encoder = build().eval()
    clips = toy_clips(3).skeletons
    maps = encoder.maps(clips)
    assert maps.shape == (3, 2, encoder.width, 16, 25)
    torch.testing.assert_close(maps.amax((1, 3, 4)), encoder(clips), atol=1e-5, rtol=1e-4)


def test_a_clip_without_a_body_has_finite_features(data):
    train, val = data
    train.skeletons[:3] = 0
    encoder = build()
    assert all(row["intra"] >= 0 for row in islice(encoder.fit(train, val), 2))
    assert encoder.encode(train.skeletons).isfinite().all()


def test_a_loss_that_is_not_a_number_stops_the_training(data):
    train, val = data
    train.skeletons[5] = float("nan")
    with pytest.raises(Diverged, match="nan"):
        list(build().fit(train, val))


def test_a_collapse_stops_the_training(data):
    strict = replace(
        CONFIG, pretraining=replace(PRETRAINING, collapse=CollapseThresholds(0.0, 33.0))
    )
    with pytest.raises(Collapsed, match=r"rank is .*, expected 33 or more"):
        list(build(strict).fit(*data))


def test_the_deviation_is_one_for_random_directions_and_zero_for_one_direction():
    torch.manual_seed(0)
    random = feature_stats(torch.randn(4000, 16))
    assert random["deviation"] == pytest.approx(1, abs=0.01)
    assert random["rank"] == pytest.approx(16, abs=0.1)
    same = feature_stats(torch.ones(50, 16) * torch.rand(50, 1))
    assert same["deviation"] == pytest.approx(0, abs=1e-5)
    assert feature_stats(torch.zeros(5, 4)) == {"deviation": 0.0, "rank": 1.0}


def test_losses_in_bfloat16_are_close_to_those_in_float32_but_not_equal(data):
    quick = replace(CONFIG, pretraining=replace(PRETRAINING, precision="bf16"))
    (fine,), (coarse,) = (list(islice(build(config).fit(*data), 1)) for config in (CONFIG, quick))
    for part in ("intra", "inter", "variance"):
        assert coarse[part] == pytest.approx(fine[part], rel=0.05) and coarse[part] != fine[part]


def test_fp16_with_its_scaled_loss_resumes_and_ends_as_an_uninterrupted_training(data, tmp_path):
    half = replace(CONFIG, pretraining=replace(PRETRAINING, precision="fp16"))
    whole, stopped, resumed = build(half), build(half), build(half)
    torch.manual_seed(2)
    rows = list(whole.fit(*data))
    torch.manual_seed(2)
    list(islice(stopped.fit(*data, tmp_path), 2))
    (saved,) = tmp_path.iterdir()
    assert torch.load(saved, weights_only=True)["scale"]["scale"] > 1
    torch.manual_seed(2)
    assert repr(list(resumed.fit(*data, tmp_path))) == repr(rows)
    assert bytes_of(resumed) == bytes_of(whole)


def test_a_step_whose_gradients_overflow_is_skipped(data):
    encoder = build().train()
    before = bytes_of(encoder.head)
    loss = {"endless": encoder.head.weight.sum() * 1e36}
    optimizer, scale = (
        adam(encoder.head, AdamConfig(1e-3, 0.0)),
        scaler(torch.device("cpu"), "fp16"),
    )
    rows = {"rows": 4, "batch_size": 4, "epochs": 1}
    list(descend(encoder.head, lambda _: loss, optimizer, **rows, scaler=scale))
    assert bytes_of(encoder.head) == before and scale.get_scale() < 65536


@pytest.mark.parametrize(("last", "steps"), [("dropped", 2), ("kept", 3)])
def test_the_last_batch_is_kept_as_published_or_dropped(last, steps):
    encoder = build()
    taken = []
    pretraining = replace(PRETRAINING, epochs=1, milestones=(), last_batch=last)
    network = Projected(encoder.network, pretraining.projection)
    network.register_forward_pre_hook(lambda _, views: taken.append(views[0].shape[1]))
    list(pretrain(network, toy_clips(40).skeletons, pretraining, None))
    assert taken == [16, 16, 8][:steps]


def test_a_single_clip_is_an_error(data):
    with pytest.raises(ValueError, match="compares clips"):
        list(build().fit(toy_clips(1), data[1]))


def test_without_validation_clips_the_last_epoch_of_the_head_is_kept(data):
    train, encoder = data[0], build()
    rows = list(encoder.fit(train, toy_clips(0)))
    assert all(row.keys() == rows[0].keys() for row in rows)
    assert "val_accuracy" not in rows[0] and len(rows) == PRETRAINING.epochs + PROBE.epochs
    right = (encoder.classify(encoder.encode(train.skeletons)).argmax(1) == train.labels).double()
    assert right.mean() > 0.9


def test_umurl_all_is_pre_trained_on_the_unlabelled_clips(data):
    train, val = data
    torch.manual_seed(0)
    all_clips = UmURLAll(4, CONFIG)
    all_clips.set_unlabelled_clips(train.skeletons)
    rows = list(all_clips.fit(LabelledClips(train.skeletons[:8], train.labels[:8]), val))
    plain = build()
    before = list(plain.fit(train, val))
    assert str(rows[:4]) == str(before[:4])  # the epochs before the labels are used
    assert bytes_of(all_clips.network) == bytes_of(plain.network)


def test_umurl_all_without_unlabelled_clips_trains_only_the_head(data):
    pretrained = build()
    list(pretrained.pretrain(data[0].skeletons, None))
    torch.manual_seed(5)
    other = UmURLAll(4, CONFIG)
    other.backbone().load_state_dict(pretrained.network.state_dict())
    rows = list(other.fit(*data))
    assert len(rows) == 50
    assert bytes_of(other.network) == bytes_of(pretrained.network)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_size_of_blocks_does_not_change_the_nearest_neighbours(block):
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
    """The size of the largest tensor that any operator has made."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, step, types, args=(), kwargs=None):
        made = step(*args, **(kwargs or {}))
        if step is not torch.ops.aten.split.Tensor and step is not torch.ops.aten.slice.Tensor:
            tensors = [each for each in tree_leaves(made) if isinstance(each, torch.Tensor)]
            self.numbers = max(self.numbers, *(each.numel() for each in tensors))
        return made


def test_no_tensor_of_a_search_is_larger_than_a_block():
    queries, gallery = torch.randn(630, 16), torch.randn(510, 16)
    with Largest() as largest:
        nearest_neighbours(queries, gallery, 1, 32)
    assert largest.numbers == 32 * 32
