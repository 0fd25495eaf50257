"""Which answers pass as the text of a class: the recorded ones do, what models add does not."""

from pathlib import Path

import pytest

from zsar.text.answers import (
    TextFormat,
    clean_answer,
    forbidden_names,
    is_english,
    rejection_reason,
)

RECORDED = sorted((Path(__file__).parent.parent / "descriptions").glob("*/*.txt"))
CLAUSE, LONG = TextFormat("clause", 1, 100), TextFormat("sentences", 1, 100)


@pytest.mark.parametrize("file", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_recorded_text_passes_unchanged(file):
    names = (file.parent / "names.txt").read_text().splitlines()
    form = LONG if file.stem.endswith("_long") else CLAUSE
    lines = file.read_text().splitlines()
    for own, line in enumerate(lines):
        assert clean_answer(line, form) == line
        assert rejection_reason(line, form, forbidden_names(names, own), lines[:own]) is None


@pytest.mark.parametrize(
    "text",
    [
        "eine Hand hebt sich zum Mund und sinkt",
        "une main monte vers la bouche puis redescend",
        "la mano sube hacia la boca y baja despacio",
        "una mano sale verso la bocca e poi scende",
        "uma das maos sobe e depois desce devagar",
        "een hand gaat naar de mond en zakt weer",
        "lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor",
    ],
)
def test_other_languages_are_not_english(text):
    assert not is_english(text)


@pytest.mark.parametrize("text", ["drink", "water cup", "eat", "snap fingers", "one hand rises"])
def test_a_few_words_alone_pass_as_english(text):
    assert is_english(text)


def test_a_name_is_found_as_whole_words_only():
    names = ["drop", "pick up", "put on a hat"]
    assert rejection_reason("it drops to the ground", CLAUSE, forbidden_names(names, 1), []) is None
    assert (
        rejection_reason("it, as in a drop, falls", CLAUSE, forbidden_names(names, 1), [])
        == "it names another class, 'drop'"
    )


def test_a_name_within_the_own_name_may_be_used():
    assert forbidden_names(["pick up", "pick up and throw", "throw"], 1) == []
    assert forbidden_names(["pick up", "pick up and throw", "throw"], 0) == [
        "pick up and throw",
        "throw",
    ]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('"One hand rises."', "one hand rises"),
        ("1. One hand rises", "one hand rises"),
        ("**one hand rises**", "one hand rises"),
        ("<think>what now?</think>\none hand rises", "one hand rises"),
        ("one  hand \t rises\n\n", "one hand rises"),
        ("one hand\u2019s rise", "one hand's rise"),
        ("one\nhand", "one\nhand"),
    ],
)
def test_wrapping_around_a_clause_is_removed(answer, text):
    assert clean_answer(answer, CLAUSE) == text


def test_sentences_keep_their_capitals_and_stops():
    assert clean_answer('"One hand rises. It sinks."', LONG) == "One hand rises. It sinks."
