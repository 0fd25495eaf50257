"""The meaning of the numbers of a cell, and the columns of the tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zsar.encoders import ENCODERS

ABSENT = "-"

# Every key of a metrics file, dots for nesting. `_std` behind a key is the standard deviation over
# seeds, `_per_class` the mean of the classes' own accuracies instead of the share of all clips.
MEANING = {
    "zsl": "accuracy in per cent on the unseen test clips, among the unseen classes, with the epoch"
    " that the validation phase chose; mean over seeds (± standard deviation)",
    "zsl_low": "bootstrap 95 % interval of zsl; seeds, classes and the clips of a class are"
    " resampled together",
    "zsl_high": "the upper end of the interval of zsl",
    "zsl_per_class": "as zsl, but the mean of the classes' own accuracies",
    "zsl_last": "as zsl, with the last epoch",
    "zsl_as_published": "as zsl, with the epoch that is best on these test clips, as papers"
    " report it; to compare with them, never a result",
    "chance": "the accuracy of guessing among the unseen classes",
    "clips": "unseen test clips; in one-shot, those that are no exemplars",
    "seeds": "whole runs behind a mean: encoder, method and all that the validation phase chooses",
    "encoders": "trained encoders behind a mean; missing in older numbers, whose seeds share one",
    "encoder_seen": "accuracy of the encoder's classifier on clips of seen classes, among these;"
    " mean over seeds (± standard deviation)",
    "classes": "zsl of every unseen class",
    "gzsl.gate.seen": "accuracy on clips of seen classes, among all classes; a rule fitted on the"
    " validation phase decides that a clip is of a seen class, and the encoder chooses which",
    "gzsl.gate.unseen": "the same for clips of unseen classes, for which the method chooses",
    "gzsl.gate.harmonic": "harmonic mean of the accuracy on clips of seen and of unseen"
    " classes, where the rule decides on which side a clip is",
    "gzsl.gate.harmonic_low": "bootstrap 95 % interval of gate H; seeds, the classes of either side"
    " and their clips are resampled together",
    "gzsl.gate.harmonic_high": "the upper end of the interval of gate H",
    "gzsl.gate.harmonic_per_class": "as gate H, from the means of the classes' own accuracies",
    "gzsl.gate.fitted": "temperature and threshold that the validation phase chose, by seed",
    "gzsl.stacking.seen": "accuracy of the method on clips of seen classes, among all classes,"
    " where the seen ones pay a penalty that the validation phase chose (calibrated stacking)",
    "gzsl.stacking.unseen": "the same for clips of unseen classes",
    "gzsl.stacking.harmonic": "harmonic mean of the accuracy on clips of seen and of unseen"
    " classes, where all classes compete and the seen ones pay the penalty",
    "gzsl.stacking.harmonic_low": "bootstrap 95 % interval of stacking H; seeds, the classes of"
    " either side and their clips are resampled together",
    "gzsl.stacking.harmonic_high": "the upper end of the interval of stacking H",
    "gzsl.stacking.harmonic_per_class": "as stacking H, from the means of the classes' own"
    " accuracies",
    "gzsl.stacking.ausuc": "area under the curve of seen over unseen accuracy of all penalties; at"
    " most 100",
    "gzsl.stacking.fitted": "the penalty that the validation phase chose, by seed",
    "transductive": "the method learns from the unlabelled test clips that it classifies",
    "unseen_texts": "the method learns from the texts of unseen classes, too; missing in older"
    " numbers, where none does",
    "structured": "the method reads structured descriptions of the classes, numbers of the body:"
    " other side information than names or sentences",
    "reads_labels": "a published test that knows the labels of the clips it scores; never a result",
    "family": "whose split it is; families are never averaged together",
    "published": "the published name of the split; empty if it is nobody else's",
    "text": "the text encoder, a section of settings/texts.yaml",
}
ONE_SHOT_MEANING = {
    "one_shot": "accuracy in per cent on clips of unseen classes, among these, where one clip of"
    " each, its exemplar, is known; the validation phase chooses the number of rounds in which the"
    " clips draw the classes to them; mean over seeds (± standard deviation)",
    "one_shot_low": "bootstrap 95 % interval of one_shot; seeds, classes and the clips of a class"
    " are resampled together",
    "one_shot_high": "the upper end of the interval of one_shot",
    "one_shot_per_class": "as one_shot, but the mean of the classes' own accuracies",
    "one_shot_exemplars": "as one_shot, by the exemplars alone, before the first round",
    "one_shot_last": "as one_shot, after the last round",
    "one_shot_as_published": "as one_shot, after the round that is best on these test clips;"
    " to compare with papers, never a result",
}
_LINEAR = (
    "accuracy in per cent on the test clips of an official protocol, among all classes, of a linear"
    " classifier on the frozen encoder"
)
_NEAREST = "share of test clips whose nearest training clip is of their class, in per cent, "
RECOGNITION_MEANING = {  # the file of a result, then the key in it
    "linear.linear_last.mean": f"{_LINEAR}, after the last epoch; mean over seeds (± standard"
    " deviation)",
    "linear.linear_as_published.mean": "as linear, with the epoch that is best on the test clips;"
    " to compare with papers, never a result",
    "retrieval.retrieval_1nn.mean": f"{_NEAREST}by the cosine of features",
    "retrieval.coordinates_1nn": f"{_NEAREST}by the cosine of the bare coordinates, without any"
    " encoder",
    "transfer.linear_last.mean": f"{_LINEAR} that was pre-trained on another data set, after the"
    " last epoch; mean over seeds (± standard deviation)",
    "transfer.linear_as_published.mean": "as linear, with the epoch that is best on the test clips;"
    " to compare with papers, never a result",
    "transfer.retrieval_1nn.mean": f"{_NEAREST}by the features of an encoder that was"
    " pre-trained on another data set",
    "transfer.finetuned.mean": "accuracy in per cent on the test clips, among all classes, where"
    " the encoder of another data set is fine-tuned, with all labels; mean over seeds (± standard"
    " deviation)",
    "transfer.source": "where the encoder was pre-trained, without labels",
}
FINETUNED = "finetune.finetuned."  # before a share of labels


def finetuned_meaning(share: str) -> str:
    """The meaning of the number of this share of labels."""
    return (
        f"accuracy in per cent on the test clips, among all classes, where the encoder is"
        f" fine-tuned with {per_cent(share)} of the labels of each class, at least one; mean over"
        " seeds (± standard deviation)"
    )


def per_cent(share: str) -> str:
    return f"{100 * float(share):g} %"


PRETRAINED = "encoder: pre-trained without labels on all training clips of the protocol"
PUBLISHED = (
    "as printed by its authors for the same seen and unseen classes, their own features and texts;"
    " a letter leads to its caveat"
)
PUBLISHED_RECOGNITION = {  # by measure
    "linear": "linear, as printed by the authors for the same protocol; a letter leads to its"
    " caveat",
    "retrieval": "1-NN, as printed by the authors for the same protocol",
    "supervised": "as printed for a network that learns from all labels from the start, without"
    " pre-training; a yardstick",
    "one_shot": "one_shot, as printed by its authors for the same classes; a letter leads to its"
    " caveat",
}


@dataclass(frozen=True)
class Column:
    head: str
    keys: tuple[str, ...]  # the first one says what the column means
    form: str

    def of(self, numbers: Mapping[str, Any]) -> str:
        """The numbers of a cell as text."""
        values = [numbers.get(key) for key in self.keys]
        return ABSENT if None in values else self.form.format(*values)

    @property
    def meaning(self) -> str:
        return f"{self.head}: {meaning_of(self.keys[0])}"


def meaning_of(key: str) -> str:
    """The meaning of a number."""
    share = key.removeprefix(FINETUNED).removesuffix(".mean")
    if key == f"{FINETUNED}{share}.mean":
        return finetuned_meaning(share)
    return (MEANING | ONE_SHOT_MEANING | RECOGNITION_MEANING)[key]


ZSL = Column("zsl", ("zsl", "zsl_std"), "{:.2f} ± {:.2f}")
LAST = Column("zsl_last", ("zsl_last",), "{:.2f}")
AS_PUBLISHED = Column("zsl_as_published", ("zsl_as_published",), "{:.2f}")
ZERO_SHOT = (
    ZSL,
    Column("95 %", ("zsl_low", "zsl_high"), "{:.1f} to {:.1f}"),
    Column("per class", ("zsl_per_class",), "{:.2f}"),
    LAST,
    AS_PUBLISHED,
)


def _generalised(rule: str) -> tuple[Column, ...]:
    key = f"gzsl.{rule}"
    return (
        ZSL,
        Column(f"{rule} S", (f"{key}.seen",), "{:.2f}"),
        Column(f"{rule} U", (f"{key}.unseen",), "{:.2f}"),
        Column(f"{rule} H", (f"{key}.harmonic", f"{key}.harmonic_std"), "{:.2f} ± {:.2f}"),
        Column("95 %", (f"{key}.harmonic_low", f"{key}.harmonic_high"), "{:.1f} to {:.1f}"),
        Column("H per class", (f"{key}.harmonic_per_class",), "{:.2f}"),
    )


GATE = _generalised("gate")
STACKING = (*_generalised("stacking"), Column("AUSUC", ("gzsl.stacking.ausuc",), "{:.2f}"))


ONE_SHOT = (
    Column("one_shot", ("one_shot", "one_shot_std"), "{:.2f} ± {:.2f}"),
    Column("95 %", ("one_shot_low", "one_shot_high"), "{:.1f} to {:.1f}"),
    Column("per class", ("one_shot_per_class",), "{:.2f}"),
    Column("exemplars", ("one_shot_exemplars",), "{:.2f}"),
    Column("last", ("one_shot_last",), "{:.2f}"),
    Column("as_published", ("one_shot_as_published",), "{:.2f}"),
)
FROZEN = (
    Column("linear", ("linear.linear_last.mean", "linear.linear_last.std"), "{:.2f} ± {:.2f}"),
    Column("as_published", ("linear.linear_as_published.mean",), "{:.2f}"),
    Column(
        "1-NN", ("retrieval.retrieval_1nn.mean", "retrieval.retrieval_1nn.std"), "{:.2f} ± {:.2f}"
    ),
    Column("coordinates 1-NN", ("retrieval.coordinates_1nn",), "{:.2f}"),
)
TRANSFERRED = (
    Column("from", ("transfer.source",), "{}"),
    Column("linear", ("transfer.linear_last.mean", "transfer.linear_last.std"), "{:.2f} ± {:.2f}"),
    Column("as_published", ("transfer.linear_as_published.mean",), "{:.2f}"),
    Column(
        "1-NN", ("transfer.retrieval_1nn.mean", "transfer.retrieval_1nn.std"), "{:.2f} ± {:.2f}"
    ),
    Column("fine-tuned", ("transfer.finetuned.mean", "transfer.finetuned.std"), "{:.2f} ± {:.2f}"),
)


def finetuned_columns(numbers: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """A column for each share of labels that any of these flat numbers have, ascending."""
    found = {
        key.removeprefix(FINETUNED).removesuffix(".mean")
        for each in numbers
        for key in each
        if key.startswith(FINETUNED) and key.endswith(".mean")
    }
    return tuple(
        Column(
            per_cent(each),
            (f"{FINETUNED}{each}.mean", f"{FINETUNED}{each}.std"),
            "{:.2f} ± {:.2f}",
        )
        for each in sorted(found, key=float)
    )


def other_table_notes(columns: Sequence[Column]) -> list[str]:
    """The meaning of the zero-shot numbers that are not among these columns."""
    return [
        f"{column.head} (in the zero-shot table): {MEANING[column.head]}"
        for column in (LAST, AS_PUBLISHED)
        if column not in columns
    ]


def encoder_notes(encoders: Iterable[str]) -> list[str]:
    """What these encoders were trained on, where that is unusual."""
    shown = set(encoders)
    notes = {name: each.note for name, each in ENCODERS.items() if each.note}
    return [f"{name}: {note}" for name, note in notes.items() if name in shown]
