"""What a language model may say of a class, and what is tidied before it is judged."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# Words that most texts of a language need, without those that several languages share.
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
# Typographic quotation marks, dashes, dots and spaces, and what stands for them in plain ASCII.
PLAIN = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"}
PLAIN |= {0x2026: "...", 0x00A0: " "}
REFUSAL = re.compile(r"^(i'm sorry|i am sorry|sorry,|i can't|i cannot|as an ai)", re.IGNORECASE)
READABLE_FROM = 10  # words: a text as long as this has some of the ENGLISH ones


@dataclass(frozen=True)
class Form:
    """How the texts of a source look."""

    form: Literal["clause", "sentences"]
    shortest: int  # words
    longest: int


def tidied(answer: str, form: Form) -> str:
    """The answer without its wrapping: thinking aloud, quotation marks, bullets, fancy signs."""
    text = re.sub(r"<think>.*?</think>", "", answer, flags=re.DOTALL).translate(PLAIN).strip()
    text = re.sub(r"^([-*]|\d+[.)])\s+", "", text).strip("\"'`* \t")
    text = "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return text if form.form == "sentences" else text.lower().rstrip(".")


def objection(text: str, form: Form, others: Iterable[str], taken: Iterable[str]) -> str | None:
    """The first reason why a text will not do, if there is one.

    It names none of the `others`, names of classes, and is none of those `taken`, texts of classes.
    """
    return next((reason for reason in _reasons(text, form, others, taken) if reason), None)


def _reasons(text: str, form: Form, others: Iterable[str], taken: Iterable[str]):
    count = len(text.split())
    yield not text and "it is empty"
    yield len(text.splitlines()) > 1 and f"it has {len(text.splitlines())} lines, expected one"
    yield REFUSAL.match(text) and "it is a refusal"
    yield not (text.isascii() and text.isprintable()) and "it has characters other than plain ASCII"
    yield not english(text) and "it is not in English"
    yield count < form.shortest and f"it has {count} words, expected at least {form.shortest}"
    yield count > form.longest and f"it has {count} words, expected at most {form.longest}"
    named = next((name for name in others if words(name) in words(text)), None)
    yield named and f"it names another class, {named!r}"
    yield (
        text.lower() in {each.lower() for each in taken}
        and "it is already the text of another class"
    )


def english(text: str) -> bool:
    """Whether a text seems to be in English; of a few words alone nobody can tell."""
    listed = words(text).split()
    native, foreign = (sum(map(each.split().count, listed)) for each in (ENGLISH, FOREIGN))
    return foreign <= native and (native > 0 or len(listed) < READABLE_FROM)


def words(text: str) -> str:
    """The words alone, so that a name is found across punctuation, and only as whole words."""
    return f" {re.sub('[^a-z0-9]+', ' ', text.lower()).strip()} "


def rivals(names: list[str], own: int) -> list[str]:
    """Names that the text of class `own` must not use: the others', unless part of its own."""
    return [
        name for k, name in enumerate(names) if k != own and words(name) not in words(names[own])
    ]
