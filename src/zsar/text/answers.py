"""Which answers of a language model can be used as the text of a class, and why others cannot."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

# Words that most texts of a language contain, without those that several languages share.
from zsar.bounds import Count
from zsar.errors import UserError

ENGLISH = """
    an the and or of to in on at with from by for as into over under before after while then is are
    be not both other another it its this that these their his her up down out off through towards
    something somebody
"""
FOREIGN = """
    der das den dem ein eine einen einem und mit auf zum zur ist sich nicht wird werden nach bei
    auch von le les une des du est et vers avec dans puis sur aux qui el los las con del una por
    para hacia que lo su il gli della nel poi verso che uma os com ao na um seu sua depois het een
    naar wordt zijn
"""
# Typographic quotation marks, dashes, dots and spaces, and their plain ASCII forms.
PLAIN = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"}
PLAIN |= {0x2026: "...", 0x00A0: " "}
REFUSAL = re.compile(r"^(i'm sorry|i am sorry|sorry,|i can't|i cannot|as an ai)", re.IGNORECASE)
LANGUAGE_FROM = 10  # words: a text of this length contains some of the ENGLISH words


@dataclass(frozen=True)
class TextFormat:
    """The format of the texts of a source."""

    form: Literal["clause", "sentences"]
    shortest: Count  # words
    longest: Count

    def __post_init__(self) -> None:
        if self.shortest > self.longest:
            raise UserError(f"shortest is {self.shortest}, above longest, {self.longest}")


def checked_text(
    answer: str, format: TextFormat, forbidden: Iterable[str], taken: Iterable[str]
) -> tuple[str | None, str]:
    """The reason to reject an answer, or None, and the cleaned text."""
    text = clean_answer(answer, format)
    return rejection_reason(text, format, forbidden, taken), text


def without_thoughts(answer: str) -> str:
    """The answer without thinking aloud."""
    return re.sub(r"<think>.*?</think>", "", answer, flags=re.DOTALL)


def clean_answer(answer: str, format: TextFormat) -> str:
    """The answer without thinking aloud, quotation marks, bullets and typographic signs."""
    text = without_thoughts(answer).translate(PLAIN).strip()
    text = re.sub(r"^([-*]|\d+[.)])\s+", "", text).strip("\"'`* \t")
    text = "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return text if format.form == "sentences" else text.lower().rstrip(".")


def rejection_reason(
    text: str, format: TextFormat, forbidden: Iterable[str], taken: Iterable[str]
) -> str | None:
    """The first reason why a text cannot be used; None: it can.

    `forbidden` are names of classes that it must not contain, `taken` the texts of other classes.
    """
    reasons = _rejection_reasons(text, format, forbidden, taken)
    return next((reason for reason in reasons if isinstance(reason, str)), None)


def _rejection_reasons(
    text: str, format: TextFormat, forbidden: Iterable[str], taken: Iterable[str]
) -> Iterator[str | bool | None]:
    count = len(text.split())
    yield not text and "it is empty"
    yield len(text.splitlines()) > 1 and f"it has {len(text.splitlines())} lines, expected one"
    yield REFUSAL.match(text) is not None and "it is a refusal"
    yield not (text.isascii() and text.isprintable()) and "it has characters other than plain ASCII"
    yield not is_english(text) and "it is not in English"
    yield count < format.shortest and f"it has {count} words, expected at least {format.shortest}"
    yield count > format.longest and f"it has {count} words, expected at most {format.longest}"
    named = next((name for name in forbidden if plain_words(name) in plain_words(text)), None)
    yield named and f"it names another class, {named!r}"
    yield (
        text.lower() in {each.lower() for each in taken}
        and "it is already the text of another class"
    )


def is_english(text: str) -> bool:
    """Whether a text seems to be in English; a few words alone do not decide it."""
    found = plain_words(text).split()
    english, foreign = (sum(map(found.count, words.split())) for words in (ENGLISH, FOREIGN))
    return foreign <= english and (english > 0 or len(found) < LANGUAGE_FROM)


def plain_words(text: str) -> str:
    """The words between spaces, so that a name is found as whole words and across punctuation."""
    return f" {re.sub('[^a-z0-9]+', ' ', text.lower()).strip()} "


def forbidden_names(names: list[str], own: int) -> list[str]:
    """Names that the text of class `own` must not contain: all that are not part of its own."""
    allowed = plain_words(names[own])
    return [name for k, name in enumerate(names) if k != own and plain_words(name) not in allowed]
