"""No file ends a reader: mutated ones are read or refused in one line, and so are bombs."""

import os
from collections import Counter

import pytest

from mutations import WORLDS, outcomes

MUTATIONS = int(os.environ.get("ZSAR_MUTATIONS", 16))


@pytest.mark.parametrize("world", WORLDS)
def test_mutated_files_are_read_or_refused(world):
    found = list(outcomes(world, MUTATIONS))
    assert len(found) == MUTATIONS
    wrong = [each for each in found if each.end not in ("read", "damaged", "caught")]
    assert not wrong, wrong[0]
    assert Counter(each.end for each in found)["damaged"] > MUTATIONS // 5
