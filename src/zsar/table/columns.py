"""What the numbers of a cell mean, and which of them stand in a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = "-"

# Every key of a metrics file, dots for nesting. `_std` behind a key is the standard deviation over
# seeds, `_per_class` the mean of the classes' own accuracies instead of the share of all clips.
MEANING = {
    "zsl": "per cent of unseen test clips named rightly among the unseen classes, with the epoch"
    " that the validation phase chose; mean over seeds (± standard deviation)",
    "zsl_low": "bootstrap 95 % interval of zsl; seeds and clips are drawn anew together",
    "zsl_high": "the upper end of the interval of zsl",
    "zsl_per_class": "as zsl, but the mean of the classes' own accuracies",
    "zsl_last": "as zsl, with the last epoch",
    "zsl_as_published": "as zsl, with the epoch that is best on these very test clips, as papers"
    " report it; to compare with them, never a result",
    "chance": "what guessing among the unseen classes would give",
    "clips": "unseen test clips",
    "seeds": "trainings behind a mean",
    "encoder_seen": "clips of seen classes that the encoder's classifier names rightly among them",
    "classes": "zsl of every unseen class",
    "gzsl.gate.seen": "clips of seen classes named rightly among all classes; a rule fitted on"
    " the validation phase decides that a clip is of a seen class, and the encoder names it",
    "gzsl.gate.unseen": "the same for clips of unseen classes, which the method names",
    "gzsl.gate.harmonic": "harmonic mean of the accuracy on clips of seen and of unseen"
    " classes, where the rule decides on which side a clip is",
    "gzsl.gate.harmonic_low": "bootstrap 95 % interval of gate H; seeds and the clips of either"
    " side are drawn anew together",
    "gzsl.gate.harmonic_high": "the upper end of the interval of gate H",
    "gzsl.gate.harmonic_per_class": "as gate H, from the means of the classes' own accuracies",
    "gzsl.gate.fitted": "temperature and threshold that the validation phase chose, by seed",
    "gzsl.stacking.seen": "clips of seen classes that the method names rightly among all classes,"
    " where the seen ones pay a penalty that the validation phase chose (calibrated stacking)",
    "gzsl.stacking.unseen": "the same for clips of unseen classes",
    "gzsl.stacking.harmonic": "harmonic mean of the accuracy on clips of seen and of unseen"
    " classes, where all classes compete and the seen ones pay the penalty",
    "gzsl.stacking.harmonic_low": "bootstrap 95 % interval of stacking H; seeds and the clips of"
    " either side are drawn anew together",
    "gzsl.stacking.harmonic_high": "the upper end of the interval of stacking H",
    "gzsl.stacking.harmonic_per_class": "as stacking H, from the means of the classes' own"
    " accuracies",
    "gzsl.stacking.area": "area under seen over unseen accuracy, penalty by penalty; at most 100",
    "gzsl.stacking.fitted": "the penalty that the validation phase chose, by seed",
    "transductive": "the method learns from the unlabelled test clips that it is to name",
    "family": "whose split it is; families are never averaged together",
    "published": "the published name of the split; empty if it is nobody else's",
}
ENCODERS = {  # what an encoder has learnt from, where that is not the clips of seen classes alone
    "umurl": "pre-trained without labels on the training clips of seen classes; labels of seen"
    " classes teach only its classifier",
    "umurl_all": "as umurl, but pre-trained on all training clips, those of unseen classes among"
    " them, without labels; no test clip is among them",
}
PUBLISHED = (
    "as printed by its authors for the same seen and unseen classes, their own features and texts;"
    " a letter leads to its caveat"
)


@dataclass(frozen=True)
class Column:
    head: str
    keys: tuple[str, ...]  # the first one says what the column means
    form: str

    def of(self, numbers: Mapping[str, Any]) -> str:
        """The numbers as a person reads them."""
        values = [numbers.get(key) for key in self.keys]
        return ABSENT if None in values else self.form.format(*values)

    @property
    def meaning(self) -> str:
        return f"{self.head}: {MEANING[self.keys[0]]}"


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
STACKING = (*_generalised("stacking"), Column("area", ("gzsl.stacking.area",), "{:.2f}"))


def elsewhere(columns: Sequence[Column]) -> list[str]:
    """What the zero-shot numbers mean that stand in another table than these columns."""
    return [
        f"{column.head} (in the zero-shot table): {MEANING[column.head]}"
        for column in (LAST, AS_PUBLISHED)
        if column not in columns
    ]


def taught(encoders: Iterable[str]) -> list[str]:
    """What these encoders have learnt from, where that needs saying."""
    shown = set(encoders)
    return [f"{name}: {said}" for name, said in ENCODERS.items() if name in shown]
