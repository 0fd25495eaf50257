"""A site of a toy study: a cell with artifacts, cells that only have numbers, and other tasks."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import toy_config
import toy_results
from stages import evaluate, record
from toy_study import QuickEncoder, Study, world
from zsar import encoders
from zsar.cells import METRICS
from zsar.config.config import Config
from zsar.report.site import write_site

CLIPS = 24  # that can be played
PRINTED = "ntu60/unseen5"  # a split of which authors printed numbers


@dataclass(frozen=True)
class Site:
    folder: Path
    study: Study
    config: Config

    def page(self, name: str) -> dict[str, Any]:
        """The data of a page."""
        text = (self.folder / name).read_text(encoding="utf-8")
        return json.loads(text.partition('id="data">')[2].partition("</script>")[0])

    def metrics(self, file: str) -> dict[str, Any]:
        return json.loads((self.folder.parent / file).read_text(encoding="utf-8"))


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Written in that folder, which is the working directory as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(encoders, "encoder", lambda name: QuickEncoder)
        study = Study.of(folder, "devise").whole(world()[0])
        evaluate.main(study.cell, study.settings)
        record.main(study.cell.in_phase("test"), study.settings)
        for name, numbers in other_results().items():
            write_metrics(name, numbers)
        config = toy_config.config(study.changes)
        write_site(Path("report"), CLIPS, config, lambda line: None)
        yield Site(folder / "report", study, config)


def other_results() -> Mapping[str, Any]:
    dataset, split = PRINTED.split("/")
    one_shot = toy_results.one_shot("ntu60/one_shot").numbers
    recognition = toy_results.recognition("ntu60/xsub").numbers
    return {
        f"{dataset}/smie50/{split}/shift_gcn/synse": toy_results.numbers(dataset, split, 70.25),
        f"{dataset}/smie50/{split}/shift_gcn/pgfa_aligned": toy_results.numbers(
            dataset, split, 71.5, transductive=True
        ),
        "one_shot/ntu60/smie50/one_shot/stgcn/pgfa_aligned": one_shot,
        **{
            f"recognition/ntu60/smie50/xsub/umurl/{part}": each
            for part, each in recognition.items()
        },
    }


def write_metrics(name: str, numbers: Mapping[str, Any]) -> None:
    path = METRICS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(numbers), encoding="utf-8")
