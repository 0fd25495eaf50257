"""A trained cell with all that it needs to predict: from the artifacts of the study, or from a
folder that opens on any machine."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from zsar import methods
from zsar.bounds import Seed, Whole, Width
from zsar.cells import Cell
from zsar.config.config import Config
from zsar.config.settings import without_layers
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, TextFile, read
from zsar.data.skeleton import JOINTS
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.experiment.measurements import load_descriptions
from zsar.prediction.calibration import Calibration, calibration
from zsar.prediction.model import MANIFEST
from zsar.text_files import decoded, parse_json, read_json
from zsar.validation import typed

FORMAT = 2
PARTS = ("encoder", "method", "texts", "structured")
TEXT_AXES: dict[str, tuple[str, ...]] = {
    "sources": (),
    "counts": ("class", "source"),
    "groups": ("class", "source"),
    "pooled": ("class", "source", "width"),
    "tokens": ("token", "width"),
}
SECTIONS = ("run", "encoders", "methods", "texts")  # of settings
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Manifest:
    """What is not an array."""

    format: int
    zsar: str  # version
    cell: str
    method: str
    seed: Seed
    classes: list[str]  # of the data set
    seen: list[Whole]
    unseen: list[Whole]
    derived: list[bool]  # joints that were computed from others in the clips that it learned from
    sizes: dict[str, Width]  # that the method was built for
    sentences: dict[str, list[str]]  # by source, of every class
    calibration: Calibration | None  # None where there was no validation phase to choose it by
    settings: dict[str, Any]
    text: str  # the text encoder
    hash: str  # of all arrays

    def __post_init__(self) -> None:
        known = self.seen + self.unseen
        if not self.unseen or max(known) >= len(self.classes):
            raise ValueError(f"seen and unseen are not some of {len(self.classes)} classes")
        if len(set(known)) < len(known):
            raise ValueError("a class stands twice in seen and unseen")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("a name stands twice in classes")
        if len(self.derived) != len(JOINTS):
            raise ValueError(f"derived has {len(self.derived)} joints, expected {len(JOINTS)}")
        if set(self.sizes) != {"features", "text", "sources"}:
            raise ValueError("sizes are not those of features, text and sources")
        if missing := [each for each in SECTIONS if not isinstance(self.settings.get(each), dict)]:
            raise ValueError(f"settings has no section {missing[0]}")


@dataclass(frozen=True)
class Bundle:
    """Everything, as plain values and arrays; weights by their names."""

    manifest: Manifest
    encoder: Arrays
    method: Arrays
    texts: Arrays  # fields of a TextFile
    structured: Arrays  # rows of the structured descriptions, for a method that reads them

    @property
    def parts(self) -> dict[str, Arrays]:
        return {name: getattr(self, name) for name in PARTS}


def of_cell(cell: Cell, config: Config) -> Bundle:
    """The cell with its first seed, as `dvc repro` left it."""
    from safetensors.numpy import load_file

    cell = replace(cell, phase="test", seed=config.params.run.seeds[0])
    for path in (cell.weights, cell.method_weights):
        if not path.is_file():
            raise UserError(f"{path}: not there yet; `dvc repro` makes it for the selected cell")
    settings = config.at(cell)
    settings = type(settings)({**settings.values, "text": config.params.text})
    clips, split = read(cell.clips, ClipFile), read(cell.split_file, SplitFile)
    texts, sources = read(cell.texts(settings.text), TextFile), settings.sources(cell.method)
    sentences = json.loads(cell.sentences(settings.text).read_text(encoding="utf-8"))
    kept = ("run", "preprocess", "text", "encoders", "methods", "texts")
    values = {name: settings.values[name] for name in kept}
    for section, name in (("encoders", cell.encoder), ("methods", cell.method)):
        values[section] = {name: values[section][name]}
    values["texts"] = {settings.text: values["texts"][settings.text]}
    encoder, method = load_file(cell.weights), load_file(cell.method_weights)
    arrays = _some_sources(texts, [each for each in texts.sources if each in sources])
    features = read(cell.features, FeatureFile).features.shape[1]
    manifest = Manifest(
        FORMAT,
        version("zsar"),
        cell.key,
        cell.method,
        cell.seed,
        list(dataset_info(cell.dataset, config.dataset(cell.dataset)).classes),
        split.seen.tolist(),
        split.unseen.tolist(),
        np.any(np.asarray(clips.derived), axis=0).tolist(),
        {"features": features, "text": texts.pooled.shape[2], "sources": len(sources)},
        {source: sentences[source] for source in sources if source in sentences},
        calibration(cell),
        values,
        settings.text,
        "",
    )
    kinematic = methods.method(without_layers(cell.method)).kinematic
    structured = load_descriptions(cell).rows() if kinematic else {}
    return sealed(Bundle(manifest, encoder, method, arrays, structured))


def sealed(bundle: Bundle) -> Bundle:
    """With the hash of its arrays."""
    return replace(bundle, manifest=replace(bundle.manifest, hash=_hash(bundle)))


def _some_sources(file: TextFile, sources: list[str]) -> Arrays:
    """Of a file of texts, those that a method reads."""
    columns = [list(file.sources).index(each) for each in sources]
    counts = np.asarray(file.counts)
    owners = np.repeat(np.tile(np.arange(counts.shape[1]), len(counts)), counts.ravel())
    return {
        "sources": np.array(sources),
        "pooled": np.array(file.pooled[:, columns]),
        "tokens": np.array(file.tokens)[np.isin(owners, columns)],
        "counts": counts[:, columns],
        "groups": np.array(file.groups[:, columns]),
    }


def write(bundle: Bundle, folder: Path) -> None:
    """All files or none; the folder must not be there yet."""
    if folder.exists():
        raise UserError(f"{folder} is there already; name a folder that is not")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(
            prefix=f"{folder.name}.",
            suffix=".partial",
            dir=folder.parent,
            ignore_cleanup_errors=True,
        ) as place:
            draft = Path(place) / "model"  # its parent is closed to others, whatever the umask
            _write(bundle, draft)
            draft.replace(folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _write(bundle: Bundle, folder: Path) -> None:
    from safetensors.numpy import save

    folder.mkdir()
    for name, arrays in bundle.parts.items():
        plain = {key: np.ascontiguousarray(_storable(each)) for key, each in arrays.items()}
        # The library itself would let nobody else read it.
        (folder / f"{name}.safetensors").write_bytes(save(plain))
    text = json.dumps(asdict(bundle.manifest), indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def of_folder(folder: Path) -> Bundle:
    """What `write` wrote; UserError where something is missing or was changed."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    at = folder / MANIFEST
    manifest = typed(Manifest, _of_format(read_json(at), at), "", str(at))
    try:
        parts = {name: load_file(folder / f"{name}.safetensors") for name in PARTS}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, SafetensorError) as error:
        raise UserError(f"{folder} is no complete model: {' '.join(str(error).split())}") from error
    found = Bundle(manifest, **parts)
    if _hash(found) != manifest.hash:
        raise UserError(f"{folder}: the arrays are not those that were exported; export them again")
    return replace(found, texts=_texts(folder, parts, manifest))


def _texts(folder: Path, parts: Mapping[str, Arrays], manifest: Manifest) -> Arrays:
    """The texts with their sources as names; UserError where one does not fit the others."""
    found = dict(parts["texts"])
    at = folder / "texts.safetensors"
    if missing := [name for name in TEXT_AXES if name not in found]:
        raise UserError(f"{at} has no {missing[0]}; export the model again")
    sources = parse_json(decoded(found["sources"].tobytes(), str(at)), str(at))
    if not isinstance(sources, list) or not all(isinstance(each, str) for each in sources):
        raise UserError(f"{at}: sources are no list of names; export the model again")
    tokens = int(found["counts"].sum()) if found["counts"].dtype.kind == "i" else -1
    sizes = {"class": len(manifest.classes), "source": len(sources), "token": tokens}
    sizes["width"] = manifest.sizes["text"]
    for name, axes in TEXT_AXES.items():
        expected = tuple(sizes[axis] for axis in axes)
        if axes and (found[name].shape != expected or not np.isfinite(found[name]).all()):
            raise UserError(
                f"{at}: {name} is {found[name].shape}, expected {expected} finite numbers;"
                " export the model again"
            )
    return found | {"sources": np.array(sources)}


def _of_format(values: Any, at: Path) -> Any:
    """Earlier ones have other fields."""
    found = values.get("format") if isinstance(values, dict) else None
    if found != FORMAT:
        raise UserError(f"{at}: format {found!r}, expected {FORMAT}; export it again")
    return values


def _storable(array: np.ndarray) -> np.ndarray:
    """Names as bytes: these files hold numbers alone."""
    if array.dtype.kind != "U":
        return array
    encoded = json.dumps(array.tolist()).encode()
    return np.frombuffer(encoded, np.uint8)


def _hash(bundle: Bundle) -> str:
    combined = sha256()
    for name, arrays in bundle.parts.items():
        for key in sorted(arrays):
            array = _storable(arrays[key])
            combined.update(f"{name} {key} {array.dtype} {array.shape}".encode())
            combined.update(np.ascontiguousarray(array).tobytes())
    return combined.hexdigest()
