"""Where the files of a study lie; stages are called with coordinates, and dvc.yaml spells out the
same tree."""

from dataclasses import dataclass, replace
from pathlib import Path

RAW = Path("data/raw")
METRICS = Path("metrics")
RECORDED = Path("descriptions")
PROMPTS = Path("prompts")
SPLITS = Path("splits")  # a person's own: <data set>/<name>.yaml
HEADLINE = METRICS / "headline.json"
SETTINGS = Path("data/settings")
WEIGHTS = Path("data/weights")  # networks that were imported
SHOWN = Path("data/headline")  # the plots beside it
PHASES = ("validation", "test")  # in this order: the first chooses for the second
# What may be lost: checkpoints and answers that let an interrupted run go on.
CACHE = Path(".cache")


@dataclass(frozen=True)
class Cell:
    """One cell of the study: data set x split x encoder x phase x method."""

    dataset: str
    split: str = ""
    encoder: str = ""
    phase: str = ""
    method: str = ""

    @staticmethod
    def at(place: str, phase: str = "", method: str = "") -> "Cell":
        """The cell at `dataset/split/encoder`, as params.yaml writes it."""
        dataset, split, encoder = (*place.split("/"), "", "")[:3]
        return Cell(dataset, split, encoder, phase, method)

    @property
    def checked(self) -> Path:
        return Path("data", "checked.txt")

    @property
    def settings(self) -> Path:
        """What the encoder runs on, of params.yaml."""
        return SETTINGS / f"{self.place}.json"

    @property
    def raw(self) -> Path:
        return RAW / self.dataset

    @property
    def clips(self) -> Path:
        return self._at("clips.h5")

    @property
    def damaged(self) -> Path:
        return self._at("damaged.txt")

    @property
    def sentences(self) -> Path:
        return self._at("sentences.json")

    @property
    def origins(self) -> Path:
        """How the sentences came about."""
        return self._at("provenance.json")

    @property
    def texts(self) -> Path:
        return self._at("texts.h5")

    @property
    def classes(self) -> Path:
        return self._in_phase("split.h5")

    @property
    def split_facts(self) -> Path:
        """Whose split it is."""
        return self._in_phase("split.json")

    @property
    def training(self) -> Path:
        return self._in_phase("training.h5")

    @property
    def weights(self) -> Path:
        return self._in_phase("encoder.safetensors")

    @property
    def lessons(self) -> Path:
        """Losses and held-out accuracy of the encoder, epoch by epoch."""
        return self._in_phase("encoder.csv")

    @property
    def features(self) -> Path:
        return self._in_phase("features.h5")

    @property
    def fitted(self) -> Path:
        """The method's weights, a file per seed."""
        return self._of_method("weights")

    @property
    def history(self) -> Path:
        return self._of_method("history.h5")

    @property
    def curve(self) -> Path:
        return self._of_method("curve.csv")

    @property
    def scores(self) -> Path:
        return self._of_method("scores.h5")

    @property
    def confusion(self) -> Path:
        return self._in_phase(f"{self.method}.csv")

    @property
    def metrics(self) -> Path:
        return METRICS / self.place / f"{self.method}.json"

    @property
    def place(self) -> str:
        return f"{self.dataset}/{self.split}/{self.encoder}"

    def in_phase(self, phase: str) -> "Cell":
        return replace(self, phase=phase)

    def _of_method(self, name: str) -> Path:
        return self._in_phase(self.method, name)

    def _in_phase(self, *parts: str) -> Path:
        return self._at(self.split, self.encoder, self.phase, *parts)

    def _at(self, *parts: str) -> Path:
        return Path("data", self.dataset, *parts)
