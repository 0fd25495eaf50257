"""What a user gives zsar besides recordings, to be damaged: settings, texts, splits, artifacts of
stages, weights, exported models and the answers of an endpoint."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import save_file
from torch import nn

import fake_endpoint
import test_artifacts
import toy_config
from test_import_weights import theirs
from toy_encoders import stgcn
from zsar.config.config import _check_names, load
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, SplitFile, TextFile, read, write
from zsar.data.protocols import split_files
from zsar.encoders.pretrained_weights import load_published
from zsar.errors import UserError
from zsar.experiment.state_files import load_state
from zsar.kinematics import descriptions as structured
from zsar.prediction import bundle
from zsar.prediction.calibration import Calibration, Presence
from zsar.text import descriptions
from zsar.text.backends import arrays
from zsar.text.backends import openai as embeddings
from zsar.text.endpoint import Endpoint, EndpointConfig, Tokens
from zsar.validation import typed

TEXTS = toy_config.ROOT / "descriptions/demo"


class World(NamedTuple):
    """Files, and all the errors of using them that a user is told; any other one is an escape."""

    put: Callable[[Path], None]
    errors: Callable[[Path], Iterator[UserError]]


def told(*uses: Callable[[Path], object]) -> Callable[[Path], Iterator[UserError]]:
    def errors(folder: Path) -> Iterator[UserError]:
        for use in uses:
            try:
                use(folder)
            except UserError as error:
                yield error

    return errors


def put_settings(folder: Path) -> None:
    toy_config.write(folder, {})


def _put_texts(folder: Path) -> None:
    shutil.copytree(TEXTS, folder / "demo")


def use_texts(folder: Path) -> None:
    names = descriptions.class_names(folder / "demo")
    descriptions.recorded_texts(folder / "demo", len(names))
    descriptions.require_current(folder / "demo", toy_config.ROOT / "prompts", ["actions"])


def _put_structured(folder: Path) -> None:
    whole = json.loads((TEXTS / "kinematics.json").read_text())
    few = {name: whole["classes"][name] for name in descriptions.class_names(TEXTS)[:2]}
    (folder / "kinematics.json").write_text(json.dumps(whole | {"classes": few}))


def use_structured(folder: Path) -> None:
    structured.load(folder / "kinematics.json", descriptions.class_names(TEXTS)[:2])


def _put_splits(folder: Path) -> None:
    (folder / "demo").mkdir()
    (folder / "demo/one.yaml").write_text(
        "unseen: [A002, 7, 11]\nseen: [0, 3, A005, 8, 9]\nnote: mine\n"
    )
    (folder / "demo/two.txt").write_text("3\n4 A008\n")
    (folder / "demo/three.json").write_text('{"unseen": [1, 2], "validation": [5, 6]}')


def use_splits(folder: Path) -> None:
    for name in ("one", "two", "three"):
        split_files.with_file(protocols.dataset("demo"), name, folder)


def _put_embeddings(folder: Path) -> None:
    np.save(folder / "actions.npy", np.ones((4, 6), np.float32))


def use_embeddings(folder: Path) -> None:
    found = arrays.load_array(folder / "actions.npy", "actions", 4)
    assert np.isfinite(found).all()


def _text_file() -> TextFile:
    return TextFile(
        np.array(["names", "actions"]),
        np.ones((3, 2, 4), np.float32),
        np.ones((6, 4), np.float32),
        np.ones((3, 2), np.int64),
        np.ones((3, 2), np.int64),
    )


def _put_artifacts(folder: Path) -> None:
    rows = np.arange(4)
    write(folder / "clips.h5", test_artifacts.clips())
    write(folder / "split.h5", SplitFile(rows, rows, rows, rows, rows, rows))
    write(folder / "texts.h5", _text_file())


def use_artifacts(folder: Path) -> None:
    for name, kind in (("clips", ClipFile), ("split", SplitFile), ("texts", TextFile)):
        for each in vars(read(folder / f"{name}.h5", kind)).values():
            if each.dtype.kind != "U":
                np.asarray(each).sum()  # every mapped byte is there


@cache
def _network() -> Any:
    torch.manual_seed(0)
    return stgcn(5)


def _put_weights(folder: Path) -> None:
    torch.save(
        {theirs(name): each for name, each in _network().state_dict().items()}, folder / "w.pt"
    )


def use_weights(folder: Path) -> None:
    load_published("stgcn", folder / "w.pt", _network().config)


def _put_state(folder: Path) -> None:
    save_file(nn.Linear(4, 4).state_dict(), folder / "encoder.safetensors")


def use_state(folder: Path) -> None:
    load_state(nn.Linear(4, 4), folder / "encoder.safetensors")


def model_bundle() -> bundle.Bundle:
    """An exported model with everything in it, though nothing of it was trained."""
    text = vars(_text_file())
    manifest = bundle.Manifest(
        format=bundle.FORMAT,
        zsar="0.1.0",
        cell="demo/smie50/unseen5/stgcn",
        method="devise",
        seed=0,
        classes=["wave", "sit down", "jump"],
        seen=[0, 1],
        unseen=[2],
        derived=[False] * 25,
        sizes={"features": 4, "text": 4, "sources": 2},
        sentences={"names": ["waves", "sits", "jumps"]},
        calibration=Calibration(1.5, Presence(1.0, 0.5)),
        settings={each: {} for each in bundle.SECTIONS},
        text="minilm",
        hash="",
    )
    plain = {"weight": np.ones((2, 4), np.float32)}
    found = bundle.Bundle(manifest, plain, plain, text, {})
    return bundle.sealed(found)


def _put_model(folder: Path) -> None:
    bundle.write(model_bundle(), folder / "model")


def use_model(folder: Path) -> None:
    bundle.of_folder(folder / "model")


def use_forged_model(folder: Path) -> None:
    place = folder / "model"
    with suppress(Exception):  # what cannot be sealed again is not
        values = json.loads((place / bundle.MANIFEST).read_text())
        parts = {name: load_numpy(place / f"{name}.safetensors") for name in bundle.PARTS}
        forged = bundle._hash(bundle.Bundle(model_bundle().manifest, **parts))
        (place / bundle.MANIFEST).write_text(json.dumps(values | {"hash": forged}))
    bundle.of_folder(place)


def _put_answers(folder: Path) -> None:
    (folder / "chat.json").write_text(json.dumps(fake_endpoint.chat("waves a hand")))
    rows = [{"index": k, "embedding": [1.0, 2.0, 3.0]} for k in range(2)]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    (folder / "embeddings.json").write_text(json.dumps({"data": rows, "usage": usage}))


@cache
def _server(process: int) -> Any:
    context = fake_endpoint.serving()
    server = context.__enter__()
    server.context = context  # serves until the process ends
    return server


def _asks(folder: Path, name: str) -> Endpoint:
    server, content = _server(os.getpid()), (folder / name).read_bytes()

    def behave(handler: Any, body: Any, number: Any) -> None:
        with suppress(OSError):
            handler.send_response(200)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

    server.behave = behave
    values = fake_endpoint.settings(server.url, retries=0, timeout=5.0)
    config = typed(EndpointConfig, values["openai"]["endpoint"], "endpoint")
    return Endpoint(config, {"LOOPBACK_KEY": fake_endpoint.KEY})


def ask_for_words(folder: Path) -> None:
    asks = _asks(folder, "chat.json")
    body = {"model": "toy", "messages": [{"role": "user", "content": 'to "throw"'}]}
    found = asks.request("chat", body, Tokens(100, 100))
    assert isinstance(found, dict) and asks.budget.spent >= 0


def ask_for_vectors(folder: Path) -> None:
    asks = _asks(folder, "embeddings.json")
    config = embeddings.OpenAIEmbeddingConfig("openai", "toy", None, 2, asks.config)
    for _, each in embeddings._encode(config, asks, ["a", "b"]):
        assert np.isfinite(each).all()


OTHER_WORLDS = {
    "settings": World(put_settings, told(lambda folder: _check_names(load(folder)))),
    "texts": World(_put_texts, told(use_texts)),
    "texts, structured": World(_put_structured, told(use_structured)),
    "splits": World(_put_splits, told(use_splits)),
    "embeddings": World(_put_embeddings, told(use_embeddings)),
    "artifacts": World(_put_artifacts, told(use_artifacts)),
    "weights, published": World(_put_weights, told(use_weights)),
    "weights, trained": World(_put_state, told(use_state)),
    "exported model": World(_put_model, told(use_model, use_forged_model)),
    "endpoint": World(_put_answers, told(ask_for_words, ask_for_vectors)),
}
