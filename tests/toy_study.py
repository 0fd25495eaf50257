"""A cell for tests of stages: its settings, an encoder that learns in a moment, clips and texts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import toy_kinematics
from stages import encode, learn, split
from stages.harness import needs
from toy_config import config
from zsar import methods
from zsar.cells import PHASES, Cell
from zsar.config.config import Config
from zsar.config.layers import leaves
from zsar.config.settings import Settings, without_layers
from zsar.data.artifacts import (
    ClipFile,
    MeasurementFile,
    SplitFile,
    StructuredFile,
    TextFile,
    read,
    write,
)
from zsar.encoders.base import Encoder, LabelledClips
from zsar.learning.training import Row

CLASSES, FRAMES, WIDTH = 30, 12, 6
PERFORMERS = (1, 2, 4, 5, 8, 3, 6)  # of demo's cross-subject division: five train, two test
ONCE = {"run.device": "cpu", "run.threads": 1, "run.seeds": [0], "run.bootstrap": 20}
# Plug-ins as they are published: demo is of no family whose layers would change them.
PUBLISHED = {"datasets.demo.layers": []}
QUICK_ENCODER = {"encoders: quick": {"default": {"weights": None}}}
QUICK = {  # settings of methods that fit this world, by key
    "alignment_steps": 30,
    "batch_size": 32,
    "cross_after": 10,
    "cycles": 3,
    "depth": 1,
    "drawn_frames": 5,
    "epochs": 4,
    "heads": 1,
    "kept_frames": 8,
    "latent": 8,
    "lr": 0.02,
    "motion_kl_after": 10,
    "ratio": 1,
    "samples": 20,
    "sharpnesses": [5.0],
    "steps": 30,
    "strengths": [0.5, 2.0],
    "text_kl_after": 10,
    "tokens": 3,
    "warmup": 1,
    "width": 8,
}


def settings(cell: Cell, changes: Mapping[str, Any] | None = None) -> Settings:
    """All that the stages of a cell may ask for."""
    return needs.cell_settings(cell, config(changes))


def needed(stage: str, cell: Cell, changes: Mapping[str, Any] | None = None) -> Settings:
    """What a stage gets of them when the pipeline runs it, and not more."""
    return cut(stage, cell, config(changes))


def cut(stage: str, cell: Cell, known: Config) -> Settings:
    """The same of other settings, such as those in the working directory."""
    names = needs.needed_settings(stage, cell, known)
    return Settings(needs.cell_settings(cell, known).part(names))


def quick(section: str, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Changes that give these values to a plug-in wherever it has a setting of that name."""
    plain = config(PUBLISHED).plugin(section, name, Cell("demo"))
    names = {key: key.rpartition(".")[2] for key, _ in leaves(plain)}
    return {
        f"{section}.{without_layers(name)}.{key}": values[last]
        for key, last in names.items()
        if last in values
    }


def named(section: str, name: str) -> list[str]:
    """The layers that can be asked for behind the name of a plug-in."""
    known = config()
    having = [key for each in known.lineage(section, name) for key in known.files[section][each]]
    return [key for key in dict.fromkeys(having) if key in known.files["layers"]["named"]]


def layered() -> list[str]:
    """Every method with each of its named layers, as a person asks for them."""
    return [f"{name}+{each}" for name in methods.available() for each in named("methods", name)]


def unheard(row: Row) -> None:
    """For who does not look at progress."""


class QuickEncoder(Encoder):
    """One layer on the mean over time."""

    @dataclass(frozen=True)
    class Config:
        pass

    width = 8

    def __init__(self, num_classes: int, config: Config):
        super().__init__(num_classes, config)
        self.look = nn.Linear(3 * 25 * 2, self.width)
        self.head = nn.Linear(self.width, num_classes)

    def fit(
        self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None
    ) -> Iterator[Row]:
        optimizer = torch.optim.Adam(self.parameters(), lr=0.02)
        for _ in range(20):
            loss = F.cross_entropy(self.classify(self(train.skeletons[:])), train.labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        row = {"loss": loss.item()}
        if len(val):
            guesses = self.classify(self(val.skeletons[:])).argmax(1)
            row["val_accuracy"] = (guesses == val.labels).float().mean().item()
        yield row

    @classmethod
    def num_epochs(cls, config: Config) -> int:
        return 1

    def forward(self, skeletons):
        return self.look(skeletons.mean(2).flatten(1))

    def maps(self, skeletons):
        """Their mean over bodies, time and joints is what `forward` gives."""
        weights = self.look.weight.view(self.width, 3, 25, 2)
        looked = torch.einsum("cxtjb,dxjb->cbdtj", skeletons, 50 * weights)
        return looked + self.look.bias[:, None, None]

    def classify(self, features):
        return self.head(features)


def world() -> tuple[ClipFile, np.ndarray]:
    """Two clips of every class by every performer, and the direction in which each class lies."""
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(CLASSES), 2 * len(PERFORMERS))
    subjects = np.tile(PERFORMERS, 2 * CLASSES)
    meaning = draw.normal(size=(CLASSES, WIDTH))
    poses = (meaning @ draw.normal(size=(WIDTH, 150)))[labels].reshape(-1, 3, 1, 25, 2)
    skeletons = poses + draw.normal(size=(len(labels), 3, FRAMES, 25, 2))
    same = np.ones(len(labels), dtype=np.int64)
    clips = ClipFile(
        skeletons=skeletons.astype(np.float32),
        labels=labels,
        subjects=subjects,
        cameras=same,
        setups=same,
        names=np.array([f"clip {k}" for k in range(len(labels))]),
        length=FRAMES * same,
        derived=np.zeros((len(labels), 25), dtype=bool),
    )
    return clips, meaning.astype(np.float32)


def texts(meaning: np.ndarray, sources: list[str]) -> TextFile:
    pooled = np.stack([meaning + place for place in range(len(sources))], axis=1)
    counts = np.ones(pooled.shape[:2], dtype=np.int64)
    groups = np.arange(counts.size).reshape(counts.shape)
    return TextFile(np.array(sources), pooled, pooled.reshape(-1, WIDTH), counts, groups)


def poisoned(clips: ClipFile, *sides: np.ndarray) -> ClipFile:
    """The same clips, but those of a side hold nothing and are called what others of it are."""
    skeletons, labels = clips.skeletons.copy(), clips.labels.copy()
    for side in sides:
        skeletons[side] = np.nan
        labels[side] = np.roll(labels[side], len(side) // 2)
    return replace(clips, skeletons=skeletons, labels=labels)


def write_kinematics(cell: Cell, clips: ClipFile, meaning: np.ndarray) -> None:
    """What was measured; of poisoned clips nothing could be."""
    values = toy_kinematics.measured(meaning, np.asarray(clips.labels))
    values[np.isnan(clips.skeletons).any((1, 2, 3, 4))] = np.nan
    write(cell.measurements, MeasurementFile(values, np.asarray(clips.names)))
    found = toy_kinematics.described(meaning)
    columns = (found.weight[:, 0], found.value[:, 0], found.spread[:, 0], found.between[:, 0])
    write(cell.structured, StructuredFile(found.ids, *columns, np.nan_to_num(columns[1])))


@dataclass(frozen=True)
class Study:
    """The cell of a method that learns on this world; call its steps with that folder as working
    directory, and with `QuickEncoder` in the place of every encoder."""

    folder: Path
    cell: Cell
    changes: dict[str, Any]
    settings: Settings

    @staticmethod
    def of(folder: Path, method: str, split: str = "unseen5", **more: Any) -> "Study":
        """Changes come after those that make the cell quick."""
        cell = Cell("demo", "smie50", split, "quick", "", method)
        changes = ONCE | PUBLISHED | QUICK_ENCODER | {"run.seeds": [0, 1]}
        changes |= quick("methods", method, QUICK) | more
        return Study(folder, cell, changes, settings(cell, changes))

    def start(self, clips: ClipFile, meaning: np.ndarray) -> None:
        write(self.cell.clips, clips)
        write_kinematics(self.cell, clips, meaning)
        sources = self.settings.sources(self.cell.method)
        write(self.cell.texts(self.settings.text), texts(meaning, sources))
        split.main(self.cell, self.settings)

    def run(self, phase: str) -> None:
        for seed in self.settings.run.seeds:
            cell = self.cell.in_phase(phase).with_seed(seed)
            encode.train(cell, self.settings, unheard)
            learn.learn(cell, self.settings, unheard)

    def whole(self, clips: ClipFile) -> "Study":
        self.start(clips, world()[1])
        for phase in PHASES:
            self.run(phase)
        return self

    def file(self, phase: str, name: str, seed: int = 0) -> Path:
        return getattr(self.cell.in_phase(phase).with_seed(seed), name)

    def seeds(self, phase: str) -> list[Cell]:
        return [self.cell.in_phase(phase).with_seed(seed) for seed in self.settings.run.seeds]

    def rows(self, purpose: str, phase: str = "test") -> np.ndarray:
        return np.asarray(getattr(read(self.file(phase, "split_file"), SplitFile), purpose))
