"""Networks that have learnt elsewhere: each in a file that is named after what it holds."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from zsar.encoders.base import Encoder
from zsar.encoders.published import fit
from zsar.errors import Complaint
from zsar.whole import whole

DIGITS = 12  # of the digest in the name; with other weights the settings that name it change too


def keep(weights: Mapping[str, Tensor], classes: int, name: str, folder: Path) -> Path:
    """Write the weights with the number of classes that the network learnt to tell apart."""
    from safetensors.torch import save

    plain = {key: weight.contiguous() for key, weight in weights.items()}
    content = save(plain, {"classes": str(classes)})
    path = folder / f"{name}-{_digest(content)}.safetensors"
    with whole(path) as draft:
        draft.write_bytes(content)
    return path


def start(network: Encoder, path: Path) -> int:
    """Give the network the weights, and tell how many classes they told apart; 0 if unknown."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load

    if not path.is_file():
        raise Complaint(f"{path}: no such file; `zsar import-weights` makes it")
    content = path.read_bytes()
    if not path.stem.endswith(f"-{_digest(content)}"):
        raise Complaint(f"{path} is not as it was imported; run `zsar import-weights` again")
    try:
        fit(network.body(), load(content), path)
        with safe_open(path, "pt") as file:
            return int((file.metadata() or {}).get("classes", 0))
    except SafetensorError as error:
        raise Complaint(f"{path} holds no weights ({error})") from error


def suit(classes: int, seen: int, unseen: int, path: Path) -> None:
    """Complain if the network learnt from other classes than a test has seen, as far as their
    number tells; the published heads have room for the seen classes or for all."""
    if classes not in (0, seen, seen + unseen):
        raise Complaint(
            f"{path} learnt to tell {classes} classes apart, expected {seen}, those that the split"
            f" has seen, or {seen + unseen}, all of the data set; is it of another split?"
        )


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:DIGITS]
