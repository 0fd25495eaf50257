"""Accuracy of pre-training on real recordings: UmURL beside bare coordinates and ST-GCN.

    python -m benchmarks.umurl_evidence [--seeds 0 1 2] [--datasets FOLDER] [--encoder SETTINGS]
    [--distinct] [PLACE ...]

A place is a data set and an official protocol. Its zip archives lie in a folder of its name below
FOLDER. Settings come from params.yaml; SETTINGS, as YAML, override those of UmURL.
ST-GCN learns from all training clips with their labels; of equally good epochs on them the last one
stays. With --distinct, test clips that are training clips, too, are left out (95 of NW-UCLA).
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import yaml

from zsar.cells import RAW, Cell
from zsar.config.config import Config, load
from zsar.config.layers import merged
from zsar.config.settings import Settings
from zsar.data import formats
from zsar.data.protocols import ClipOrigins, sides
from zsar.data.recording import Recording
from zsar.dataset_info import dataset_info
from zsar.encoders.base import LabelledClips
from zsar.encoders.stgcn import STGCN
from zsar.encoders.umurl import UmURL
from zsar.evaluation import mean_and_std
from zsar.experiment.recognition import (
    RetrievalConfig,
    coordinate_retrieval,
    linear_probe,
    num_classes,
    retrieval,
)
from zsar.preprocess.pipeline import pipeline
from zsar.reproducible import restart_pinned

PLACES = ("utd_mhad/xsub", "nw_ucla/xview")
HERE = os.environ.get("ZSAR_DATASETS", RAW)


def main() -> None:
    args = _arguments()
    config = load()
    if config.params.run.reproducible:
        restart_pinned()
    torch.set_num_threads(config.params.run.threads)
    torch.set_deterministic_debug_mode("error")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for place in args.places:
        dataset, protocol = place.split("/")
        settings = _settings(config, Cell(dataset), yaml.safe_load(args.encoder or "{}"))
        train, test = (
            LabelledClips(each.skeletons.to(device), each.labels.to(device))
            for each in _load_sides(args.datasets / dataset, dataset, protocol, config)
        )
        if args.distinct:
            test = _distinct(train, test)
        print(f"{place}: {len(train)} training clips, {len(test)} test clips, {device}", flush=True)
        found: dict[str, list[float]] = {}
        start = time.perf_counter()
        for seed in args.seeds:
            for name, value in _values(train, test, settings, seed):
                found.setdefault(name, []).append(value)
                passed = (time.perf_counter() - start) / 60
                print(f"  seed {seed}: {name} {value:.2f} ({passed:.1f} minutes)", flush=True)
        for name, values in found.items():
            middle, deviation = mean_and_std(values)
            print(f"{place:16} {name:44} {middle:6.2f} ± {deviation:.2f}", flush=True)


def _values(
    train: LabelledClips, test: LabelledClips, settings: Settings, seed: int
) -> Iterator[tuple[str, float]]:
    classes = num_classes(train, test)
    search = settings.of("protocols", "retrieval", RetrievalConfig)
    config = settings.of("encoders", "umurl", UmURL.Config)
    bare = coordinate_retrieval(train, test, search)
    yield "bare coordinates, nearest", bare["coordinates_1nn"]
    torch.manual_seed(seed)
    encoder = UmURL(classes, config)
    encoder.to(train.skeletons.device).eval()
    yield "untrained UmURL, nearest", retrieval(encoder, train, test, search)["retrieval_1nn"]
    for _ in encoder.pretrain(train.skeletons, None):
        pass
    yield "UmURL, nearest", retrieval(encoder, train, test, search)["retrieval_1nn"]
    lines = linear_probe(encoder, train, test, [seed])
    yield "UmURL, linear, last epoch", lines["linear_last"]["mean"]
    yield "UmURL, linear, best on test, as published", lines["linear_as_published"]["mean"]
    yield "ST-GCN with all labels", _supervised(train, test, classes, settings, seed)


def _supervised(
    train: LabelledClips, test: LabelledClips, classes: int, settings: Settings, seed: int
) -> float:
    torch.manual_seed(seed)
    encoder = STGCN(classes, settings.of("encoders", "stgcn", STGCN.Config))
    encoder.to(train.skeletons.device)
    for _ in encoder.fit(train, train):
        pass
    predictions = encoder.classify(encoder.encode(test.skeletons).float()).argmax(1)
    return 100 * (predictions == test.labels).double().mean().item()


def _load_sides(
    folder: Path, dataset: str, protocol: str, config: Config
) -> tuple[LabelledClips, LabelledClips]:
    """The two sides of the protocol, as the pipeline prepares them."""
    given, known = config.dataset(dataset), dataset_info(dataset, config.dataset(dataset))
    source, prepare = formats.reader(given.reader), pipeline(config.steps(config.params.preprocess))
    found = [each for part in source.find(folder) for each in source.read(part)]
    found = [
        each for each in found if isinstance(each, Recording) and each.name not in known.missing
    ]
    labels, *origins = (
        np.array([getattr(each, name) for each in found], dtype=np.int64)
        for name in ("label", "subject", "camera", "setup")
    )
    skeletons = torch.from_numpy(np.stack([prepare(each).skeletons for each in found]))
    rows = sides(ClipOrigins(labels, *origins), dataset=known, protocol=protocol)
    train, test = (
        LabelledClips(skeletons[some], torch.from_numpy(labels[some]))
        for some in (rows.train, rows.test)
    )
    return train, test


def _distinct(train: LabelledClips, test: LabelledClips) -> LabelledClips:
    """The test clips that are no training clips, bit by bit."""
    known = {clip.numpy().tobytes() for clip in train.skeletons.cpu()}
    fresh = [clip.numpy().tobytes() not in known for clip in test.skeletons.cpu()]
    rows = torch.tensor(fresh, device=test.labels.device)
    return LabelledClips(test.skeletons[rows], test.labels[rows])


def _settings(config: Config, cell: Cell, changes: dict) -> Settings:
    """What the cell runs on, with other settings of UmURL."""
    return Settings(merged(config.at(cell).values, {"encoders": {"umurl": changes}}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", default=list(PLACES), metavar="PLACE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--datasets", type=Path, default=Path(HERE), metavar="FOLDER")
    parser.add_argument("--distinct", action="store_true")
    parser.add_argument("--encoder", metavar="SETTINGS")
    return parser.parse_args()


if __name__ == "__main__":
    main()
