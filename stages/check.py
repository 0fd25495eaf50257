"""Check params.yaml as a whole, plug-ins included, before any work starts."""

from stages import division
from stages.run import run
from zsar import encoders, methods, reading
from zsar.data import preprocess, protocols, readers
from zsar.errors import Complaint
from zsar.facts import facts
from zsar.params import FILE, Params, merged, typed
from zsar.study import Cell
from zsar.text import embedding, providers
from zsar.whole import whole


def main(cell: Cell, params: Params) -> None:
    """Complain about the first name or setting that does not fit; otherwise say that all is
    well."""
    for name in params.datasets:
        _dataset(name, params)
    for dataset, split in (each.split("/") for each in params.study.cells):
        division.insist(facts(dataset, params), split, params)
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
    with whole(cell.checked) as draft:
        draft.write_text("params.yaml is in order\n", encoding="utf-8")


def _dataset(name: str, params: Params) -> None:
    settings, known = params.datasets[name], facts(name, params)
    readers.reader(settings.reader)
    preprocess.pipeline(params.preprocess[settings.preprocess])
    if name in protocols.available() and settings.protocol not in known.protocols:
        raise Complaint(
            f"{FILE}: datasets.{name}.protocol is {settings.protocol!r},"
            f" expected one of: {', '.join(known.protocols)}"
        )


if __name__ == "__main__":
    run(main, "reader", "encoder", "method")
