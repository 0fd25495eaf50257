"""Files put where the pipeline looks, with a section of settings/datasets.yaml if they need one."""

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
    """What a person types behind `zsar add`."""

    dataset: str
    paths: Sequence[Path]
    copy: bool
    reader: str  # empty: the one that recognises the files
    of: str  # the data set whose recordings they are; empty: its own
    write: bool  # append the section


def add(asked: AddOptions) -> list[str]:
    """Link (or copy) recordings; the answer says what was put where, and what to do next.

    Nothing is put or written anywhere unless everything can be.
    """
    name, listed = asked.dataset, dataset_section.sections()
    if name in listed:
        config, new = load(), None
        _check_section(asked, config.dataset(name))
    else:
        new = dataset_section.propose(name, asked.paths, asked.reader, asked.of)
        if not asked.write:
            raise UserError(
                f"{FILE} has no section {name!r}; these files need `{new.line}`; --write appends it"
                + ("" if asked.of else "; --of DATASET is for files of a data set's recordings")
            )
        config = load(datasets={name: new.values})
    there = config.dataset(name)
    split = ""
    if there.reader in PREPARED_PROTOCOLS:
        check_features.check_no_other_files(Cell(name), asked.paths)
        split = _split_of(name, there, asked.paths, config)
    return _put(name, asked.paths, asked.copy, config, new, split)


def import_features(
    place: str, form: str, paths: Sequence[Path], copy: bool, write: bool
) -> list[str]:
    """The same for what others have prepared for a split, DATASET/SPLIT."""
    dataset, _, split = place.partition("/")
    config, new = load(), None
    there = dataset_section.required_section(config, dataset)
    if (there.reader, there.protocol) != (form, PREPARED_PROTOCOLS[form]):
        new = _derived_section(dataset, there, form, split, config, write)
        dataset = new.name
        if dataset in config.files["datasets"]:
            new = None
        else:
            config = load(datasets={dataset: new.values})
    check_features.check(form, Cell(dataset, "as_prepared", split), paths, config)
    return _put(dataset, paths, copy, config, new, split)


def _derived_section(
    dataset: str, there: DatasetConfig, form: str, split: str, config: Config, write: bool
) -> DatasetSection:
    """A section of their own for files of recordings that are read from raw."""
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
                f"{FILE}: {dataset} reads {there.reader!r}; {other.name} is for these files: zsar"
                f" import-features {other.name}/{split} PATH... --as {form}"
            )
    elif not write:
        raise UserError(
            f"{FILE}: {dataset} reads {there.reader!r} by protocol {there.protocol!r}, which would"
            f" be lost; give these files a section of their own, such as {other.line};"
            " --write appends it"
        )
    return other


def _check_section(asked: AddOptions, there: DatasetConfig) -> None:
    """Complain where the section that is there says something else."""
    name = asked.dataset
    of = asked.of and (dataset_section.sections().get(asked.of, {}).get("of") or asked.of)
    for option, wanted, found in (("of", of, there.of), ("reader", asked.reader, there.reader)):
        if wanted and wanted != found:
            raise UserError(
                f"{FILE}: {name} has {option} {found or 'none'}, not {wanted}; choose another name"
            )
    for path in asked.paths:
        formats = install_raw.formats(path)
        if formats and there.reader not in formats:
            raise UserError(
                f"{path}: looks like the format of: {', '.join(formats)}; expected {there.reader}"
                f" ({reader(there.reader).HOME}); `zsar add NAME PATH... --write` gives them a"
                f" section of their own, with --of {name} if they are of its recordings"
            )


def _split_of(name: str, there: DatasetConfig, paths: Sequence[Path], config: Config) -> str:
    """The split of what others have prepared, once the classes are described."""
    try:
        dataset_info(name, there)
    except UserError:
        return ""  # a data set of one's own that is not described yet
    return check_features.matching_split(there.reader, name, paths, config)


def _put(
    name: str,
    paths: Sequence[Path],
    copy: bool,
    config: Config,
    new: DatasetSection | None,
    split: str,
) -> list[str]:
    wanted, raw, lines = config.dataset(name).reader, Cell(name).raw, []
    install_raw.checked(paths, wanted, raw)
    if new is not None:
        new.append()
        lines.append(f"{FILE}: {new.line}")
    lines += [f"{target} ({wanted})" for target in install_raw.install(paths, wanted, raw, copy)]
    return lines + [f"next: {step}" for step in next_steps.steps(name, config, split)]
