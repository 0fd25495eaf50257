"""Check params.yaml as a whole, plug-ins included, before any work starts."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict

from stages import division, finetune, oneshot, retrieval, tsne
from stages.harness.run import run
from zsar import encoders, methods, reading
from zsar.data import preprocess, protocols, readers
from zsar.encoders.umurl import UmURL
from zsar.errors import Complaint
from zsar.facts import facts
from zsar.learning.probe import Probe
from zsar.params import FILE, Params, merged, typed
from zsar.study import SETTINGS, Cell
from zsar.text import embedding, providers
from zsar.whole import whole

UNLABELLED = ("umurl", "umurl_all")
SECTIONS: dict[str, dict[str, type]] = {  # read by stages, not by plug-ins
    "protocols": {"one_shot": oneshot.Settings},
    "recognition": {
        "linear": Probe,
        "retrieval": retrieval.Search,
        "finetune": finetune.Settings,
        "tsne": tsne.Settings,
    },
}


def main(cell: Cell, params: Params) -> None:
    """Complain about the first name or setting that does not fit; otherwise say that all is
    well."""
    if not params.run.seeds:
        raise Complaint(f"{FILE}: run.seeds is empty, expected one or more")
    for name in params.datasets:
        _dataset(name, params)
    for each in map(Cell.at, params.study.cells):
        division.insist(facts(each.dataset, params), each.split, params)
    for each in map(Cell.at, params.study.recognition):
        _protocol(each, params)
    _rests(params)
    _sections(params)
    providers.provider(typed(providers.Settings, params.describe, "describe").provider)
    typed(reading.Settings, params.look, "look")
    for dataset in params.datasets:
        for name in params.texts:
            kind = embedding.kind(merged(params, "texts", name, dataset))
            params.of("texts", name, dataset, kind)
        for name in params.encoders:
            params.of("encoders", name, dataset, encoders.encoder(name).Settings)
        for name in params.methods:
            params.of("methods", name, dataset, methods.method(name).Settings)
            params.sources(name, dataset)
    shutil.rmtree(SETTINGS, ignore_errors=True)
    for place in (*params.study.cells, *params.study.recognition):
        _settings(Cell.at(place), params)
    with whole(cell.checked) as draft:
        draft.write_text("params.yaml is in order\n", encoding="utf-8")


def _settings(cell: Cell, params: Params) -> None:
    """A file of its own, so that a setting makes only those cells stale that run on it."""
    kind = encoders.encoder(cell.encoder)
    settings = asdict(params.of("encoders", cell.encoder, cell.dataset, kind.Settings))
    if start := params.weights(cell.encoder, cell.dataset):
        if issubclass(kind, UmURL) and not kind.unlabelled:
            raise Complaint(
                f"{FILE}: encoders.{cell.encoder} of {cell.place} names weights, which may have"
                " seen clips of unseen classes; they belong to umurl_all"
            )
        settings["weights"] = start.as_posix()  # its name follows from its content
    with whole(cell.settings) as draft:
        draft.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _rests(params: Params) -> None:
    """What is done with a cell or a pre-trained encoder needs that to be in the study."""
    study = params.study
    for place in study.one_shot:
        if place not in study.cells:
            raise _wrong("study.one_shot: cell", place, study.cells)
    if study.one_shot and "pgfa_aligned" not in study.methods:
        raise Complaint(f"{FILE}: study.one_shot needs pgfa_aligned among study.methods")
    for place in (*study.transfer, *study.transfer.values()):
        if place not in study.recognition:
            raise _wrong("study.transfer: place", place, study.recognition)


def _sections(params: Params) -> None:
    for section, kinds in SECTIONS.items():
        for name in getattr(params, section):
            if name not in kinds:
                raise Complaint(
                    f"{FILE}: unknown {section}.{name}; expected one of: {', '.join(kinds)}"
                )
        for name, kind in kinds.items():
            for dataset in params.datasets:
                params.of(section, name, dataset, kind)


def _dataset(name: str, params: Params) -> None:
    settings, known = params.datasets[name], facts(name, params)
    readers.reader(settings.reader)
    preprocess.pipeline(params.preprocess[settings.preprocess])
    if name in protocols.available() and settings.protocol not in known.protocols:
        raise _wrong(f"datasets.{name}.protocol", settings.protocol, known.protocols)


def _protocol(cell: Cell, params: Params) -> None:
    known = facts(cell.dataset, params)
    published = cell.dataset in protocols.available()  # others know theirs once clips are read
    if published and cell.split not in known.protocols:
        raise _wrong(f"study.recognition {cell.place!r}: protocol", cell.split, known.protocols)
    if not issubclass(encoders.encoder(cell.encoder), UmURL):
        raise _wrong(f"study.recognition {cell.place!r}: encoder", cell.encoder, UNLABELLED)


def _wrong(at: str, found: str, expected: Iterable[str]) -> Complaint:
    return Complaint(f"{FILE}: {at} is {found!r}, expected one of: {', '.join(expected)}")


if __name__ == "__main__":
    run(main, "reader", "encoder", "method")
