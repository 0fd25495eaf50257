"""The contract of an encoder, for every encoder of the table: a new one is tested once it has a
name."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from itertools import islice
from typing import Any, get_type_hints

import pytest
import torch
from safetensors.torch import load_file, save_file

from toy_config import config
from toy_encoders import toy_clips
from toy_study import PUBLISHED, named
from zsar import encoders
from zsar.cells import Cell
from zsar.config.layers import merged
from zsar.config.settings import Settings, without_layers
from zsar.encoders import ENCODERS
from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.learning.mapped_clips import MappedClips
from zsar.learning.training import Row
from zsar.validation import typed

CLASSES, WEIGHTS = 4, "encoder.safetensors"
GRAPH = {
    "channels": [8, 12],
    "strides": [1, 2],
    "training": {"epochs": 10, "batch_size": 16, "lr": 0.02, "milestones": []},
    "speed": {"training": "float32"},
}
UMURL = {
    "width": 12,
    "frames": 12,
    "pretraining": {
        "projection": 16,
        "views": {"least_frames": 8},
        "epochs": 3,
        "milestones": [],
        "batch_size": 16,
        "precision": "float32",
        "checkpoint_every": 1,
        "collapse": {"deviation": 0.0, "rank": 0.0},
    },
    "probe": {"epochs": 6, "milestones": [], "batch_size": 16},
}
QUICK = {  # the published settings with these changes train in a second
    "stgcn": GRAPH | {"kernel": 3, "dropout": 0.1},
    "shift_gcn": GRAPH | {"frames": 12},
    "umurl": UMURL,
    "umurl_all": UMURL,
}

every_encoder = pytest.mark.parametrize("name", ENCODERS)
KINDS = {name: encoders.encoder(name) for name in ENCODERS}
PRECOMPUTED = [name for name, kind in KINDS.items() if kind.precomputed or kind.measured]
every_network = pytest.mark.parametrize("name", [n for n in ENCODERS if n not in PRECOMPUTED])


@pytest.fixture(autouse=True)
def as_in_a_stage():
    torch.set_deterministic_debug_mode("error")
    yield
    torch.set_deterministic_debug_mode("default")


@dataclass(frozen=True)
class Trained:
    """An encoder after `fit`, and what it was trained on."""

    encoder: Encoder
    rows: list[Row]
    train: LabelledClips
    val: LabelledClips


def settings(name: str) -> dict[str, Any]:
    """The published settings of an encoder, changed for small clips."""
    return merged(
        config(PUBLISHED).plugin("encoders", name, Cell("demo")),
        QUICK.get(without_layers(name), {}),
    )


def build(name: str, num_classes: int = CLASSES, seed: int = 0) -> Encoder:
    kind = encoders.encoder(name)
    found = Settings({"encoders": {name: settings(name)}}).of("encoders", name, kind.Config)
    torch.manual_seed(seed)
    return kind(num_classes, found)


@cache
def clips() -> tuple[LabelledClips, LabelledClips]:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return toy_clips(49), toy_clips(16)


def epochs(encoder: Encoder, val: LabelledClips, *folder) -> Iterator[Row]:
    train, _ = clips()
    if encoder.uses_unlabelled:
        encoder.set_unlabelled_clips(train.skeletons)
    return encoder.fit(train, val, *folder)


def fit(name: str, seed: int = 0) -> Trained:
    encoder, (train, val) = build(name, seed=seed), clips()
    return Trained(encoder, list(epochs(encoder, val)), train, val)


trained = cache(fit)


def mapped(found: LabelledClips) -> LabelledClips:
    """The same clips, as some rows of a larger array in another order."""
    rows = torch.arange(1, 2 * len(found), 2).flip(0)
    array = torch.full((2 * len(found), *found.skeletons.shape[1:]), torch.nan)
    array[rows] = found.skeletons
    return LabelledClips(MappedClips(array, rows), found.labels)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def test_an_unknown_name_is_an_error_that_lists_the_encoders():
    with pytest.raises(UserError, match="unknown encoder 'stgnc'; choose one of: stgcn"):
        encoders.encoder("stgnc")


@every_encoder
def test_it_yields_as_many_rows_as_it_says(name):
    made = trained(name)
    assert len(made.rows) == type(made.encoder).num_epochs(made.encoder.config)


@every_network
def test_features_maps_and_logits_have_the_declared_shapes(name):
    encoder, skeletons = build(name).eval(), clips()[1].skeletons[:6]
    features, maps = encoder(skeletons), encoder.maps(skeletons)
    assert features.shape == (6, encoder.width)
    assert maps.shape[:3] == (6, 2, encoder.width) and maps.shape[4] == 25
    assert encoder.classify(features).shape == (6, CLASSES)
    assert features.dtype == encoder.classify(features).dtype == skeletons.dtype


@every_network
def test_features_of_a_clip_do_not_depend_on_its_neighbours(name):
    encoder, skeletons = trained(name).encoder, clips()[1].skeletons
    alone = torch.cat([encoder(clip[None]) for clip in skeletons])
    torch.testing.assert_close(encoder(skeletons), alone, rtol=1e-4, atol=1e-5)


@every_network
def test_a_clip_without_a_body_has_finite_features(name):
    assert trained(name).encoder.encode(torch.zeros(3, 3, 12, 25, 2)).isfinite().all()


@every_network
def test_encode_equals_forward_in_evaluation_mode(name, monkeypatch):
    encoder, skeletons = build(name).train(), clips()[1].skeletons
    monkeypatch.setattr("zsar.encoders.base.CLIPS", 5)  # the last of four blocks is not full
    found = encoder.encode(skeletons)
    assert not encoder.training and not found.requires_grad
    torch.testing.assert_close(found, encoder(skeletons).detach(), rtol=1e-4, atol=1e-5)


@every_encoder
def test_fit_yields_rows_with_the_same_columns(name):
    rows = trained(name).rows
    assert rows and all(row.keys() == rows[0].keys() for row in rows)
    assert "val_accuracy" in rows[0]
    assert all(isinstance(value, float) for row in rows for value in row.values())


@every_network
def test_fit_ends_with_the_weights_of_the_best_validation_epoch(name):
    made = trained(name)
    predictions = made.encoder.classify(made.encoder.encode(made.val.skeletons)).argmax(1)
    accuracies = torch.tensor([row["val_accuracy"] for row in made.rows])
    best = accuracies[~accuracies.isnan()].max().item()
    assert (predictions == made.val.labels).double().mean().item() == pytest.approx(best)
    assert best > 1 / CLASSES
    assert not made.encoder.training


@every_network
def test_without_validation_clips_there_is_no_accuracy(name):
    rows = list(epochs(build(name), toy_clips(0)))
    assert len(rows) == len(trained(name).rows)
    assert not any("val_accuracy" in row for row in rows)


@every_network
def test_fit_changes_neither_clips_nor_labels(name):
    train, val = deepcopy(clips())
    made = trained(name)
    for before, after in ((train, made.train), (val, made.val)):
        assert before.skeletons.equal(after.skeletons) and before.labels.equal(after.labels)


@every_encoder
def test_clips_that_stay_in_their_file_give_the_same_weights(name):
    train, val = (mapped(each) for each in clips())
    encoder = build(name)
    if encoder.uses_unlabelled:
        encoder.set_unlabelled_clips(train.skeletons)
    assert repr(list(encoder.fit(train, val))) == repr(trained(name).rows)  # NaN is not equal
    assert same_weights(encoder, trained(name).encoder)


@every_network
def test_one_seed_gives_the_same_weights_and_another_seed_others(name):
    first, second = trained(name), fit(name)
    assert repr(first.rows) == repr(second.rows)
    assert same_weights(first.encoder, second.encoder)
    assert not same_weights(first.encoder, build(name, seed=1))


@every_encoder
def test_an_interrupted_fit_resumes_and_ends_as_an_uninterrupted_one(name, tmp_path):
    whole, (_, val) = trained(name), clips()
    list(islice(epochs(build(name), val, tmp_path), 2))
    resumed = build(name)
    assert repr(list(epochs(resumed, val, tmp_path))) == repr(whole.rows)
    assert same_weights(resumed, whole.encoder)


@every_network
def test_a_saved_backbone_gives_the_same_features_with_any_head(name, tmp_path):
    encoder, skeletons = trained(name).encoder, clips()[1].skeletons
    weights = {key: value.clone() for key, value in encoder.backbone().state_dict().items()}
    save_file(weights, tmp_path / WEIGHTS)
    other = build(name, num_classes=7, seed=1)
    other.backbone().load_state_dict(load_file(tmp_path / WEIGHTS))
    features = other.encode(skeletons)
    assert features.equal(encoder.encode(skeletons))
    assert other.classify(features).shape == (len(skeletons), 7)


@every_network
def test_all_weights_can_be_saved_and_loaded(name, tmp_path):
    encoder, skeletons = trained(name).encoder, clips()[1].skeletons
    save_file({k: v.clone() for k, v in encoder.state_dict().items()}, tmp_path / WEIGHTS)
    twin = build(name, seed=1)
    twin.load_state_dict(load_file(tmp_path / WEIGHTS))
    assert twin.encode(skeletons).equal(encoder.encode(skeletons))
    assert twin.classify(twin.encode(skeletons)).equal(encoder.classify(encoder.encode(skeletons)))


@every_encoder
def test_pretrain_learns_without_labels_where_the_encoder_is_self_supervised(name):
    encoder, (train, _) = build(name), clips()
    if not encoder.self_supervised:
        with pytest.raises(UserError, match="is not pre-trained without labels"):
            encoder.pretrain(train.skeletons, None)
        return
    before = deepcopy(encoder)
    rows = list(encoder.pretrain(train.skeletons, None))
    assert rows and all(torch.tensor(list(row.values())).isfinite().all() for row in rows)
    assert not same_weights(encoder.backbone(), before.backbone())
    features = encoder.encode(train.skeletons)
    assert encoder.classify(features).equal(before.classify(features))  # the head did not change


@every_encoder
def test_unlabelled_clips_are_accepted_where_the_encoder_uses_them(name):
    encoder, (train, val) = build(name), clips()
    if not encoder.uses_unlabelled:
        with pytest.raises(UserError, match="learns from labelled clips only"):
            encoder.set_unlabelled_clips(train.skeletons)
        return
    unlabelled = train.skeletons.roll(1, dims=2)
    encoder.set_unlabelled_clips(unlabelled)
    list(encoder.fit(train, val))
    assert not same_weights(encoder.backbone(), trained(name).encoder.backbone())


@pytest.mark.parametrize("name", PRECOMPUTED)
def test_precomputed_features_cannot_be_encoded_or_started_from(name):
    encoder, skeletons = build(name), clips()[1].skeletons
    refused = [encoder, encoder.encode, encoder.maps]
    for call in (*refused, lambda _: encoder.classify(torch.zeros(2, 3))):
        with pytest.raises(UserError, match="no clip can be encoded"):
            call(skeletons)
    with pytest.raises(UserError, match="cannot start from the weights of another training"):
        encoder.backbone()


@every_encoder
def test_a_published_weight_with_an_unknown_name_is_an_error(name):
    with pytest.raises(ValueError, match=r"made\.up|no weights of \w+ were released"):
        encoders.encoder(name).from_published({"made.up": torch.zeros(1)})


@every_encoder
def test_no_setting_has_a_default_in_python(name):
    kind = encoders.encoder(name).Config
    for each in dataclasses_in(kind):
        assert each.__dataclass_params__.frozen
        assert all(f.default is f.default_factory is MISSING for f in fields(each)), each


def dataclasses_in(kind: type) -> Iterator[type]:
    yield kind
    for hint in get_type_hints(kind).values():
        if is_dataclass(hint):
            yield from dataclasses_in(hint)


@every_encoder
def test_an_unknown_or_missing_setting_is_named(name):
    kind, at = encoders.encoder(name), f"encoders.{name}"
    given = {key: value for key, value in settings(name).items() if key != "weights"}
    with pytest.raises(UserError, match=f"unknown {at}.colour"):
        typed(kind.Config, given | {"colour": 1}, at)
    for key in given:
        rest = {other: value for other, value in given.items() if other != key}
        with pytest.raises(UserError, match=f"{at}.{key} is missing"):
            typed(kind.Config, rest, at)


def test_every_encoder_has_settings_and_all_settings_belong_to_an_encoder():
    assert sorted(config().files["encoders"]) == sorted(ENCODERS)
    assert all(issubclass(encoders.encoder(name), Encoder) for name in ENCODERS)


@pytest.mark.parametrize(
    "name", [f"{name}+{layer}" for name in ENCODERS for layer in named("encoders", name)]
)
def test_every_named_layer_of_an_encoder_is_typed_and_differs(name):
    values = {key: value for key, value in settings(name).items() if key != "weights"}
    typed(encoders.encoder(without_layers(name)).Config, values, f"encoders.{name}")
    assert config(PUBLISHED).plugin("encoders", name, Cell("demo")) != config(PUBLISHED).plugin(
        "encoders", without_layers(name), Cell("demo")
    )
