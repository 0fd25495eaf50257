"""Easy, random and hard splits by the similarity of the class texts."""

from collections import Counter

import numpy as np
import pytest

from zsar.errors import UserError
from zsar.text.text_splits import KINDS, parse_split_name, split_names, text_split

random = np.random.default_rng(0)
VECTORS = np.abs(random.normal(size=(60, 8)))
COSINES = np.corrcoef(VECTORS) * 0.5 + 0.5


def similarities(count, pairs):
    """All similarities are 0.1, except for the given pairs."""
    found = np.full((count, count), 0.1)
    for (a, b), value in pairs.items():
        found[a, b] = found[b, a] = value
    np.fill_diagonal(found, 1.0)
    return found


def as_published(kind, similarity, number):
    """The choice of AMSF's generator, by its rules on the complete matrix."""
    count = len(similarity)
    upper = np.triu(similarity, 1)
    if kind == "hard":
        others = similarity - 2 * np.eye(count)
        return set(np.argsort(np.sort(others, axis=0)[-5:].sum(0))[:number].tolist())
    total, unseen, related = (upper + upper.T).sum(0), [], []
    for place in np.argsort(-upper, axis=None, kind="stable"):
        a, b = divmod(int(place), count)
        one, twin = (a, b) if total[a] > total[b] else (b, a)
        if one not in unseen + related and twin not in unseen and len(unseen) < number:
            unseen.append(one)
            related.append(twin)
    return set(unseen)


@pytest.mark.parametrize("kind", ["easy", "hard"])
@pytest.mark.parametrize("number", [5, 12])
def test_splits_are_those_of_the_published_rules(kind, number):
    assert set(text_split(f"{kind}{number}", COSINES, 0).unseen) == as_published(
        kind, COSINES, number
    )


def test_an_easy_class_has_a_twin_that_stays_seen():
    similarity = similarities(8, {(0, 1): 0.9, (2, 3): 0.8, (1, 4): 0.5, (3, 5): 0.5})
    assert text_split("easy2", similarity, 0).unseen == [1, 3]


def test_of_a_pair_one_is_seen_and_no_twin_is_unseen():
    similarity = similarities(8, {(0, 1): 0.9, (1, 2): 0.8, (0, 2): 0.7})
    chosen = text_split("easy3", similarity, 0).unseen
    assert sum(each in chosen for each in (0, 1)) == 1


def test_hard_classes_have_no_similar_class():
    similarity = similarities(9, {(a, b): 0.8 for a in range(6) for b in range(a + 1, 6)})
    similarity[7, 8] = similarity[8, 7] = 0.2
    assert 6 in text_split("hard2", similarity, 0).unseen
    assert text_split("hard3", similarity, 0).unseen == [6, 7, 8]


def test_the_seed_changes_random_splits_only():
    assert text_split("random5", COSINES, 0) == text_split("random5", COSINES, 0)
    assert text_split("random5", COSINES, 0) != text_split("random5", COSINES, 1)
    for kind in ("easy", "hard"):
        assert text_split(f"{kind}5", COSINES, 0) == text_split(f"{kind}5", COSINES, 1)


def test_a_larger_random_split_holds_the_smaller():
    small, large = (text_split(f"random{number}", COSINES, 3).unseen for number in (5, 12))
    assert set(small) < set(large)


def test_every_class_is_drawn_by_some_seed():
    drawn = Counter(
        each for seed in range(200) for each in text_split("random12", COSINES, seed).unseen
    )
    assert len(drawn) == 60 and max(drawn.values()) < 3 * min(drawn.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(2, 57))
def test_any_number_of_classes_can_be_unseen(kind, number):
    found = text_split(f"{kind}{number}", COSINES, 0)
    assert len(set(found.unseen)) == number and found.unseen == sorted(found.unseen)
    assert not set(found.unseen) & set(found.validation)
    assert 2 <= len(found.validation) <= max(2, min(number, (60 - number) // 3))
    assert len(found.unseen) + len(found.validation) <= 58


def test_the_validation_follows_the_same_rule_among_the_seen_classes():
    found = text_split("hard5", COSINES, 0)
    seen = [each for each in range(60) if each not in found.unseen]
    among = COSINES[np.ix_(seen, seen)]
    assert set(found.validation) == {seen[each] for each in as_published("hard", among, 5)}


@pytest.mark.parametrize(
    ("split", "meant"),
    [
        ("easy5", ("easy", 5)),
        ("random12", ("random", 12)),
        ("unseen5", None),
        ("hard0", None),
        ("hard", None),
    ],
)
def test_names_say_kind_and_number(split, meant):
    assert parse_split_name(split) == meant


def test_every_split_that_is_offered_can_be_made_and_no_other():
    for count in range(4, 9):
        offered = split_names(count)
        for split in (f"{kind}{number}" for kind in KINDS for number in range(1, count)):
            if split in offered:
                assert len(text_split(split, COSINES[:count, :count], 0).unseen) == int(split[-1])
            else:
                with pytest.raises(UserError, match=f"{count} classes"):
                    text_split(split, COSINES[:count, :count], 0)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("hard57", "of 60 classes 2 to 56 can be unseen"),
        ("easy1", "of 60 classes 2 to 56 can be unseen"),
        ("unseen5", "does not name a kind and a number"),
    ],
)
def test_a_split_that_cannot_be_made_is_an_error(split, message):
    with pytest.raises(UserError, match=message):
        text_split(split, COSINES, 0)
