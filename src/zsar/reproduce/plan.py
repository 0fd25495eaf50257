"""What a study needs: recordings, weights of text encoders, disk space and time."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zsar import dataset_info
from zsar.cells import PHASES, SPLITS, Cell
from zsar.config.config import Config
from zsar.config.settings import Settings, without_layers
from zsar.data.formats import reader
from zsar.data.protocols.split_files import names as split_files
from zsar.dataset_info import GENERATED
from zsar.errors import UserError
from zsar.exchange.dataset_section import how_to_get
from zsar.experiment.machine import cores
from zsar.reproduce.study import StudyRun
from zsar.text import backends, text_splits

if TYPE_CHECKING:
    from zsar.encoders.base import Encoder

BYTES_PER_NUMBER = 4  # bytes
TIMED_CLIPS = 16  # clips that an encoder learns from when its pace is measured
CLIP_FILES = ("ntu", "utd_mhad", "nw_ucla", "uwa3dii")  # readers of which a file is a clip
CLIPS_PER_FILE = 20  # in a file of the others, about
TRAINED = 0.4  # share of all clips that an encoder is trained on
METHODS, REST = 1.3, 30.0  # what the method adds to the time of its encoders, and all else, seconds


@dataclass(frozen=True)
class StudyEstimate:
    """Rough: what is not known beforehand is left out."""

    runs: int
    stages: int
    gigabytes: float
    hours: float

    def line(self) -> str:
        """As a sentence."""
        known = f"{self.runs} runs, at most {self.stages} stages; "
        if not self.gigabytes:
            return f"{known}disk space and time are known once the recordings are there"
        return (
            f"{known}clips take about {self.gigabytes:.1f} GB of {free_gigabytes():.0f} GB that are"
            f" free, the training of encoders about {self.hours:.1f} h here; methods come on top"
        )


def missing(runs: Sequence[StudyRun], config: Config) -> list[str]:
    """A line for every input that is missing, with where to get it."""
    found = [*_missing_recordings(runs, config), *_missing_texts(runs, config)]
    return list(dict.fromkeys(found))


def check_runs(runs: Sequence[StudyRun], config: Config) -> None:
    """Raise a UserError for a run whose split or protocol does not exist."""
    for run in runs:
        config.at(run.cell)
        dataset = config.dataset(run.cell.dataset)
        known = dataset_info.dataset_info(run.cell.dataset, dataset)
        if run.tasks:
            if known.protocols and run.cell.split not in known.protocols:
                listed = ", ".join(known.protocols)
                raise UserError(
                    f"{run.name}: {run.cell.split!r} is no protocol, expected one of: {listed}"
                )
        elif without_layers(run.cell.split) not in (
            *known.splits,
            *text_splits.split_names(known.count),
            *split_files(known, SPLITS),
        ):
            listed = ", ".join(known.splits)
            raise UserError(
                f"{run.name}: {without_layers(run.cell.split)!r} is no split, expected one of:"
                f" {listed}"
            )


def _missing_recordings(runs: Sequence[StudyRun], config: Config) -> Iterator[str]:
    for name in dict.fromkeys(run.cell.dataset for run in runs):
        raw = Cell(name).raw
        if name not in GENERATED and not any(raw.glob("*")):
            yield f"recordings of {name}: {how_to_get(name, config.dataset(name))}"


def _missing_texts(runs: Sequence[StudyRun], config: Config) -> Iterator[str]:
    needed = dict.fromkeys((run.text, run.cell.dataset) for run in runs if run.cell.method)
    for text, dataset in needed:
        values = config.plugin("texts", text, Cell(dataset))
        settings: Any = config.at(Cell(dataset)).of("texts", text, backends.config_class(values))
        if lack := backends.missing(settings):
            yield f"text encoder {text}: {lack}"


def estimate(runs: Sequence[StudyRun], config: Config) -> StudyEstimate:
    """Stages that DVC may have to run, what they leave on disk, and the training of encoders."""
    prepared = dict.fromkeys((run.cell.dataset, run.cell.preprocess) for run in runs)
    phases = {run.cell.key: 1 if run.tasks else len(PHASES) for run in runs}
    clips = {dataset: _clips(dataset, config) for dataset, _ in prepared}
    size = sum(
        clips[dataset] * _frames(config.steps(steps)) * 3 * 25 * 2 * BYTES_PER_NUMBER
        for dataset, steps in prepared
    )
    stages = 1 + 2 * len(prepared) + 2 * len(phases) + 4 * len(runs)
    hours = encoder_seconds(phases, clips, config) / 3600
    return StudyEstimate(len(runs), stages, size / 1e9, hours)


def selected_cell_line(config: Config) -> str:
    """About how long the selected cell takes where nothing of it is done, as a sentence."""
    cell = config.cell
    clips = {cell.dataset: _clips(cell.dataset, config)}
    seconds = encoder_seconds({cell.key: len(PHASES)}, clips, config)
    if not seconds:
        return ""
    minutes = max(1, round((METHODS * seconds + REST) / 60))
    return (
        f"{len(config.params.run.seeds)} seeds in {len(PHASES)} phases, {_at_once(config)}"
        f" trainings at once: about {minutes} min on this machine, more beside other work"
    )


def _clips(dataset: str, config: Config) -> int:
    """About how many there are, by the files; of generated ones, how many there will be."""
    raw = Cell(dataset).raw
    if dataset == "demo":
        people = config.plain("demo")["people"]
        classes = dataset_info.dataset_info(dataset, config.dataset(dataset)).count
        return sum(people["views"]) * people["repetitions"] * classes
    if not any(raw.glob("*")):
        return 0
    section = config.dataset(dataset)
    parts = len(reader(section.reader).find(raw))
    return parts if section.reader in CLIP_FILES else parts * CLIPS_PER_FILE


def _frames(steps: Iterable[dict[str, Any]]) -> int:
    return next((step["frames"] for step in reversed(list(steps)) if "frames" in step), 300)


def encoder_seconds(phases: Mapping[str, int], clips: Mapping[str, int], config: Config) -> float:
    """How long the encoders of some cells train on this machine."""
    seeds = len(config.params.run.seeds)
    return TRAINED * seeds * sum(_seconds(phases, clips, config)) / _at_once(config)


def _at_once(config: Config) -> int:
    """Trainings that run side by side."""
    run = config.params.run
    return max(1, cores() // run.threads) if run.workers == "auto" else run.workers


def _seconds(
    phases: Mapping[str, int], clips: Mapping[str, int], config: Config
) -> Iterator[float]:
    """The training time of one encoder of each cell on all clips, measured once for equal ones."""
    from zsar import encoders

    measured: dict[str, float] = {}
    for place, count in phases.items():
        cell = Cell.at(place)
        kind = encoders.encoder(without_layers(cell.encoder))
        if kind.precomputed or kind.measured or not clips[cell.dataset]:
            continue
        settings = config.at(cell)
        given: Any = settings.of("encoders", cell.encoder, kind.Config)
        frames = _frames(config.steps(cell.preprocess))
        name = "training" if hasattr(given, "training") else "pretraining"
        training = getattr(given, name)
        short = replace(given, **{name: replace(training, epochs=2, batch_size=TIMED_CLIPS)})
        key = f"{kind.__name__} {frames} {short}"
        if key not in measured:
            measured[key] = _seconds_per_clip(kind(2, short), frames, settings)
        yield count * measured[key] * clips[cell.dataset] * training.epochs


def _seconds_per_clip(encoder: "Encoder", frames: int, settings: Settings) -> float:
    """In an epoch of the training, measured on a few random clips."""
    import torch

    from zsar.encoders.base import LabelledClips
    from zsar.experiment.device import configure_torch

    device = configure_torch(settings)
    skeletons = torch.randn(TIMED_CLIPS, 3, frames, 25, 2, device=device)
    skeletons[::2, ..., 1] = 0  # nobody beside the first
    clips = LabelledClips(skeletons, torch.arange(TIMED_CLIPS, device=device) % 2)
    if encoder.uses_unlabelled:
        encoder.set_unlabelled_clips(skeletons)
    epochs = encoder.to(device).fit(clips, clips)
    next(epochs)  # what is done once, such as compiling
    start = time.perf_counter()
    next(epochs)
    return (time.perf_counter() - start) / TIMED_CLIPS


def free_gigabytes(path: Path = Path()) -> float:
    import shutil

    return shutil.disk_usage(path).free / 1e9
