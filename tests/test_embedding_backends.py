"""Every text backend: tiny models with random weights, arrays, and endpoints that fail."""

import json
import math

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn

import fake_endpoint
from fake_endpoint import KEY
from zsar.errors import UserError
from zsar.text.backends import arrays, clip, long_clip, openai, sentence_transformers
from zsar.text.cache import Cache
from zsar.text.embedding import cached_rows
from zsar.validation import typed

WORDS = ["<start>", "<end>", "one", "hand", "rises", "both", "arms", "swing", "up", "<pad>"]
SENTENCES = {"names": ["one hand rises", "both arms swing"], "actions": ["one hand rises up", "up"]}
WIDTH = 64


def save_tokenizer(folder):
    made = Tokenizer(models.WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token="<pad>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 0), ("<end>", 1)]
    )
    made.save(str(folder / "tokenizer.json"))
    return made


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    """A CLIP text tower of two layers that reads eight tokens."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    folder = tmp_path_factory.mktemp("clip")
    config = CLIPTextConfig(
        vocab_size=len(WORDS), hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=8, projection_dim=24,
        eos_token_id=1, bos_token_id=0,
    )  # fmt: skip
    torch.manual_seed(0)
    CLIPTextModelWithProjection(config).save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def settings(folder):
    return clip.CLIPConfig("clip", str(folder), "main", 2)


def test_clip_gives_its_own_text_vectors(clip_folder, tmp_path):
    from transformers import CLIPTextModelWithProjection

    vectors = clip.embed(settings(clip_folder), SENTENCES, "cpu", Cache(tmp_path))
    model = CLIPTextModelWithProjection.from_pretrained(clip_folder).eval()
    ids = torch.tensor([[0, 2, 3, 4, 8, 1]])  # one hand rises up
    with torch.inference_mode():
        their = model(input_ids=ids)
        tokens = model.text_projection(their.last_hidden_state)[0]
    assert vectors.pooled.shape == (2, 2, 24)
    np.testing.assert_allclose(vectors.pooled[0, 1], their.text_embeds[0], 1e-5, 1e-5)
    np.testing.assert_allclose(vectors.tokens[5:11], tokens, 1e-5, 1e-5)


def test_the_text_tower_is_taken_out_of_a_whole_clip(tmp_path):
    from transformers import CLIPConfig, CLIPModel

    text = {
        "vocab_size": len(WORDS), "hidden_size": WIDTH, "intermediate_size": WIDTH,
        "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 8,
        "eos_token_id": 1, "bos_token_id": 0,
    }  # fmt: skip
    vision = {
        "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 8, "patch_size": 4,
    }  # fmt: skip
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)).eval()
    model.save_pretrained(tmp_path / "clip")
    save_tokenizer(tmp_path / "clip")
    vectors = clip.embed(settings(tmp_path / "clip"), SENTENCES, "cpu", Cache(tmp_path / "cache"))
    with torch.inference_mode():
        states = model.text_model(input_ids=torch.tensor([[0, 2, 3, 4, 8, 1]]))
        their = model.text_projection(states.pooler_output)[0]
    np.testing.assert_allclose(vectors.pooled[0, 1], their, atol=1e-6)
    assert clip.token_limit(settings(tmp_path / "clip")) == 8


def test_a_text_that_clip_cannot_read_to_its_end_keeps_the_mark_of_it(clip_folder, tmp_path):
    long = {"names": ["one hand rises up " * 5]}
    vectors = clip.embed(settings(clip_folder), long, "cpu", Cache(tmp_path))
    assert vectors.counts.tolist() == [[8]] and clip.token_limit(settings(clip_folder)) == 8
    assert clip.load_tokenizer(clip_folder, 8).encode(long["names"][0]).ids[-1] == 1


def test_old_pickled_weights_are_read_as_tensors_only(clip_folder, tmp_path):
    from safetensors.torch import load_file

    old = tmp_path / "old"
    old.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (old / name).write_bytes((clip_folder / name).read_bytes())
    torch.save(load_file(clip_folder / "model.safetensors"), old / "pytorch_model.bin")
    new = clip.embed(settings(clip_folder), SENTENCES, "cpu", Cache(tmp_path / "a"))
    same = clip.embed(settings(old), SENTENCES, "cpu", Cache(tmp_path / "b"))
    np.testing.assert_array_equal(same.pooled, new.pooled)


def test_a_model_of_another_kind_is_named(clip_folder, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(
        UserError, match="is a bert model, expected clip; for other kinds there is the backend"
    ):
        clip.encoder(settings(tmp_path), "cpu")


def published_tower(state, ids):
    """CLIP's text tower as its paper has it, with Long-CLIP's two position tables."""
    width = state["token_embedding.weight"].shape[1]
    kept, stretched = state["positional_embedding"], state["positional_embedding_res"]
    mask = torch.arange(len(kept))[:, None] < 20
    x = state["token_embedding.weight"][ids] + torch.where(mask, kept, stretched)[: len(ids)]
    ahead = torch.full((len(ids), len(ids)), -math.inf).triu(1)
    for k in range(2):
        block = {
            name.removeprefix(f"transformer.resblocks.{k}."): value
            for name, value in state.items()
            if name.startswith(f"transformer.resblocks.{k}.")
        }
        attention = nn.MultiheadAttention(width, width // 64)
        attention.load_state_dict(
            {n.removeprefix("attn."): v for n, v in block.items() if n.startswith("attn.")}
        )
        normed = nn.functional.layer_norm(x, (width,), block["ln_1.weight"], block["ln_1.bias"])
        x = x + attention(normed, normed, normed, attn_mask=ahead, need_weights=False)[0]
        normed = nn.functional.layer_norm(x, (width,), block["ln_2.weight"], block["ln_2.bias"])
        inner = normed @ block["mlp.c_fc.weight"].T + block["mlp.c_fc.bias"]
        x = (
            x
            + inner * torch.sigmoid(1.702 * inner) @ block["mlp.c_proj.weight"].T
            + block["mlp.c_proj.bias"]
        )
    x = nn.functional.layer_norm(x, (width,), state["ln_final.weight"], state["ln_final.bias"])
    return x @ state["text_projection"]


@pytest.fixture(scope="module")
def long_state():
    """The tensors of a Long-CLIP checkpoint of two layers, with some of the picture's tower."""
    random = torch.Generator().manual_seed(3)
    width = 128
    shapes = {"token_embedding.weight": (len(WORDS), width), "positional_embedding": (248, width)}
    shapes |= {"positional_embedding_res": (248, width), "text_projection": (width, 24)}
    shapes |= {
        "ln_final.weight": (width,),
        "ln_final.bias": (width,),
        "visual.proj": (8, 8),
        "logit_scale": (),
    }
    for k in range(2):
        block = {
            "attn.in_proj_weight": (3 * width, width), "attn.in_proj_bias": (3 * width,),
            "attn.out_proj.weight": (width, width), "attn.out_proj.bias": (width,),
            "ln_1.weight": (width,), "ln_1.bias": (width,),
            "ln_2.weight": (width,), "ln_2.bias": (width,),
            "mlp.c_fc.weight": (4 * width, width), "mlp.c_fc.bias": (4 * width,),
            "mlp.c_proj.weight": (width, 4 * width), "mlp.c_proj.bias": (width,),
        }  # fmt: skip
        shapes |= {f"transformer.resblocks.{k}.{name}": shape for name, shape in block.items()}
    return {name: 0.3 * torch.randn(shape, generator=random) for name, shape in shapes.items()}


def test_long_clip_gives_what_its_published_tower_gives(long_state, clip_folder, tmp_path):
    torch.save(long_state, tmp_path / "longclip.pt")
    chosen = long_clip.LongCLIPConfig(
        "long_clip", str(tmp_path / "longclip.pt"), str(clip_folder), "main", 1
    )
    text = (
        "one hand rises up " * 8
    )  # beyond the positions that CLIP has, and those that Long-CLIP keeps of it
    ids = clip.load_tokenizer(clip_folder, 248).encode(text).ids
    vectors = long_clip.embed(chosen, {"names": [text]}, "cpu", Cache(tmp_path / "cache"))
    their = published_tower(long_state, torch.tensor(ids)).detach()
    assert vectors.tokens.shape == (34, 24)
    np.testing.assert_allclose(vectors.tokens, their, atol=2e-4)
    np.testing.assert_array_equal(vectors.pooled[0, 0], vectors.tokens[-1])


def test_an_invalid_checkpoint_is_named(long_state, clip_folder, tmp_path):
    file = tmp_path / "longclip.pt"
    chosen = long_clip.LongCLIPConfig("long_clip", str(file), str(clip_folder), "main", 1)
    with pytest.raises(UserError, match="no such file; it should be a checkpoint of Long-CLIP"):
        long_clip.encoder(chosen, "cpu")
    for content, message in (
        ({"weight": torch.zeros(1)}, "holds no token_embedding.weight"),
        (
            {k: v for k, v in long_state.items() if "mlp" not in k},
            "no weights for .*mlp.fc1.bias and 7 more",
        ),
        ({"token_embedding.weight": print}, "nothing but tensors is loaded"),
    ):
        torch.save(content, file)
        with pytest.raises(UserError, match=message):
            long_clip.embed(chosen, {"names": ["up"]}, "cpu", Cache(tmp_path))


@pytest.fixture(scope="module")
def mean_bert(tmp_path_factory):
    """A model of sentence-transformers in a folder: one layer of BERT, the mean over its tokens."""
    library = pytest.importorskip("sentence_transformers")
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=16,
    )  # fmt: skip
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder / "plain")
    PreTrainedTokenizerFast(
        tokenizer_object=save_tokenizer(folder), pad_token="<pad>"
    ).save_pretrained(folder / "plain")
    library.SentenceTransformer(str(folder / "plain"), device="cpu").save(str(folder / "model"))
    return folder / "model"


def test_a_model_of_sentence_transformers_gives_what_the_library_gives(mean_bert, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    chosen = sentence_transformers.SentenceTransformersConfig(
        "sentence_transformers", str(mean_bert), "main", 2
    )
    vectors = sentence_transformers.embed(chosen, SENTENCES, "cpu", Cache(tmp_path))
    model = library.SentenceTransformer(str(mean_bert), device="cpu")
    for k, own in enumerate(SENTENCES["names"]):
        np.testing.assert_allclose(vectors.pooled[k, 0], model.encode(own), atol=1e-6)
    assert vectors.counts.tolist() == [[5, 6], [5, 3]]


def arrays_config(folder, **files):
    return arrays.ArraysConfig("arrays", str(folder), files)


def test_arrays_are_used_unchanged(tmp_path):
    names = np.array([[1, 2, 3], [1, 2, 3], [4, 5, 6]], dtype=np.float64)
    np.save(tmp_path / "toy_embeddings.npy", names)
    np.save(tmp_path / "toy_des_embeddings.npy", names[:, None] + 1)
    chosen = arrays_config(tmp_path, names="toy_embeddings.npy", actions="toy_des_embeddings.npy")
    vectors = arrays.embed(chosen, {"names": ["a", "b", "c"]}, "cpu", Cache(tmp_path))
    np.testing.assert_array_equal(vectors.pooled[:, 0], names.astype(np.float32))
    np.testing.assert_array_equal(vectors.pooled[:, 1], names.astype(np.float32) + 1)
    assert vectors.counts.tolist() == [[1, 1]] * 3 and vectors.tokens.shape == (6, 3)
    assert vectors.groups[0, 0] == vectors.groups[1, 0] != vectors.groups[2, 0]


WRONG = {
    "another number of classes": (
        np.zeros((4, 3)),
        r"its shape is \(4, 3\), expected \(2, width\): a row per class",
    ),
    "one axis": (np.zeros(2), r"its shape is \(2,\)"),
    "whole numbers": (np.zeros((2, 3), dtype=int), "expected an array of floating-point numbers"),
    "objects": (np.array([["a"], [{}]], dtype=object), "not a plain .npy file of numbers"),
    "not a number": (np.full((2, 3), np.nan), "holds numbers that are not finite"),
    "another width": (np.zeros((2, 5)), "expected one width: lb.npy is 3, ad.npy is 5"),
}


@pytest.mark.parametrize("case", WRONG)
def test_arrays_that_do_not_fit_are_refused(case, tmp_path):
    content, message = WRONG[case]
    np.save(tmp_path / "lb.npy", np.ones((2, 3)))
    np.save(tmp_path / "ad.npy", content, allow_pickle=True)
    with pytest.raises(UserError, match=message):
        arrays.embed(
            arrays_config(tmp_path, names="lb.npy", actions="ad.npy"),
            SENTENCES,
            "cpu",
            Cache(tmp_path),
        )


def test_a_missing_array_is_named_with_its_source(tmp_path):
    with pytest.raises(
        UserError, match=r"md.npy: no such file; it should hold the vectors of source 'motions'"
    ):
        arrays.embed(arrays_config(tmp_path, motions="md.npy"), SENTENCES, "cpu", Cache(tmp_path))
    with pytest.raises(UserError, match="lists no files for this data set"):
        arrays.embed(arrays_config(tmp_path), SENTENCES, "cpu", Cache(tmp_path))


def openai_config(server, **changes):
    endpoint = fake_endpoint.settings(server.url)["openai"]["endpoint"]
    values = {
        "backend": "openai",
        "model": "toy",
        "dimensions": None,
        "batch_size": 2,
        "endpoint": endpoint,
    }
    return typed(openai.OpenAIEmbeddingConfig, values | changes, "texts.toy")


def lengths(handler, body, number):
    """Vectors of the texts' lengths, in reverse order."""
    data = [
        {"index": k, "embedding": [len(text), 1.0, 0.5]} for k, text in enumerate(body["input"])
    ]
    return {"data": data[::-1], "usage": {"prompt_tokens": 9}}


def test_an_endpoint_is_asked_for_each_text_once(tmp_path):
    texts = ["one hand rises", "both arms swing", "up"]
    with fake_endpoint.serving() as server:
        server.behave = lengths
        encoder = openai.encoder(openai_config(server), {"LOOPBACK_KEY": KEY})
        rows = cached_rows(texts, encoder, Cache(tmp_path))
        assert [rows[text].tolist() for text in texts] == [
            [[len(text), 1.0, 0.5]] * 2 for text in texts
        ]
        assert [body["input"] for body in server.asked] == [texts[:2], texts[2:]]
        cached_rows([*texts, "swing"], encoder, Cache(tmp_path))
        assert [body["input"] for body in server.asked[2:]] == [["swing"]]


def test_two_endpoints_with_one_model_name_share_no_features(tmp_path):
    with fake_endpoint.serving() as one, fake_endpoint.serving() as other:
        for server in (one, other):
            server.behave = lengths
            cached_rows(
                ["up"],
                openai.encoder(openai_config(server), {"LOOPBACK_KEY": KEY}),
                Cache(tmp_path),
            )
            assert len(server.asked) == 1


BAD = {
    "no data": ({}, "holds no vectors"),
    "too few": ({"data": [{"index": 0, "embedding": [1.0]}]}, "gave 1 vectors for 2 texts"),
    "not a number": (
        {"data": [{"index": k, "embedding": [math.nan]} for k in (0, 1)]},
        "expected 1 finite numbers",
    ),
    "words": ({"data": [{"index": k, "embedding": ["x"]} for k in (0, 1)]}, "holds no vectors"),
}


@pytest.mark.parametrize("case", BAD)
def test_invalid_vectors_are_refused(case, tmp_path):
    reply, message = BAD[case]
    with fake_endpoint.serving() as server:
        server.behave = lambda handler, body, number: reply
        encoder = openai.encoder(openai_config(server), {"LOOPBACK_KEY": KEY})
        with pytest.raises(UserError, match=message):
            cached_rows(["one", "two"], encoder, Cache(tmp_path))


def test_vectors_of_another_width_than_asked_for_are_refused(tmp_path):
    with fake_endpoint.serving() as server:
        server.behave = lengths
        encoder = openai.encoder(openai_config(server, dimensions=8), {"LOOPBACK_KEY": KEY})
        with pytest.raises(
            UserError, match=r"a vector of toy is \(3,\), expected 8 finite numbers"
        ):
            cached_rows(["one"], encoder, Cache(tmp_path))
        assert server.asked[0]["dimensions"] == 8
