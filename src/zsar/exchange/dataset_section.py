"""The section of a data set in settings/datasets.yaml: proposed for new files, and appended."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsar.atomic import atomic_write
from zsar.config.config import Config, document
from zsar.config.settings import DatasetConfig
from zsar.data import formats, install_raw, protocols
from zsar.dataset_info import GENERATED, dataset_info
from zsar.errors import UserError
from zsar.validation import check_choice

FILE = Path("settings/datasets.yaml")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")  # a folder, a key, and a part of what -S is given
PREPARED_PROTOCOLS = {
    "synse": "parts",
    "smie": "given",
    "flora": "given",
}  # readers of what others have prepared: its protocol
FEATURE_FORMS = ("synse", "flora")  # those of features without skeletons
OWN_LAYERS = ("small",)  # layers of recordings that nothing is published of


@dataclass(frozen=True)
class DatasetSection:
    name: str
    values: dict[str, Any]

    @property
    def line(self) -> str:
        """As it stands in the file."""
        import yaml

        flow = yaml.safe_dump(
            self.values, default_flow_style=True, sort_keys=False, width=float("inf")
        )
        return f"{self.name}: {flow.strip()}"

    def append(self) -> None:
        """Put it at the end of the file, whose text stays as it is."""
        import yaml

        before = FILE.read_bytes()
        end = b"" if before.endswith(b"\n") or not before else b"\n"
        after = before + end + self.line.encode() + b"\n"
        try:
            fits = yaml.safe_load(after) == (yaml.safe_load(before) or {}) | {
                self.name: self.values
            }
        except yaml.YAMLError:
            fits = False
        if not fits:
            raise UserError(f"{FILE}: nothing can be appended to it; write yourself: {self.line}")
        with atomic_write(FILE) as draft:
            draft.write_bytes(after)


def sections() -> dict[str, Any]:
    """What the file holds now."""
    found = document(FILE)
    if not isinstance(found, dict):
        raise UserError(f"{FILE}: should be a section with keys, not {found!r}")
    return found


def required_section(config: Config, name: str) -> DatasetConfig:
    """The section of that name, or a UserError that says how to make it."""
    if name not in config.files["datasets"]:
        try:
            config.dataset(name)
        except UserError as error:
            raise UserError(f"{error}; or `zsar add {name} PATH... --write` makes one") from error
    return config.dataset(name)


def propose(name: str, paths: Sequence[Path], chosen: str, of: str) -> DatasetSection:
    """The section for files of a data set that the file does not have; `chosen` is a reader."""
    if not NAME.fullmatch(name) or _as_yaml(name) != name:
        raise UserError(
            f"{name!r} cannot be the name of a data set; expected letters, digits, _ and -, a"
            " letter first, and no word that YAML takes for another value"
        )
    reader = _reader(paths, chosen)
    with install_raw.trial(paths, reader) as folder:
        protocol = formats.reader(reader).protocol(folder)
    if of:
        return _of(name, reader, protocol, of)
    published = name in protocols.available()
    if published:
        protocol = _published(protocol, protocols.dataset(name))
    return _section(name, reader, protocol, None, name, [] if published else list(OWN_LAYERS))


def derive(name: str, form: str, of: str) -> DatasetSection:
    """The section for what others have prepared of the recordings of a data set of the file."""
    return _of(name, form, PREPARED_PROTOCOLS[form], of)


def home_page(name: str, section: DatasetConfig) -> str:
    """The web page that the files come from; empty: they are a user's own."""
    if section.of:
        return formats.reader(section.reader).home
    return dataset_info(name, section).home if name in protocols.available() else ""


def how_to_get(name: str, section: DatasetConfig, files: str = "them") -> str:
    """How to get the files, in words."""
    if name in GENERATED:
        return "`make study`, or `dvc repro`, makes them"
    home = home_page(name, section)
    added = f"`zsar add {name} PATH...`"
    return f"get {files} from {home}, then {added}" if home else f"{added} puts them there"


def _of(name: str, reader: str, protocol: str, of: str) -> DatasetSection:
    listed = sections()
    check_choice(of, listed, "data set", str(FILE), "--of")
    root = listed[of].get("of") or of
    model: Mapping[str, Any] = listed.get(root, listed[of])
    if protocol not in protocols.EVERYWHERE:
        protocol = model["protocol"]  # it is divided as the recordings themselves
    return _section(name, reader, protocol, root, model["descriptions"], list(model["layers"]))


def _section(
    name: str, reader: str, protocol: str, of: str | None, descriptions: str, layers: list[str]
) -> DatasetSection:
    source = {"of": of} if of else {}
    values = {"reader": reader, "protocol": protocol, **source, "descriptions": descriptions}
    return DatasetSection(
        name, {**values, "strict": reader in PREPARED_PROTOCOLS, "layers": layers}
    )


def _as_yaml(name: str) -> Any:
    import yaml

    return yaml.safe_load(name)


def _published(protocol: str, known: protocols.DataSet) -> str:
    if protocol in known.protocols:
        return protocol
    own = [each for each in known.protocols if each not in protocols.EVERYWHERE]
    return own[0] if own else "all_clips"


def _reader(paths: Sequence[Path], chosen: str) -> str:
    """The one reader that recognises all files."""
    if chosen:
        check_choice(chosen, formats.available(), "format", "src/zsar/data/formats", "--reader")
        return chosen
    found = {path: install_raw.formats(path) for path in paths}
    for path, names in found.items():
        if not names:
            known = ", ".join(formats.available())
            raise UserError(f"{path}: is of no known format; expected one of: {known}")
    common = [name for name in formats.available() if all(name in each for each in found.values())]
    if len(common) > 1:
        raise UserError(
            f"{', '.join(map(str, paths))}: may be read by {', '.join(common)}; choose one of them:"
            f" --reader {common[0]}"
        )
    if not common:
        listed = "; ".join(f"{path} by {', '.join(names)}" for path, names in found.items())
        raise UserError(f"no reader reads all of these files, but {listed}; add them one by one")
    return common[0]
