"""A split in a file of one's own, from its words to the rows and numbers of a cell."""

import json
from pathlib import Path

import numpy as np
import pytest

import toy_study
from stages import evaluate
from toy_study import QuickEncoder, Study, poisoned, world
from zsar import encoders
from zsar.cells import Cell
from zsar.data import protocols
from zsar.data.artifacts import TextFile, TrainingFile, read, write
from zsar.data.protocols import split_files
from zsar.data.protocols.split_files import with_file
from zsar.errors import UserError
from zsar.experiment import splits

ROOT = Path(__file__).parent.parent
DEMO, NW_UCLA = protocols.dataset("demo"), protocols.dataset("nw_ucla")
EIGHT = protocols.own("mine", ["sit_down", *(f"move {k}" for k in range(7))], np.arange(1, 5))
GENERATED = "splits.zero_shot.generated.sources"
SOURCES = ["names", "actions", "motions", "actions_long", "motions_long"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write `splits/<data set>/mine.yaml`, or what else is named, in an empty repository."""
    monkeypatch.chdir(tmp_path)

    def make(text: str, known=EIGHT, name: str = "mine.yaml") -> Path:
        path = Path("splits", known.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return make


def given(known=EIGHT, split="mine"):
    return with_file(known, split, Path("splits"))


def made(known, split: str, **changes):
    """The data set with a split as the stages see it."""
    cell = Cell(known.name, "smie50", split)
    return splits.with_split(known, cell, toy_study.needed("split", cell, changes))


def test_a_file_is_a_split_of_its_name_and_of_the_family_own(file):
    file("unseen: [0, 3]\nnote: as agreed\n")
    split = given().splits["mine"]
    assert (split.unseen, split.family, split.published, split.note) == (
        (0, 3),
        "own",
        "",
        "as agreed",
    )
    found = protocols.classes(given(), "mine", "test")
    assert found.unseen.tolist() == [0, 3] and found.seen.tolist() == [1, 2, 4, 5, 6, 7]


def test_without_a_file_the_data_set_is_as_before(tmp_path):
    assert with_file(EIGHT, "mine", tmp_path) is EIGHT


@pytest.mark.parametrize(
    "words", ["[move 1, sit_down]", "[MOVE_1, Sit-down]", "[2, 0]", "[A003, A001]"]
)
def test_a_class_is_called_by_name_by_number_from_0_or_as_in_ntu_from_1(words, file):
    file(f"unseen: {words}")
    assert given().splits["mine"].unseen == (0, 2)


def test_a_number_that_is_a_name_means_the_class_of_that_name(file):
    known = protocols.own("mine", list("12345678"), np.zeros(0, int))
    file("unseen: [2, 3]", known)
    assert given(known).splits["mine"].unseen == (1, 2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.yml", "unseen:\n- sit down\n- 4\n"),
        ("mine.json", '{\n\t"unseen": ["sit down", 4]\n}'),
        ("mine.txt", "# those of last year\nsit down  # the first\n\n4\n"),
        ("mine.txt", "0, 4"),
    ],
)
def test_yaml_json_and_plain_text_say_the_same(name, text, file):
    file(text, name=name)
    assert given().splits["mine"].unseen == (0, 4)


def test_validation_pretends_what_the_file_says_else_what_is_derived(file):
    file("unseen: [0, 1]\nvalidation: [4, 6]")
    assert protocols.classes(given(), "mine", "validation").unseen.tolist() == [4, 6]
    file("unseen: [1, 4]", NW_UCLA)
    derived, published = (
        protocols.classes(given(NW_UCLA), each, "validation") for each in ("mine", "unseen2")
    )
    assert np.array_equal(derived.unseen, published.unseen)


def test_a_class_on_neither_side_is_on_none_in_validation_either(file):
    file("unseen: [0, 1]\nseen: [2, 3, 4, 7]")
    assert protocols.classes(given(), "mine", "test").seen.tolist() == [2, 3, 4, 7]
    found = protocols.classes(given(), "mine", "validation")
    assert sorted([*found.seen, *found.unseen]) == [2, 3, 4, 7] and len(found.unseen) == 2


@pytest.mark.parametrize("protocol", ["xsub", "clips", "parts"])
def test_clips_of_a_class_on_neither_side_serve_nothing(protocol, file):
    file("unseen: [0, 1]\nseen: [2, 3, 4, 7]\nvalidation: [2, 3]")
    grid = np.indices((8, 4, 3)).reshape(3, -1)
    labels, subjects = grid[0], grid[1] + 1
    if protocol == "parts":  # of the features of all classes
        subjects = np.where(np.isin(labels, [0, 1]), 2, subjects % 2 + 1)
        subjects = np.where((subjects == 1) & (grid[2] == 2), np.where(labels < 4, 5, 4), subjects)
        subjects = np.where((subjects == 1) & (labels > 3) & (grid[2] == 1), 3, subjects)
    for phase in ("test", "validation"):
        found = protocols.rows(
            protocols.ClipOrigins(labels, subjects, subjects, subjects),
            dataset=given(),
            protocol=protocol,
            split="mine",
            phase=phase,
            held_out=0.3,
            reserved=0.3,
        )
        used = {"test": {0, 1, 2, 3, 4, 7}, "validation": {2, 3, 4, 7}}[phase]
        assert set(labels[np.concatenate(list(vars(found).values()))]) == used


WRONG = {
    "mine.yaml:2: unknown class 'mvoe 3' (did you mean 'move 3'?); expected a name or a number"
    " from 0 to 7": "unseen:\n  [mvoe 3]",
    "mine.yaml:1: unknown class 'down' (did you mean 'sit_down'?)": "unseen: [down]",
    "mine.yaml:1: '8' is no class of mine, expected a number from 0 to 7 or from A001 to A008": (
        "unseen: [8]"
    ),
    "mine.yaml:1: 'A000' is no class": "unseen: [A000]",
    "mine.yaml:1: unknown class '-1'": "unseen: [-1]",
    "mine.yaml:3: 'A001' is class 0, which line 2 lists already": "unseen:\n- sit down\n- A001",
    "mine.yaml:2: 'move 1' is seen, and unseen in line 1; expected it on one side": (
        "unseen: [0, 2]\nseen: [move 1, 3, 4, 5]"
    ),
    "mine.yaml:2: '0' is not seen, expected a seen class": "unseen: [0, 2]\nvalidation: [0, 1]",
    "mine.yaml:3: '7' is not seen": "unseen: [0, 2]\nseen: [1, 3, 4, 5]\nvalidation: [1, 7]",
    "mine.yaml:2: validation has 1 of 6 seen classes, expected 2 to 4": (
        "unseen: [0, 2]\nvalidation: [1]"
    ),
    "mine.yaml: 3 seen classes are too few, expected at least 4": "unseen: [0, 1, 2, 3, 4]",
    "mine.yaml: 2 seen classes are too few": "unseen: [0, 1]\nseen: [2, 3]",
    "mine.yaml: 1 unseen classes are too few, expected at least 2": "unseen: [0]",
    "mine.yaml:2: the list is empty": "unseen: [0, 1]\nseen: []",
    "mine.yaml:1: `unseen` is missing": "seen: [0, 1]",
    "mine.yaml:2: 'unsene' is unknown, expected: unseen, seen": "unseen: [0, 1]\nunsene: [2]",
    "mine.yaml:1: expected a list here": "unseen: 5",
    "mine.yaml:2: is no YAML": "unseen: [1, 2\nseen: [3]",
    "mine.yaml: is empty": "",
}


@pytest.mark.parametrize(("said", "text"), WRONG.items(), ids=WRONG)
def test_a_mistake_is_one_line_with_file_and_line(said, text, file):
    file(text)
    with pytest.raises(UserError) as complaint:
        given()
    assert f"splits/mine/{said}" in str(complaint.value) and "\n" not in str(complaint.value)


def test_a_text_file_knows_its_lines(file):
    file("sit down\n\n1, 2, 1\n", name="mine.txt")
    with pytest.raises(UserError, match=r"mine/mine.txt:3: '1' is class 1, which line 3 lists"):
        given()


def test_numbers_of_nw_ucla_are_no_places_in_its_list(file):
    file("unseen: [A008, 3]", NW_UCLA)
    with pytest.raises(
        UserError, match="nw_ucla leaves numbers out, expected a number from 0 to 9"
    ):
        given(NW_UCLA)


def test_a_file_shadows_no_split_of_the_data_set_and_no_other_file(file):
    file("unseen: [0, 1]", DEMO, "unseen5.yaml")
    with pytest.raises(UserError, match=r"unseen5.yaml: demo has a split unseen5 already"):
        given(DEMO, "unseen5")
    file("unseen: [0, 1]")
    file("0, 1", name="mine.txt")
    with pytest.raises(UserError, match=r"mine.yaml: gives the split mine, as mine.txt does"):
        given()


def test_only_the_split_that_is_asked_for_is_read(file):
    file("unseen: nonsense", name="other.yaml")
    file("unseen: [0, 1]")
    assert given().splits["mine"].unseen == (0, 1)


def told(known, split) -> str:
    with pytest.raises(UserError) as complaint:
        splits.check_split(known, split)
    return str(complaint.value)


def test_an_impossible_split_is_answered_with_those_that_are_possible(file):
    file("unseen: [0, 1]", name="winter.yaml")
    assert told(EIGHT, "unseen7") == (
        "unknown split 'unseen7'; mine has 8 classes, expected one of: unseen2 to unseen4, winter,"
        " easy2 to easy4, random2 to random4, hard2 to hard4; or a file splits/mine/unseen7.yaml"
    )
    assert "hard2 to hard4" in told(EIGHT, "hard5") and "hard2 to hard4" in told(EIGHT, "hard1")
    said = told(protocols.dataset("pku51"), "easy48")
    assert "smie_7 to smie_9" in said and "easy2 to easy47" in said and "pku51 has 51 class" in said


def test_a_possible_split_is_let_through(file):
    file("unseen: [0, 1]\nseen: [2, 3, 4, 5]")
    for name in ("mine", "unseen4", "easy4", "random2"):
        splits.check_split(EIGHT, name)
    file("unseen: [0]", name="hard2.yaml")
    assert "hard2.yaml: 1 unseen classes" in told(EIGHT, "hard2")


@pytest.fixture
def pku51(file):
    """PKU-MMD with texts that five sources put in other places each."""
    draw = np.random.default_rng(0)
    pooled = draw.normal(size=(51, len(SOURCES), 8)).astype(np.float32)
    counts = np.ones((51, len(SOURCES)), dtype=np.int64)
    groups = np.arange(counts.size).reshape(counts.shape)
    tokens = pooled.reshape(-1, 8)
    write(
        Cell("pku51").texts("minilm"), TextFile(np.array(SOURCES), pooled, tokens, counts, groups)
    )
    return protocols.dataset("pku51")


@pytest.mark.parametrize("kind", ["easy", "random", "hard"])
@pytest.mark.parametrize("number", [4, 8])
def test_the_sizes_of_amsf_are_there_for_pku_mmd(kind, number, pku51):
    split = f"{kind}{number}"
    splits.check_split(pku51, split)
    known = made(pku51, split)
    assert known.splits[split].family == "by text"
    test, validation = (protocols.classes(known, split, each) for each in ("test", "validation"))
    assert (len(test.seen), len(test.unseen)) == (51 - number, number)
    assert len(validation.unseen) == number  # as AMSF has it


def test_five_texts_decide_which_classes_stand_alone(pku51):
    known = toy_study.settings(Cell("pku51", "smie50", "hard8"))
    assert known.splitting.generated.sources == SOURCES == known.sources("amsf")
    by_name, by_all = (
        made(pku51, "hard8", **{GENERATED: sources}).splits["hard8"].unseen
        for sources in (["names"], SOURCES)
    )
    assert by_name != by_all


def test_a_file_wins_over_a_split_that_follows_from_the_texts(pku51, file):
    file("bow\nclapping\n7 8", pku51, "hard4.txt")
    split = made(pku51, "hard4").splits["hard4"]
    assert (split.unseen, split.family) == ((0, 5, 7, 8), "own")


def test_a_text_that_is_missing_is_named(pku51):
    with pytest.raises(UserError, match="has no 'verbs'; it holds: names, actions"):
        made(pku51, "easy4", **{GENERATED: ["names", "verbs"]})


@pytest.mark.parametrize("text", [split_files.__doc__, (ROOT / "splits/README.md").read_text()])
def test_the_file_that_is_shown_can_be_read(text, file):
    known = protocols.dataset("ntu60")
    file("\n".join(line[4:] for line in text.splitlines() if line.startswith("    ")), known)
    assert given(known).splits["mine"].validation == (10, 13)


FEW = "unseen: [0, 5, 7]\nseen: [1, 2, 3, 4, 8, 9, 12, 20]\n"
USED = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 20]


@pytest.fixture
def numbers(tmp_path, monkeypatch):
    """What a method is worth in a cell of fewer classes than there are, on given clips."""
    monkeypatch.setattr(encoders, "encoder", lambda name: QuickEncoder)

    def found(method: str, clips) -> dict:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "splits" / "demo").mkdir(parents=True)
        (folder / "splits" / "demo" / "few.yaml").write_text(FEW)
        monkeypatch.chdir(folder)
        study = Study.of(folder, method, "few").whole(clips)
        evaluate.main(study.cell, study.settings)
        return json.loads(study.cell.numbers.read_text())

    return found


@pytest.mark.parametrize("method", ["devise", "smie"])
def test_a_cell_of_fewer_classes_has_its_numbers_from_them_alone(method, numbers):
    clips, _ = world()
    idle = np.flatnonzero(~np.isin(clips.labels, USED))
    before = numbers(method, clips)
    assert before["family"] == "own" and set(before["classes"]) == {
        DEMO.classes[each] for each in (0, 5, 7)
    }
    assert before["chance"] == pytest.approx(100 / 3, abs=1e-3) and before["gzsl"]["gate"]
    shown = read(Cell("demo", "smie50", "few", "quick", "test").training, TrainingFile).rows
    assert set(clips.labels[shown]) == set(USED)  # without labels, unseen classes are shown
    assert before == numbers(method, poisoned(clips, idle))
