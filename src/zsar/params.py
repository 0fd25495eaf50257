"""The typed view of params.yaml: an unknown key, a missing one or a wrong type is a complaint that
names it."""

from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from zsar.errors import Complaint

FILE = Path("params.yaml")
# Keys of a section that the stages read, not the plug-in.
SHARED = {"methods": ("sources",), "encoders": ("weights",)}
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Study:
    """Which cells the table has; the selection names one of them."""

    datasets: list[str]
    cells: list[str]  # data set/split/encoder
    phases: list[Literal["validation", "test"]]
    texts: list[str]
    methods: list[str]
    one_shot: list[str]  # cells
    recognition: list[str]  # data set/protocol/encoder, one that learns without labels
    transfer: dict[str, str]  # of those, and the one whose encoder is tried there


@dataclass(frozen=True)
class Launch:
    """How many processes share the training and the use of an encoder, on one machine."""

    processes: int  # a GPU each, where the device is one


@dataclass(frozen=True)
class Run:
    """How every stage runs."""

    device: Literal["auto", "cpu", "cuda"]
    threads: int
    seeds: list[int]
    bootstrap: int  # resamples behind an interval
    launch: Launch


@dataclass(frozen=True)
class DataSet:
    """Where a data set's clips come from and how they are treated."""

    reader: str
    protocol: str
    preprocess: str
    descriptions: str  # folder of recorded descriptions
    strict: bool  # stop at the first damaged clip instead of listing and skipping it


@dataclass(frozen=True)
class Gate:
    """How seen and unseen clips are told apart; `temperatures` are candidates."""

    temperatures: list[float]
    threshold: float | Literal["half", "class_means", "most_right"]
    strength: float  # C of the logistic regression


@dataclass(frozen=True)
class Evaluation:
    """The gate in use, among those that have a name."""

    gate: str
    gates: dict[str, Gate]


@dataclass(frozen=True)
class Params:
    """All of params.yaml; sections whose keys belong to a plug-in stay mappings until the plug-in
    types them."""

    dataset: str
    split: str
    encoder: str
    method: str
    text: str
    study: Study
    run: Run
    held_out: float
    reserved: float
    evaluation: Evaluation
    demo: dict[str, Any]
    datasets: dict[str, DataSet]
    preprocess: dict[str, list]
    texts: dict[str, dict[str, Any]]
    encoders: dict[str, dict[str, Any]]
    methods: dict[str, dict[str, Any]]
    protocols: dict[str, dict[str, Any]]
    recognition: dict[str, dict[str, Any]]
    describe: dict[str, Any]
    look: dict[str, Any]
    divide: dict[str, Any]

    def of(self, section: str, name: str, dataset: str, kind: type[Kind]) -> Kind:
        """The settings of a plug-in: its `default` with what the data set overrides."""
        values = merged(self, section, name, dataset)
        own = {key: value for key, value in values.items() if key not in SHARED.get(section, ())}
        return typed(kind, own, f"{section}.{name}.default")

    def sources(self, method: str, dataset: str) -> list[str]:
        """The texts that a method reads."""
        values = merged(self, "methods", method, dataset)
        at = f"methods.{method}.default.sources"
        if "sources" not in values:
            raise Complaint(f"{FILE}: {at} is missing (expected a list of text sources)")
        return _value(list[str], values["sources"], at, str(FILE))

    def weights(self, encoder: str, dataset: str) -> Path | None:
        """The imported network that an encoder starts from, where the settings name one."""
        named = merged(self, "encoders", encoder, dataset).get("weights")
        at = f"encoders.{encoder}.{dataset}.weights"
        found = _value(str | None, named, at, str(FILE))
        return Path(found) if found else None


def load(path: Path = FILE) -> Params:
    """Read and check everything that can be checked without loading a plug-in."""
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Complaint(f"{path}: no such file; run this in the root of the repository") from error
    except yaml.YAMLError as error:
        raise Complaint(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    params = typed(Params, values, "", str(path))
    _consistent(params, str(path))
    return params


def merged(params: Params, section: str, name: str, dataset: str) -> dict[str, Any]:
    table = getattr(params, section)
    if name not in table:
        raise Complaint(_unknown(section, name, list(table), str(FILE)))
    own = table[name].get(dataset, {})
    return over(table[name]["default"], own)


def over(default: dict, own: dict) -> dict:
    """Nested sections are merged key by key, so that an override names only what it changes."""
    return default | {
        key: over(default[key], value)
        if isinstance(value, dict) and isinstance(default.get(key), dict)
        else value
        for key, value in own.items()
    }


def typed(kind: type[Kind], values: Any, at: str, file: str = str(FILE)) -> Kind:
    """Build a dataclass from plain values, or complain about the first key that does not fit."""
    if not isinstance(values, dict):
        raise Complaint(f"{file}: {at or 'the file'} should be a section with keys, not {values!r}")
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise Complaint(_unknown(at, key, known, file))
    for key in known:
        if key not in values:
            raise Complaint(f"{file}: {_join(at, key)} is missing (expected {_spoken(hints[key])})")
    return kind(**{key: _value(hints[key], values[key], _join(at, key), file) for key in known})


def _value(kind: Any, value: Any, at: str, file: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return typed(kind, value, at, file)  # type: ignore[arg-type]
    if origin is list and isinstance(value, list) and inner:
        return [_value(inner[0], item, f"{at}[{i}]", file) for i, item in enumerate(value)]
    if origin is tuple and isinstance(value, list):
        return tuple(_value(inner[0], item, f"{at}[{i}]", file) for i, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _value(inner[1], item, _join(at, key), file) for key, item in value.items()}
    if origin in (Union, UnionType):
        if value is None and NoneType in inner:
            return None
        *others, last = _kinds(kind)
        if not others:
            return _value(last, value, at, file)
        for each in (*others, last):
            with suppress(Complaint):
                return _value(each, value, at, file)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if _fits(kind, value):
        return value
    raise Complaint(f"{file}: {at} is {value!r}, expected {_spoken(kind)}")


def _fits(kind: Any, value: Any) -> bool:
    if kind is Any:
        return True
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    return type(value) is (get_origin(kind) or kind)


def _kinds(union: Any) -> list[Any]:
    return [each for each in get_args(union) if each is not NoneType]


def _spoken(kind: Any) -> str:
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(map(_spoken, _kinds(kind)))
    if get_origin(kind) is Literal:
        return "one of: " + ", ".join(map(str, get_args(kind)))
    if is_dataclass(kind):
        return "a section with " + ", ".join(field.name for field in fields(kind))
    words = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
    return words.get(kind, f"a {get_origin(kind).__name__}" if get_origin(kind) else str(kind))


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else str(key)


def _unknown(at: str, key: str, allowed: list[str], file: str) -> str:
    close = get_close_matches(str(key), allowed, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return (
        f"{file}: unknown {_join(at, key)}{hint}; expected one of: {', '.join(map(str, allowed))}"
    )


def _among(name: str, allowed: list[str], at: str, listed: str, file: str) -> None:
    if name not in allowed:
        names = ", ".join(dict.fromkeys(allowed))
        raise Complaint(f"{file}: {at} is {name!r}, expected one of: {names} (listed in {listed})")


def _consistent(params: Params, file: str) -> None:
    """Every name that is used is also defined, and there is somebody to do the work."""
    if (count := params.run.launch.processes) < 1:
        raise Complaint(f"{file}: run.launch.processes is {count}, expected 1 or more")
    study = params.study
    for field in ("dataset", "method", "text"):
        names = getattr(study, f"{field}s")
        _among(getattr(params, field), names, field, f"study.{field}s", file)
    if study.phases != ["validation", "test"]:
        raise Complaint(f"{file}: study.phases is {study.phases}, expected [validation, test]")
    _places(params, file)
    here = [each.split("/") for each in study.cells]
    before = [params.dataset]
    for field in ("split", "encoder"):
        allowed = [each[len(before)] for each in here if each[: len(before)] == before]
        listed = f"study.cells, of {'/'.join(before)}"
        _among(getattr(params, field), allowed, field, listed, file)
        before.append(getattr(params, field))
    for section in ("datasets", "texts", "methods"):
        for name in getattr(params.study, section):
            if name not in getattr(params, section):
                raise Complaint(
                    f"{file}: study.{section} names {name!r}, which has no section {section}.{name}"
                )
    for section in ("encoders", "methods", "texts", "protocols", "recognition"):
        for name, table in getattr(params, section).items():
            for key in table:
                if key != "default" and key not in params.datasets:
                    raise Complaint(
                        _unknown(f"{section}.{name}", key, ["default", *params.datasets], file)
                    )
            if "default" not in table:
                raise Complaint(f"{file}: {section}.{name}.default is missing")
    if params.evaluation.gate not in params.evaluation.gates:
        gates = list(params.evaluation.gates)
        raise Complaint(_unknown("evaluation.gate", params.evaluation.gate, gates, file))
    for name, gate in params.evaluation.gates.items():
        if isinstance(gate.threshold, float) and not 0 < gate.threshold < 1:
            raise Complaint(
                f"{file}: evaluation.gates.{name}.threshold is {gate.threshold:g}, expected a"
                " probability between 0 and 1"
            )
    for name, dataset in params.datasets.items():
        if dataset.preprocess not in params.preprocess:
            raise Complaint(
                f"{file}: datasets.{name}.preprocess is {dataset.preprocess!r},"
                f" expected one of: {', '.join(params.preprocess)}"
            )


def _places(params: Params, file: str) -> None:
    for field in ("cells", "one_shot", "recognition"):
        for place in getattr(params.study, field):
            at, parts = f"study.{field} {place!r}", place.split("/")
            if len(parts) != 3:
                raise Complaint(f"{file}: {at} is not of the form dataset/split/encoder")
            _among(parts[0], list(params.datasets), f"{at}: data set", "datasets", file)
            _among(parts[2], list(params.encoders), f"{at}: encoder", "encoders", file)
