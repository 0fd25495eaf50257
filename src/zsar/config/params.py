"""params.yaml as dataclasses."""

from dataclasses import dataclass
from typing import Any, Literal

from zsar.bounds import Resamples, Seeds, Workers


@dataclass(frozen=True)
class RunConfig:
    """How every stage runs."""

    device: Literal["auto", "cpu", "cuda"]
    reproducible: bool  # the same instructions on every x86-64 processor
    workers: Literal["auto"] | Workers  # trainings at once
    scheduler: str  # of a Dask cluster that reads the recordings
    threads: Workers  # of each training
    # That train and use an encoder together, a GPU each, where the device is one.
    processes: Workers
    seeds: Seeds
    bootstrap: Resamples  # resamples behind an interval


@dataclass(frozen=True)
class ExtraTasks:
    """What is evaluated beside zero-shot recognition in the selected cell."""

    one_shot: list[str]  # methods
    recognition: list[str]  # protocols by which the encoder is evaluated on all classes
    tasks: list[str]  # of recognition, such as linear
    transfer: list[str]  # encoders that were pre-trained on other data sets


@dataclass(frozen=True)
class Params:
    """params.yaml: the selection, and values that override those of settings/."""

    dataset: str
    preprocess: str
    split: str
    encoder: str
    method: str
    text: str
    run: RunConfig
    also: ExtraTasks
    datasets: dict[str, Any]
    splits: dict[str, Any]
    encoders: dict[str, Any]
    methods: dict[str, Any]
    texts: dict[str, Any]
    protocols: dict[str, Any]
    describe: dict[str, Any]
    text_report: dict[str, Any]
    demo: dict[str, Any]
