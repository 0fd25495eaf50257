"""The coordinates of a cell and the paths of its files. dvc.yaml spells out the same tree."""

from dataclasses import dataclass, replace
from pathlib import Path

RAW = Path("data/raw")
METRICS = Path("metrics")
RECORDED = Path("descriptions")
PROMPTS = Path("prompts")
SPLITS = Path("splits")  # a user's own: <data set>/<name>.yaml
HEADLINE = METRICS / "headline.json"
RESOLVED = Path("data/settings")  # what each stage of the selected cell runs on
MACHINE = RESOLVED / "machine.json"  # settings that change no result
MACHINE_SETTINGS = ("workers", "scheduler")  # of `run`
WEIGHTS = Path("data/weights")  # networks that were imported
SHOWN = Path("data/headline")  # the plots beside the headline
PHASES = ("validation", "test")  # in this order: the first chooses for the second
# May be deleted: checkpoints and answers that let an interrupted run resume.
CACHE = Path(".cache")


@dataclass(frozen=True)
class Cell:
    """One cell: data set x preprocessing x split x encoder x method. It is run in two phases, and
    whole for every seed: encoder, method and all that is chosen."""

    dataset: str
    preprocess: str = ""
    split: str = ""
    encoder: str = ""
    phase: str = ""
    method: str = ""
    seed: int = 0

    @staticmethod
    def at(place: str, phase: str = "", method: str = "") -> "Cell":
        """The cell at `dataset/preprocess/split/encoder`."""
        dataset, preprocess, split, encoder = (*place.split("/"), "", "", "")[:4]
        return Cell(dataset, preprocess, split, encoder, phase, method)

    @property
    def raw(self) -> Path:
        return RAW / self.dataset

    @property
    def clips(self) -> Path:
        return self._prepared("clips.h5")

    @property
    def given(self) -> Path:
        """Features that came instead of skeletons, in the folders of their owners."""
        return self._prepared("given")

    @property
    def damaged(self) -> Path:
        return self._prepared("damaged.txt")

    @property
    def measurements(self) -> Path:
        """Of every recording, for all preprocessing."""
        return Path("data", self.dataset, "measured", "measurements.h5")

    @property
    def structured(self) -> Path:
        """The structured descriptions of the classes, where there are any."""
        return self.measurements.with_name("described.h5")

    def sentences(self, text: str) -> Path:
        return Path("data", self.dataset, "texts", text, "sentences.json")

    def provenance_file(self, text: str) -> Path:
        """How the sentences were made."""
        return self.sentences(text).with_name("provenance.json")

    def texts(self, text: str) -> Path:
        """The features of the sentences by a text encoder."""
        return self.sentences(text).with_name("texts.h5")

    @property
    def split_file(self) -> Path:
        return self._of_split("split.h5")

    @property
    def split_info(self) -> Path:
        """Who published the split."""
        return self._of_split("split.json")

    @property
    def training(self) -> Path:
        return self._of_split("training.h5")

    @property
    def weights(self) -> Path:
        return self._of_encoder("encoder.safetensors")

    @property
    def encoder_log(self) -> Path:
        """Losses and validation accuracy of the encoder, epoch by epoch."""
        return self._of_encoder("encoder.csv")

    @property
    def checkpoints(self) -> Path:
        """Of encoders, until all of them are trained."""
        return _checkpoints(self.key) / self.phase

    @property
    def features(self) -> Path:
        return self._of_encoder("features.h5")

    @property
    def method_weights(self) -> Path:
        return self._of_method("method.safetensors")

    @property
    def history(self) -> Path:
        return self._of_method("history.h5")

    @property
    def losses(self) -> Path:
        return self._of_method("losses.csv")

    @property
    def scores(self) -> Path:
        return self._of_method("scores.h5")

    @property
    def numbers(self) -> Path:
        """The metrics; `metrics` is the copy in Git."""
        return self._at("results", self.method, "numbers.json")

    @property
    def confusion(self) -> Path:
        return self._at("results", self.method, "confusion.csv")

    @property
    def curve(self) -> Path:
        """Losses and accuracy epoch by epoch, mean over seeds."""
        return self._at("results", self.method, "curve.csv")

    @property
    def metrics(self) -> Path:
        return METRICS / self.key / f"{self.method}.json"

    @property
    def key(self) -> str:
        return f"{self.dataset}/{self.preprocess}/{self.split}/{self.encoder}"

    def in_phase(self, phase: str) -> "Cell":
        return replace(self, phase=phase)

    def with_seed(self, seed: int) -> "Cell":
        return replace(self, seed=seed)

    def _of_method(self, name: str) -> Path:
        return self._at("methods", self.method, self.phase, str(self.seed), name)

    def _of_encoder(self, name: str) -> Path:
        return self._at(self.phase, str(self.seed), name)

    def _at(self, *parts: str) -> Path:
        return Path("data", self.key, *parts)

    def _of_split(self, name: str) -> Path:
        return Path("data", self.dataset, self.preprocess, self.split, "classes", self.phase, name)

    def _prepared(self, name: str) -> Path:
        return Path("data", self.dataset, self.preprocess, "prepared", name)

    def settings_files(self, stage: str) -> tuple[Path, ...]:
        """Where `resolve` may have written what a stage runs on."""
        return RESOLVED / f"{stage}.json", RESOLVED / stage / f"{self.method}.json"


@dataclass(frozen=True)
class RecognitionCell:
    """An encoder, pre-trained without labels and evaluated on all classes by a protocol."""

    dataset: str
    preprocess: str
    protocol: str
    encoder: str
    seed: int = 0

    @staticmethod
    def at(key: str) -> "RecognitionCell":
        """The one at `dataset/preprocess/protocol/encoder`."""
        dataset, preprocess, protocol, encoder = (*key.split("/"), "", "", "", "")[:4]
        return RecognitionCell(dataset, preprocess, protocol, encoder)

    @property
    def key(self) -> str:
        return f"{self.dataset}/{self.preprocess}/{self.protocol}/{self.encoder}"

    @property
    def clips(self) -> Path:
        return Cell(self.dataset, self.preprocess).clips

    @property
    def weights(self) -> Path:
        return Path("data", self.key, "pretrained", str(self.seed), "encoder.safetensors")

    @property
    def encoder_log(self) -> Path:
        return self.weights.with_name("encoder.csv")

    @property
    def checkpoints(self) -> Path:
        return _checkpoints(self.key)

    def with_seed(self, seed: int) -> "RecognitionCell":
        return replace(self, seed=seed)

    def metrics(self, name: str) -> Path:
        return METRICS / "recognition" / self.key / name

    def settings_files(self, stage: str) -> tuple[Path, ...]:
        return (RESOLVED / self.protocol / f"{stage}.json",)


def _checkpoints(key: str) -> Path:
    return CACHE / "checkpoints" / key
