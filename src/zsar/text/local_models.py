"""Running a text encoder on this machine: where its weights lie, and how no text's vectors depend
on what is read beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from zsar.errors import UserError

SAFE = "*.safetensors"
PICKLED = (
    "pytorch_model*.bin"  # old models have no other; read with weights only, never unpickled freely
)
BESIDE = ["*.json", "*.txt", "*.model"]  # what a model needs besides its weights


def folder(model: str, revision: str) -> Path:
    """Where the files of a model lie: `model` is a folder, or a name on the hub."""
    path = Path(model).expanduser()
    if path.is_dir():
        found = path
    elif model.count("/") > 1 or model.startswith((".", "~")):
        raise UserError(f"{model}: no such folder; it should hold a text encoder")
    else:
        found = _stored(model, revision) or _fetched(model, revision)
    if not weight_files(found):
        raise UserError(f"{found} holds no weights, expected {SAFE} or {PICKLED}")
    return found


def missing(model: str, revision: str) -> str:
    """How a model is to be had that is not on this machine; empty: it is here."""
    if Path(model).expanduser().is_dir() or _stored(model, revision):
        return ""
    return f"hf download {model} --revision {revision} (or a folder that holds it)"


def weight_files(path: Path) -> list[Path]:
    return sorted(path.glob(SAFE)) or sorted(path.glob(PICKLED))


def fingerprint(path: Path) -> str:
    """A hash of all that a model's vectors depend on."""
    files = {*weight_files(path), *(each for kind in BESIDE for each in path.rglob(kind))}
    whole = sha256()
    for each in sorted(files):
        whole.update(each.relative_to(path).as_posix().encode() + digest(each).encode())
    return whole.hexdigest()


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def versions(*packages: str) -> str:
    """Packages whose arithmetic may change from one version to the next."""
    return " ".join(f"{each} {_version(each)}" for each in packages)


@contextmanager
def quiet() -> Iterator[None]:
    """Load a model without progress bars and advice."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise UserError(
            f"this text encoder needs {package}, which is not installed;"
            " run `pip install 'zsar[text]'`"
        ) from error


def _stored(model: str, revision: str) -> Path | None:
    versions("huggingface-hub")  # a complaint where it is not installed
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        kept = snapshot_download(model, revision=revision, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    except ValueError as error:
        raise UserError(f"{model!r} is neither a folder nor a name on the model hub") from error
    return Path(kept) if weight_files(Path(kept)) else None


def _fetched(model: str, revision: str) -> Path:
    """Safe weights; only where there are none, pickled ones."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    try:
        for weights in (SAFE, PICKLED):
            wanted = [*BESIDE, "*/*.json", weights]
            fetched = Path(snapshot_download(model, revision=revision, allow_patterns=wanted))
            if weight_files(fetched):
                break
        return fetched
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise UserError(
            f"the model hub knows no text encoder {model!r} with revision {revision!r}"
        ) from error
    except OSError as error:
        raise UserError(
            f"the weights of {model} are not on this machine and the model hub cannot be reached;"
            f" run `hf download {model}` where there is a network and copy its store (HF_HOME),"
            " or give a folder"
        ) from error


@dataclass(frozen=True)
class Network:
    """A loaded encoder; it is given only texts of equally many tokens at a time."""

    count: Callable[[str], int]  # tokens
    embed: Callable[
        [list[str]], tuple[np.ndarray, np.ndarray]
    ]  # "text width" and "text token width"


def read(network: Network, texts: Sequence[str], rows: int) -> Iterator[tuple[str, np.ndarray]]:
    """Each text with its pooled vector above those of its tokens.

    All batches of a length have the same shape: texts of equally many tokens, always `rows` of
    them, the last batch filled up by repetition, read by one thread. Sums are then taken in the
    same order, and a text gets the same bits in any company and on any number of threads; more
    threads would hardly be quicker on so few words.
    """
    for batch in batches([network.count(text) for text in texts], rows):
        with one_thread():
            pooled, tokens = network.embed([texts[place] for place in batch])
        for row, place in enumerate(dict.fromkeys(batch)):
            yield texts[place], _stacked(pooled[row], tokens[row])


@contextmanager
def one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def batches(lengths: Sequence[int], rows: int) -> Iterator[list[int]]:
    """Places of equal length, always so many; the last of a batch may be repeated to fill it."""
    for length in sorted(set(lengths)):
        places = [place for place, each in enumerate(lengths) if each == length]
        for start in range(0, len(places), rows):
            batch = places[start : start + rows]
            yield batch + [batch[-1]] * (rows - len(batch))


def _stacked(
    pooled: Float32[np.ndarray, " width"], tokens: Float32[np.ndarray, "token width"]
) -> Float32[np.ndarray, "row width"]:
    return np.concatenate((pooled[None], tokens))
