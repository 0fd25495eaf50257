"""Checks that the selected cell can be made, and says what params.yaml changes in it."""

from zsar import dataset_info, encoders, methods
from zsar.cells import Cell, RecognitionCell
from zsar.config.config import Config
from zsar.config.settings import without_layers
from zsar.data import protocols
from zsar.dataset_info import GENERATED
from zsar.errors import UserError
from zsar.exchange import next_steps
from zsar.exchange.dataset_section import PREPARED_PROTOCOLS, how_to_get
from zsar.experiment import splits
from zsar.validation import PARAMS, check_choice

TASKS = ("linear", "retrieval", "finetune")  # of recognition, as in dvc.yaml


def check_selection(config: Config) -> None:
    """Raise a UserError where something that the selected cell needs is missing or does not fit."""
    try:
        _check_split(config)
        _check_inputs(config.cell, config)
        _check_encoder_weights(config.cell, config)
        _check_one_shot(config)
        _check_recognition(config)
        _check_transfer(config)
    except UserError as error:
        raise UserError(f"{PARAMS}: {str(error).removeprefix(f'{PARAMS}: ')}") from error


def _check_split(config: Config) -> None:
    cell = config.cell
    info = dataset_info.dataset_info(cell.dataset, config.dataset(cell.dataset))
    splits.check_split(info, without_layers(cell.split))


def _check_inputs(cell: Cell, config: Config) -> None:
    """The recordings and texts are there."""
    dataset = config.dataset(cell.dataset)
    if dataset.reader in PREPARED_PROTOCOLS and cell.preprocess != "as_prepared":
        raise UserError(
            f"preprocess is {cell.preprocess!r}, but {cell.dataset} holds what others have"
            " prepared; expected as_prepared: -S preprocess=as_prepared"
        )
    if not any(cell.raw.glob("*")) and cell.dataset not in GENERATED:
        raise UserError(
            f"dataset is {cell.dataset!r}, but {cell.raw} holds no recordings;"
            f" {how_to_get(cell.dataset, dataset)}"
        )
    for step in next_steps.missing_texts(cell, config):
        raise UserError(f"dataset is {cell.dataset!r}, method {cell.method!r}: {step}")


def _check_encoder_weights(cell: Cell, config: Config) -> None:
    """Pre-trained weights that may have seen clips of unseen classes are declared as such."""
    name = without_layers(cell.encoder)
    kind = encoders.encoder(name)
    weights = config.plugin("encoders", cell.encoder, cell).get("weights")
    if weights and kind.self_supervised and not kind.uses_unlabelled:
        raise UserError(
            f"encoders.{cell.encoder} of {cell.key} names weights, which may have seen clips of"
            f" unseen classes; they belong to {encoders.weights_owner(name)}"
        )


def _check_one_shot(config: Config) -> None:
    """The methods of the one-shot protocol have it, and their cell is the selected one."""
    can = [name for name in config.files["methods"] if methods.method(name).one_shot]
    for name in config.params.also.one_shot:
        check_choice(without_layers(name), can, "also.one_shot", "src/zsar/methods")
        if name != config.cell.method:
            raise UserError(
                f"also.one_shot lists {name!r}, but method is {config.cell.method!r}; expected the"
                f" selected method: -S method={name}"
            )


def _check_recognition(config: Config) -> None:
    """The tasks and protocols exist, and the encoder can be pre-trained for them."""
    also, cell = config.params.also, config.cell
    for task in also.tasks:
        check_choice(task, TASKS, "also.tasks", "dvc.yaml")
    if also.recognition or also.transfer:
        names = config.files["encoders"]
        can = [name for name in names if encoders.encoder(name).self_supervised]
        check_choice(
            without_layers(cell.encoder), can, "also.recognition: encoder", "src/zsar/encoders"
        )
    dataset = config.dataset(cell.dataset)
    if (dataset.of or cell.dataset) in protocols.available():  # others know theirs only from clips
        known = dataset_info.dataset_info(cell.dataset, dataset).protocols
        for protocol in also.recognition:
            check_choice(protocol, known, "also.recognition", "src/zsar/data/protocols")


def _check_transfer(config: Config) -> None:
    """One encoder at most, which is pre-trained already."""
    places = config.params.also.transfer
    if len(places) > 1:
        raise UserError(f"also.transfer lists {len(places)} places, expected one at most")
    for place in places:
        seeds = [RecognitionCell.at(place).with_seed(seed) for seed in config.params.run.seeds]
        lacking = [each.weights for each in seeds if not each.weights.is_file()]
        if len(place.split("/")) != 4 or lacking:
            missing = f"; {lacking[0]} is not there" if lacking else ""
            raise UserError(
                f"also.transfer lists {place!r}, expected dataset/preprocess/protocol/encoder of an"
                f" encoder that is pre-trained{missing}"
            )


def override_notes(config: Config) -> list[str]:
    """A line for each value in params.yaml: what it overrides, or that it has no effect here."""
    used, found = _used(config), []
    for name, value in config.overrides().items():
        section, plugin = name.split(".")[:2]
        line = f"{PARAMS}: {name} = {value!r}"
        full_names = {without_layers(each): each for each in used.get(section, [plugin])}
        if plugin not in full_names:
            found.append(f"{line} changes nothing here: {plugin} is not selected")
        elif section == "demo" and config.cell.dataset not in GENERATED:
            found.append(f"{line} changes nothing here: {config.cell.dataset} is selected")
        else:
            rest = name.removeprefix(f"{section}.{plugin}")
            traced = config.trace(f"{section}.{full_names[plugin]}{rest}", config.cell)
            overridden = ""
            if traced.overridden:
                before, origin = traced.overridden[-1]
                overridden = f" overrides {before!r} ({origin})"
            found.append(f"{line}{overridden}")
    return found


def _used(config: Config) -> dict[str, list[str]]:
    """By section, the plug-ins that the selected cell uses."""
    cell, also = config.cell, config.params.also
    tasks = [*also.tasks, "tsne", *(["retrieval", "finetune"] if also.transfer else [])]
    return {
        "datasets": [cell.dataset],
        "encoders": [cell.encoder],
        "methods": [cell.method],
        "texts": [config.params.text],
        "protocols": [
            *(["one_shot"] if also.one_shot else []),
            *(tasks if also.recognition else []),
        ],
    }
