"""Where the files of a study lie; stages are called with coordinates, and dvc.yaml spells out the
same tree."""

from dataclasses import dataclass
from pathlib import Path

RAW = Path("data/raw")
METRICS = Path("metrics")
RECORDED = Path("descriptions")
PROMPTS = Path("prompts")
HEADLINE = METRICS / "headline.json"
CACHE = Path(
    ".cache"
)  # what may be lost: checkpoints and answers that let an interrupted run go on


@dataclass(frozen=True)
class Cell:
    """One cell of the study: data set x split x phase x encoder x method."""

    dataset: str
    split: str = ""
    phase: str = ""
    encoder: str = ""
    method: str = ""

    @property
    def checked(self) -> Path:
        return Path("data", "checked.txt")

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
        return self._at(self.split, self.phase, "split.h5")

    @property
    def weights(self) -> Path:
        return self._at(self.split, self.phase, self.encoder, "encoder.safetensors")

    @property
    def lessons(self) -> Path:
        """Losses and held-out accuracy of the encoder, epoch by epoch."""
        return self._at(self.split, self.phase, self.encoder, "encoder.csv")

    @property
    def features(self) -> Path:
        return self._at(self.split, self.phase, self.encoder, "features.h5")

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
        return self._at(self.split, self.phase, self.encoder, f"{self.method}.csv")

    @property
    def metrics(self) -> Path:
        return METRICS / self.dataset / self.split / self.encoder / f"{self.method}.json"

    def in_phase(self, phase: str) -> "Cell":
        return Cell(self.dataset, self.split, phase, self.encoder, self.method)

    def _of_method(self, name: str) -> Path:
        return self._at(self.split, self.phase, self.encoder, self.method, name)

    def _at(self, *parts: str) -> Path:
        return Path("data", self.dataset, *parts)
