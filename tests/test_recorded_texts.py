"""The recorded descriptions: complete, plain, within bounds, and telling the classes apart."""

import json
import re
from pathlib import Path

import pytest

from zsar.data import protocols

ROOT = Path(__file__).parent.parent / "descriptions"
BOUNDS = {  # words
    "names": (1, 8),
    "actions": (5, 16),
    "motions": (8, 24),
    "actions_long": (30, 70),
    "motions_long": (35, 80),
    **dict.fromkeys(("head", "hands", "arms", "hips", "legs", "feet"), (5, 18)),
    **dict.fromkeys(("start", "middle", "end"), (6, 20)),
    "nouns": (1, 3),
    "verbs": (1, 3),
}
LONG = ("actions_long", "motions_long")
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir())
SHARED = json.loads((ROOT / "shared.json").read_text())
KEEP_THEIR_NAMES = ("msr_action3d", "nw_ucla", "sbu", "utd_mhad")  # those of their owners
every_text = pytest.mark.parametrize(
    ("folder", "source"), [(f, s) for f in FOLDERS for s in BOUNDS]
)


def lines(folder: str, source: str) -> list[str]:
    return (
        (ROOT / folder / f"{source}.txt").read_text(encoding="ascii").removesuffix("\n").split("\n")
    )


def plain(text: str) -> str:
    return f" {re.sub('[^a-z0-9]+', ' ', text.lower()).strip()} "


def test_every_data_set_is_described():
    described = {"demo", "msr_action3d", "ntu120", "nw_ucla", "pku51", "sbu", "utd_mhad", "uwa3dii"}
    assert described <= set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_source_is_missing_or_unknown(folder):
    assert {path.stem for path in (ROOT / folder).glob("*.txt")} == set(BOUNDS)


@every_text
def test_there_is_one_line_per_class(folder, source):
    assert len(lines(folder, source)) == protocols.dataset(folder).count


@every_text
def test_no_line_is_empty_or_there_twice(folder, source):
    texts = [line.lower() for line in lines(folder, source)]
    assert all(texts) and len(set(texts)) == len(texts)


@every_text
def test_lines_are_plain_words(folder, source):
    for line in lines(folder, source):
        assert line == line.strip() and "  " not in line and line[0] not in "\"'"
        assert source in LONG or (line == line.lower() and not line.endswith("."))


@every_text
def test_lines_keep_to_the_length_of_their_source(folder, source):
    low, high = BOUNDS[source]
    assert not [line for line in lines(folder, source) if not low <= len(line.split()) <= high]


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("source", LONG)
def test_long_texts_are_two_or_three_sentences(folder, source):
    counts = [len(re.findall(r"[.](?: |$)", line)) for line in lines(folder, source)]
    assert set(counts) <= {2, 3}


@every_text
def test_no_text_names_another_class(folder, source):
    names = [plain(name) for name in lines(folder, "names")]
    found = [
        (text, names[other])
        for mine, text in enumerate(map(plain, lines(folder, source)))
        for other in range(len(names))
        if other != mine and names[other] in text
    ]
    assert not found


@pytest.mark.parametrize("folder", sorted(SHARED))
def test_actions_that_two_data_sets_share_are_described_alike(folder):
    for source in BOUNDS:
        if source == "names" and folder in KEEP_THEIR_NAMES:
            continue
        mine, theirs = lines(folder, source), lines("ntu120", source)
        assert all(mine[int(k)] == theirs[other] for k, other in SHARED[folder].items())
