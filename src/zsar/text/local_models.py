"""Text encoders on this machine: where the weights are, and batches that do not change a result."""

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
# Old models have nothing else; loaded with weights_only, so that no code in them runs.
PICKLED = "pytorch_model*.bin"
OTHER_FILES = ["*.json", "*.txt", "*.model"]  # that a model needs besides its weights


def model_folder(model: str, revision: str) -> Path:
    """The folder with the files of a model, downloaded if necessary.

    `model` is a folder or a name on the model hub.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        found = path
    elif model.count("/") > 1 or model.startswith((".", "~")):
        raise UserError(f"{model}: no such folder; it should hold a text encoder")
    else:
        found = _local_snapshot(model, revision) or _download(model, revision)
    if not weight_files(found):
        raise UserError(f"{found} holds no weights, expected {SAFE} or {PICKLED}")
    return found


def missing(model: str, revision: str) -> str:
    """How to get a model that is not on this machine; empty: it is here."""
    if Path(model).expanduser().is_dir() or _local_snapshot(model, revision):
        return ""
    return f"hf download {model} --revision {revision} (or a folder that holds it)"


def weight_files(path: Path) -> list[Path]:
    return sorted(path.glob(SAFE)) or sorted(path.glob(PICKLED))


def fingerprint(path: Path) -> str:
    """A hash of all files that the features of a model depend on."""
    files = {*weight_files(path), *(each for kind in OTHER_FILES for each in path.rglob(kind))}
    combined = sha256()
    for each in sorted(files):
        combined.update(each.relative_to(path).as_posix().encode() + digest(each).encode())
    return combined.hexdigest()


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def versions(*packages: str) -> str:
    """Packages with their versions; the arithmetic may differ from one version to the next."""
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


def _local_snapshot(model: str, revision: str) -> Path | None:
    versions("huggingface-hub")  # an error where it is not installed
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        snapshot = snapshot_download(model, revision=revision, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    except ValueError as error:
        raise UserError(f"{model!r} is neither a folder nor a name on the model hub") from error
    return Path(snapshot) if weight_files(Path(snapshot)) else None


def _download(model: str, revision: str) -> Path:
    """The model with safetensors weights, or with pickled ones if there are no others."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    try:
        for weights in (SAFE, PICKLED):
            patterns = [*OTHER_FILES, "*/*.json", weights]
            snapshot = Path(snapshot_download(model, revision=revision, allow_patterns=patterns))
            if weight_files(snapshot):
                break
        return snapshot
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
class LoadedEncoder:
    """A loaded text encoder; all texts of a batch have the same number of tokens."""

    count_tokens: Callable[[str], int]
    embed: Callable[[list[str]], tuple[np.ndarray, np.ndarray]]  # "text width", "text token width"


def encode(
    encoder: LoadedEncoder, texts: Sequence[str], batch_size: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Each text with its pooled feature above the features of its tokens.

    The bits of a result depend on the text alone, not on the other texts and not on the number of
    threads: every batch holds `batch_size` texts of equal length (the last one is filled up by
    repetition), and one thread computes it, so that sums are taken in the same order. More threads
    would hardly be faster on texts this short.
    """
    for batch in batches([encoder.count_tokens(text) for text in texts], batch_size):
        with one_thread():
            pooled, tokens = encoder.embed([texts[index] for index in batch])
        for row, index in enumerate(dict.fromkeys(batch)):
            yield texts[index], _rows(pooled[row], tokens[row])


@contextmanager
def one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def batches(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Indices of equal length in batches; the last index is repeated to fill a batch."""
    for length in sorted(set(lengths)):
        indices = [index for index, each in enumerate(lengths) if each == length]
        for start in range(0, len(indices), batch_size):
            batch = indices[start : start + batch_size]
            yield batch + [batch[-1]] * (batch_size - len(batch))


def _rows(
    pooled: Float32[np.ndarray, " width"], tokens: Float32[np.ndarray, "token width"]
) -> Float32[np.ndarray, "row width"]:
    return np.concatenate((pooled[None], tokens))
