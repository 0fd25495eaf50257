"""The next steps once files are there: texts to write, and commands to run."""

from collections.abc import Iterator

from zsar.cells import RECORDED, SPLITS, Cell
from zsar.config.config import Config
from zsar.config.settings import DatasetConfig, without_layers
from zsar.data import formats, protocols
from zsar.data.protocols.datasets import FEWEST, FEWEST_SEEN, FEWEST_UNSEEN
from zsar.data.protocols.split_files import with_file
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.exchange.dataset_section import FEATURE_FORMS, PREPARED_PROTOCOLS
from zsar.text import text_splits
from zsar.text.descriptions import KINEMATICS, NAMES, recorded_file

SMALLEST = f"unseen{FEWEST_UNSEEN}"  # every data set of one's own has it


def steps(dataset: str, config: Config, split: str = "") -> Iterator[str]:
    """A line for each; `split` is given for files that were made for one."""
    section = config.dataset(dataset)
    method = _method(dataset, section, config)
    lacking = list(missing_texts(Cell(dataset, method=method), config))
    yield from lacking
    classes, own = _classes(dataset, section), (section.of or dataset) not in protocols.available()
    if own and classes is not None and classes < FEWEST:
        yield (
            f"record more actions: {classes} classes are too few for a split, expected at least"
            f" {FEWEST}, {FEWEST_UNSEEN} unseen and {FEWEST_SEEN} seen"
        )
        return
    if section.reader in PREPARED_PROTOCOLS and not split:
        yield f"zsar import-features {dataset}/SPLIT PATH... --as {section.reader}, as a check"
        return
    yield f"zsar check {dataset}"
    split = split or _split(dataset, section, config)
    chosen = _selection(dataset, section, split, method, config)
    yield "dvc exp run " + " ".join(f"-S {key}={name}" for key, name in chosen.items())


def _selection(
    dataset: str, section: DatasetConfig, split: str, method: str, config: Config
) -> dict[str, str]:
    """The selection that params.yaml does not have yet."""
    from zsar import encoders

    params, chosen = config.params, {"dataset": dataset}
    form = section.reader in PREPARED_PROTOCOLS
    preprocess = "as_prepared" if form else params.preprocess
    encoder = params.encoder
    if section.reader in FEATURE_FORMS:
        encoder = "precomputed"
    elif (
        encoder not in config.files["encoders"]
        or encoders.encoder(without_layers(encoder)).precomputed
    ):
        encoder = next(iter(config.files["encoders"]))
    if not form and preprocess == "as_prepared":
        preprocess = next(iter(config.files["preprocess"]))
    if form or preprocess != params.preprocess:
        chosen["preprocess"] = preprocess
    chosen["split"] = split
    if form or encoder != params.encoder:
        chosen["encoder"] = encoder
    return chosen | ({"method": method} if method != params.method else {})


def _method(dataset: str, section: DatasetConfig, config: Config) -> str:
    """The selected method, unless it needs skeletons and there are none."""
    from zsar import methods

    selected = config.params.method
    if section.reader not in FEATURE_FORMS:
        return selected
    settings = config.at(Cell(dataset, method=selected))

    def needs(name: str) -> bool:
        kind = methods.method(without_layers(name))
        return kind.needs_skeletons(settings.of("methods", name, kind.Config))

    return next(name for name in (selected, *config.files["methods"]) if not needs(name))


def missing_texts(cell: Cell, config: Config) -> Iterator[str]:
    """A line for each file of texts that the method of a cell lacks."""
    section, describe = config.dataset(cell.dataset), config.plain("describe")
    folder, asked = RECORDED / section.descriptions, describe["sources"]
    joined: dict[str, list[str]] = describe["joined"]
    if not (folder / f"{NAMES}.txt").is_file():
        named = formats.reader(section.reader).names_classes
        order = "as clips.yaml lists them" if named else "in the order of their labels"
        yield f"write {folder / NAMES}.txt: the names of the classes, {order}, a line each"
    held = config.plugin("texts", config.params.text, cell)["backend"] == "arrays"
    if held or describe["provider"] != "recorded":
        return
    sources = config.at(cell).sources(cell.method)
    sources = list(dict.fromkeys(part for each in sources for part in joined.get(each, [each])))
    if _is_kinematic(cell):
        sources = [*sources, KINEMATICS]
    for source in sources:
        file, reader = recorded_file(folder, source), without_layers(cell.method)
        if source == NAMES or file.is_file():
            continue
        command = f"`zsar describe {cell.dataset} {source}`"
        if source == KINEMATICS:
            yield f"{command} has {file} written, which {reader} reads"
        else:
            other = f", or {command}" if source in asked else ""
            yield f"write {file}, which {reader} reads: a line for each class{other}"


def _is_kinematic(cell: Cell) -> bool:
    from zsar import methods

    return methods.method(without_layers(cell.method)).kinematic


def _classes(dataset: str, section: DatasetConfig) -> int | None:
    """The number of classes, if it is known."""
    source, raw = formats.reader(section.reader), Cell(dataset).raw
    if (section.of or dataset) not in protocols.available():
        file = RECORDED / section.descriptions / f"{NAMES}.txt"
        if file.is_file():
            return len(file.read_text(encoding="utf-8").splitlines())
        return len(source.classes(raw)) if source.names_classes else None
    return dataset_info(dataset, section).count


def _split(dataset: str, section: DatasetConfig, config: Config) -> str:
    """The selected one where the data set has it, else its first, of which it has the classes."""
    try:
        known = dataset_info(dataset, section)
    except UserError:
        return SMALLEST
    selected = without_layers(config.params.split)
    there = with_file(known, selected, SPLITS).splits
    if selected in (*there, *text_splits.split_names(known.count)):
        return config.params.split
    return next(iter(known.splits))
