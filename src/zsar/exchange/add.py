"""`zsar add` and `zsar import-features`: files into data/raw, and sections of
settings/datasets.yaml for those that need one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zsar.cells import Cell
from zsar.config.config import Config, load
from zsar.config.settings import DatasetConfig
from zsar.data import install_raw
from zsar.data.formats import reader
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.exchange import check_features, dataset_section, next_steps
from zsar.exchange.dataset_section import FILE, PREPARED_PROTOCOLS, DatasetSection


@dataclass(frozen=True)
class AddOptions:
    """The arguments of `zsar add`."""

    dataset: str
    paths: Sequence[Path]
    copy: bool
    reader: str  # empty: the one that recognises the files
    of: str  # the data set whose recordings they are; empty: its own
    write: bool  # append the section


def add(options: AddOptions) -> list[str]:
    """Link (or copy) recordings; return lines about where they are, and what to do next.

    Nothing is linked or written unless everything can be.
    """
    name, listed = options.dataset, dataset_section.sections()
    if name in listed:
        config, new = load(), None
        _check_section(options, config.dataset(name))
    else:
        new = dataset_section.propose(name, options.paths, options.reader, options.of)
        if not options.write:
            raise UserError(
                f"{FILE} has no section {name!r}; these files need `{new.line}`; --write appends it"
                + ("" if options.of else "; --of DATASET is for files of a data set's recordings")
            )
        config = load(datasets={name: new.values})
    existing = config.dataset(name)
    split = ""
    if existing.reader in PREPARED_PROTOCOLS:
        check_features.check_no_other_files(Cell(name), options.paths)
        split = _split_of(name, existing, options.paths, config)
    return _put(name, options.paths, options.copy, config, new, split)


def import_features(
    place: str, form: str, paths: Sequence[Path], copy: bool, write: bool
) -> list[str]:
    """The same for features or clips that others have prepared for a split, DATASET/SPLIT."""
    dataset, _, split = place.partition("/")
    config, new = load(), None
    existing = dataset_section.required_section(config, dataset)
    if (existing.reader, existing.protocol) != (form, PREPARED_PROTOCOLS[form]):
        new = _derived_section(dataset, existing, form, split, config, write)
        dataset = new.name
        if dataset in config.files["datasets"]:
            new = None
        else:
            config = load(datasets={dataset: new.values})
    check_features.check(form, Cell(dataset, "as_prepared", split), paths, config)
    return _put(dataset, paths, copy, config, new, split)


def _derived_section(
    dataset: str, existing: DatasetConfig, form: str, split: str, config: Config, write: bool
) -> DatasetSection:
    """A section of their own for prepared files of a data set that is read from raw recordings."""
    other = dataset_section.derive(f"{dataset}_{form}", form, dataset)
    if other.name in config.files["datasets"]:
        found = config.dataset(other.name)
        if (found.reader, found.protocol, found.of) != (
            form,
            PREPARED_PROTOCOLS[form],
            other.values["of"],
        ):
            raise UserError(
                f"{FILE}: {other.name} is something else; zsar add NAME PATH... --of"
                f" {dataset} --write gives these files a section of their own"
            )
        if not write:
            raise UserError(
                f"{FILE}: {dataset} reads {existing.reader!r}; {other.name} is for these files:"
                f" zsar import-features {other.name}/{split} PATH... --as {form}"
            )
    elif not write:
        raise UserError(
            f"{FILE}: {dataset} reads {existing.reader!r} by protocol {existing.protocol!r}, which"
            f" would be lost; give these files a section of their own, such as {other.line};"
            " --write appends it"
        )
    return other


def _check_section(options: AddOptions, existing: DatasetConfig) -> None:
    """Raise a UserError where the section that is there differs from the options."""
    name = options.dataset
    of = options.of and (dataset_section.sections().get(options.of, {}).get("of") or options.of)
    for option, wanted, found in (
        ("of", of, existing.of),
        ("reader", options.reader, existing.reader),
    ):
        if wanted and wanted != found:
            raise UserError(
                f"{FILE}: {name} has {option} {found or 'none'}, not {wanted}; choose another name"
            )
    for path in options.paths:
        formats = install_raw.formats(path)
        if formats and existing.reader not in formats:
            raise UserError(
                f"{path}: looks like the format of: {', '.join(formats)}; expected"
                f" {existing.reader} ({reader(existing.reader).home}); `zsar add NAME PATH..."
                f" --write` gives them a section of their own, with --of {name} if they are of its"
                " recordings"
            )


def _split_of(name: str, existing: DatasetConfig, paths: Sequence[Path], config: Config) -> str:
    """The split that prepared files were made for; empty if the classes are not described."""
    try:
        dataset_info(name, existing)
    except UserError:
        return ""
    return check_features.matching_split(existing.reader, name, paths, config)


def _put(
    name: str,
    paths: Sequence[Path],
    copy: bool,
    config: Config,
    new: DatasetSection | None,
    split: str,
) -> list[str]:
    wanted, raw, lines = config.dataset(name).reader, Cell(name).raw, []
    install_raw.checked_targets(paths, wanted, raw)
    if new is not None:
        new.append()
        lines.append(f"{FILE}: {new.line}")
    lines += [f"{target} ({wanted})" for target in install_raw.install(paths, wanted, raw, copy)]
    return lines + [f"next: {step}" for step in next_steps.steps(name, config, split)]
