"""Weights of text encoders: in a folder, in the local store of the model hub, or fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from zsar.errors import Complaint

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
        raise Complaint(f"{model}: no such folder; it should hold a text encoder")
    else:
        found = _stored(model, revision) or _fetched(model, revision)
    if not weight_files(found):
        raise Complaint(f"{found} holds no weights, expected {SAFE} or {PICKLED}")
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
        raise Complaint(
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
        raise Complaint(f"{model!r} is neither a folder nor a name on the model hub") from error
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
        raise Complaint(
            f"the model hub knows no text encoder {model!r} with revision {revision!r}"
        ) from error
    except OSError as error:
        raise Complaint(
            f"the weights of {model} are not on this machine and the model hub cannot be reached;"
            f" run `hf download {model}` where there is a network and copy its store (HF_HOME),"
            " or give a folder"
        ) from error
