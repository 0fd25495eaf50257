"""Who is seen when: on every split of every data set, nothing of the test is ever in training."""

import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from zsar.data import protocols
from zsar.data.protocols import ClipOrigins, sides

PURPOSES = ("train_seen", "held_seen", "test_seen", "test_unseen")
OWN = protocols.own("mine", [f"move {k}" for k in range(12)], np.arange(1, 8))
DATA = {name: protocols.dataset(name) for name in protocols.available()} | {"mine": OWN}
every_split = pytest.mark.parametrize(
    ("name", "split"),
    [(name, split) for name, data in DATA.items() for split in data.splits],
)


def world(data, protocol, seed):
    """Random clips, up to eight of a class, in random order; each class has one on either side."""
    random, rule = np.random.default_rng(seed), data.protocols[protocol]
    labels = np.repeat(np.arange(data.count), random.integers(2, 9, data.count))
    origins = random.choice(rule.train + rule.test, len(labels))
    firsts = np.searchsorted(labels, np.arange(data.count))
    origins[firsts] = random.choice(rule.train, data.count)
    origins[firsts + 1] = random.choice(rule.test, data.count)
    order = random.permutation(len(labels))
    columns = {field: np.ones(len(labels), int) for field in ("subject", "camera", "setup")}
    return labels[order], *(columns | {rule.field: origins[order]}).values()


def chosen(**other):
    return {
        "dataset": DATA["demo"],
        "protocol": "xsub",
        "split": "unseen5",
        "phase": "test",
        "held_out": 0.2,
        "reserved": 0.2,
    } | other


def both_phases(clips, data, protocol, split):
    choice = {"dataset": data, "protocol": protocol, "split": split, "held_out": 0.3}
    return in_phases(clips, **choice, reserved=0.3)


def in_phases(clips, **choice):
    return [
        protocols.rows(ClipOrigins(*clips[:4]), **choice, phase=phase)
        for phase in ("test", "validation")
    ]


def rows_of(found):
    return [getattr(found, purpose) for purpose in PURPOSES]


class Cell(NamedTuple):
    data: protocols.DataSet
    protocol: str
    split: str
    clips: tuple
    test: protocols.Rows
    validation: protocols.Rows

    @property
    def labels(self):
        return self.clips[0]

    def classes(self, phase):
        return protocols.classes(self.data, self.split, phase)


@pytest.fixture(params=["mine", "demo", "utd_mhad", "nw_ucla", "pku51"])
def cells(request):
    """Random clips in both phases, on every split and every protocol that divides by origin."""
    data, made = DATA[request.param], []
    for protocol in data.protocols.keys() - {"clips", "parts", "all_clips"}:
        for seed, split in enumerate(data.splits):
            clips = world(data, protocol, seed)
            made.append(
                Cell(data, protocol, split, clips, *both_phases(clips, data, protocol, split))
            )
    return made


@every_split
def test_the_classes_of_a_split_are_divided_and_validation_divides_the_seen_ones(name, split):
    data = DATA[name]
    test = protocols.classes(data, split, "test")
    validation = protocols.classes(data, split, "validation")
    assert sorted([*test.seen, *test.unseen]) == list(range(data.count))
    assert sorted([*validation.seen, *validation.unseen]) == test.seen.tolist()
    assert len(validation.seen) >= 2 <= len(validation.unseen)
    assert len(validation.unseen) <= max(2, min(len(test.unseen), len(test.seen) // 3))


@every_split
def test_no_clip_of_an_unseen_class_is_ever_trained_on(name, split):
    data = DATA[name]
    protocol = next(iter(data.protocols))
    clips = world(data, protocol, seed=len(split))
    unseen = protocols.classes(data, split, "test").unseen
    test, validation = both_phases(clips, data, protocol, split)
    for found in (test.train_seen, test.held_seen, *rows_of(validation)):
        assert not np.isin(clips[0][found], unseen).any()


def test_no_clip_serves_two_purposes(cells):
    for cell in cells:
        for found in (cell.test, cell.validation):
            together = np.concatenate(rows_of(found))
            assert len(np.unique(together)) == len(together)


def test_every_clip_has_a_purpose_but_training_clips_of_unseen_classes(cells):
    for cell in cells:
        idle = np.setdiff1d(np.arange(len(cell.labels)), np.concatenate(rows_of(cell.test)))
        assert np.isin(cell.labels[idle], cell.classes("test").unseen).all()


def test_validation_divides_the_training_clips_of_the_test_phase(cells):
    for cell in cells:
        training = np.union1d(cell.test.train_seen, cell.test.held_seen)
        assert np.array_equal(np.sort(np.concatenate(rows_of(cell.validation))), training)


def test_validation_tests_what_the_test_phase_holds_out_and_trains_on_less(cells):
    for cell in cells:
        known = np.isin(cell.labels, cell.classes("validation").seen)
        held = cell.test.held_seen
        assert np.array_equal(cell.validation.test_seen, held[known[held]])
        assert set(cell.validation.train_seen) < set(cell.test.train_seen)


def test_each_purpose_has_the_classes_it_names(cells):
    for cell in cells:
        for phase in ("test", "validation"):
            group = cell.classes(phase)
            for purpose in PURPOSES:
                side = group.unseen if purpose == "test_unseen" else group.seen
                rows = getattr(getattr(cell, phase), purpose)
                assert np.isin(cell.labels[rows], side).all()


def test_the_order_of_the_clips_matters_only_within_a_class(cells):
    for cell in cells:
        order = np.argsort(cell.labels, kind="stable")
        moved = tuple(column[order] for column in cell.clips)
        again = both_phases(moved, cell.data, cell.protocol, cell.split)
        for found, other in zip((cell.test, cell.validation), again, strict=True):
            for rows, others in zip(rows_of(found), rows_of(other), strict=True):
                assert np.array_equal(rows, np.sort(order[others]))


@pytest.mark.parametrize(
    ("clips", "test", "validation"),
    [(2, (1, 1), (1, 0, 1)), (3, (2, 1), (1, 1, 1)), (10, (7, 3), (6, 1, 3))],
)
def test_a_class_gives_up_clips_only_as_it_can_spare_them(clips, test, validation):
    """Trained on, held out and, in validation, tested: of so many training clips of each class."""
    columns = np.repeat(np.arange(27), clips + 1), np.tile([1] * clips + [2], 27)
    ones = np.ones_like(columns[0])
    both = both_phases((*columns, ones, ones), DATA["utd_mhad"], "xsub", "unseen5")
    numbers = [[len(rows) for rows in rows_of(found)] for found in both]
    assert numbers[0][:2] == [22 * each for each in test]
    assert numbers[1] == [*(17 * each for each in validation), 5 * clips]


def test_the_only_clip_of_a_class_is_trained_on():
    labels, subjects = np.repeat(np.arange(27), 2), np.tile([1, 2], 27)
    ones = np.ones_like(labels)
    found = protocols.rows(
        ClipOrigins(labels, subjects, ones, ones), **chosen(dataset=DATA["utd_mhad"])
    )
    assert len(found.train_seen) == 22 and len(found.held_seen) == 0


def test_whole_performers_are_held_out_first():
    grid = np.indices((27, 8, 4)).reshape(3, -1)
    labels, subjects, ones = grid[0], grid[1] + 1, np.ones(27 * 32, int)
    choice = chosen(dataset=DATA["utd_mhad"], held_out=0.25)
    found = protocols.rows(ClipOrigins(labels, subjects, ones, ones), **choice)
    assert set(subjects[found.held_seen]) == {1} and set(subjects[found.train_seen]) == {3, 5, 7}


def test_where_part_of_a_performer_is_held_out_the_cameras_take_turns():
    grid = np.indices((30, 2, 6)).reshape(3, -1)
    labels, subjects, cameras = grid[0], grid[1] + 2, grid[2] % 3 + 1
    found = protocols.rows(ClipOrigins(labels, subjects, cameras, subjects), **chosen())
    assert len(found.held_seen) == 25
    assert np.bincount(cameras[found.held_seen], minlength=4)[1:].min() >= 4


def test_nothing_is_held_out_where_all_train_and_the_validation_phase_still_tests(cells):
    """As published: in the test phase every training clip of a seen class trains."""
    for cell in cells:
        choice = {"dataset": cell.data, "protocol": cell.protocol, "split": cell.split}
        test, validation = in_phases(cell.clips, **choice, held_out=0.0, reserved=0.3)
        assert not len(test.held_seen) and not len(validation.held_seen)
        assert np.array_equal(
            test.train_seen, np.union1d(cell.test.train_seen, cell.test.held_seen)
        )
        for purpose in ("test_seen", "test_unseen"):
            for now, before in ((test, cell.test), (validation, cell.validation)):
                assert np.array_equal(getattr(now, purpose), getattr(before, purpose))
        before = np.union1d(cell.validation.train_seen, cell.validation.held_seen)
        assert np.array_equal(validation.train_seen, before)


def test_what_is_reserved_for_the_validation_phase_does_not_depend_on_what_is_held_out():
    grid = np.indices((27, 8, 4)).reshape(3, -1)
    labels, subjects, ones = grid[0], grid[1] + 1, np.ones(27 * 32, int)
    made = [
        in_phases(
            (labels, subjects, ones, ones),
            dataset=DATA["utd_mhad"],
            protocol="xsub",
            split="unseen5",
            held_out=held_out,
            reserved=0.25,
        )
        for held_out in (0.0, 0.125, 0.25)
    ]
    assert [len(test.held_seen) for test, _ in made] == [0, 22 * 2, 22 * 4]
    assert [len(validation.held_seen) for _, validation in made] == [0, 17 * 1, 17 * 2]
    assert len({tuple(validation.test_seen) for _, validation in made}) == 1


@pytest.mark.parametrize("name", ["ntu60", "ntu120", "pku51"])
def test_of_the_one_shot_split_all_clips_train_or_test_by_their_class_alone(name):
    """The official protocol: the auxiliary set holds all samples of the remaining classes."""
    data = DATA[name]
    protocol = data.splits["one_shot"].fixed_protocol
    assert protocol == "all_clips"
    clips = world(data, "xsub", seed=3)
    unseen = np.isin(clips[0], data.splits["one_shot"].unseen)
    choice = {"dataset": data, "protocol": protocol, "split": "one_shot", "reserved": 0.3}
    test, validation = in_phases(clips, **choice, held_out=0.0)
    assert np.array_equal(test.train_seen, np.flatnonzero(~unseen))
    assert np.array_equal(test.test_unseen, np.flatnonzero(unseen))
    assert not len(test.held_seen) and not len(test.test_seen)
    assert len(validation.test_seen) and len(validation.test_unseen)
    everything = np.sort(np.concatenate(rows_of(validation)))
    assert np.array_equal(everything, test.train_seen)
    held, _ = in_phases(clips, **choice, held_out=0.3)
    assert np.array_equal(np.union1d(held.train_seen, held.held_seen), test.train_seen)
    training = protocols.training(
        ClipOrigins(*clips[:4]), dataset=data, protocol=protocol, split="one_shot"
    )
    assert np.array_equal(training, test.train_seen)


def test_other_splits_go_by_the_protocol_of_the_data_set():
    named = {
        (name, split)
        for name, data in DATA.items()
        for split in data.splits
        if data.splits[split].fixed_protocol
    }
    assert named == {(name, "one_shot") for name in ("ntu60", "ntu120", "pku51")}


def test_a_protocol_by_class_has_no_sides_of_its_own():
    clips = world(DATA["demo"], "xsub", seed=0)
    with pytest.raises(ValueError, match="all_clips of demo has sides in a zero-shot split only"):
        sides(ClipOrigins(*clips[:4]), dataset=DATA["demo"], protocol="all_clips")


def test_the_same_division_has_the_same_validation_under_every_name():
    for name, one, other in [("pku51", "unseen5", "smie_7"), ("pku51", "star_1", "smie_8")]:
        both = [protocols.classes(DATA[name], each, "validation") for each in (one, other)]
        assert np.array_equal(both[0].unseen, both[1].unseen)


def test_derived_classes_never_change():
    """Numbers measured with other pseudo-unseen classes could not be compared."""
    for name, split, expected in [
        ("nw_ucla", "unseen5", [0, 7]),
        ("utd_mhad", "unseen13", [2, 4, 11, 25]),
        ("demo", "unseen5", [1, 4, 6, 21, 28]),
    ]:
        assert protocols.classes(DATA[name], split, "validation").unseen.tolist() == expected


def test_every_data_set_can_come_with_the_division_it_was_given():
    for data in DATA.values():
        rule = data.protocols["given"]
        assert (rule.field, rule.train, rule.test) == ("subject", (1,), (2,))


def test_the_demo_data_sets_share_classes_and_splits_and_divide_like_those_they_imitate():
    demo, twin = DATA["demo"], DATA["demo_pku"]
    for data, real in ((demo, DATA["ntu60"]), (twin, DATA["pku51"])):
        mine, theirs = data.protocols["xsub"], real.protocols["xsub"]
        assert (mine.train, mine.test) == (theirs.train, theirs.test)
    assert (demo.classes, demo.splits) == (twin.classes, twin.splits)
    names = [demo.classes[k] for k in demo.splits["unseen5"].unseen]
    assert names == ["pickup", "hand waving", "hopping", "wipe face", "pushing other person"]
    assert set(demo.splits["unseen5"].unseen) < set(demo.splits["unseen10"].unseen)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"protocol": "xsum"},
            r"unknown protocol of demo 'xsum'; expected one of: xsub, xview, given",
        ),
        ({"split": "unseen6"}, r"unknown split of demo 'unseen6'; .*: unseen5, unseen10"),
        ({"phase": "train"}, r"unknown phase 'train'; expected one of: test, validation"),
        ({"held_out": 0.7}, r"held_out is 0.7, expected 0 to 0.5"),
        ({"reserved": 0.0}, r"reserved is 0.0, expected more than 0 and at most 0.5"),
        ({"labels": 30}, r"clip 0 has the label 30, expected 0 to 29"),
        (
            {"subjects": 41},
            r"clip 0 comes from subject 41, .*xsub of demo divides, between 1 and 40",
        ),
        ({"subjects": 3}, r"demo/unseen5/test: protocol xsub leaves no clip for train_seen"),
    ],
)
def test_what_a_person_gets_wrong_is_named_with_what_was_expected(other, said):
    settings, clips = {}, dict.fromkeys(("labels", "subjects", "cameras", "setups"), 1)
    for key, value in other.items():
        (clips if key in clips else settings)[key] = value
    columns = {key: np.full(4, value) for key, value in clips.items()}
    with pytest.raises(ValueError, match=said):
        protocols.rows(ClipOrigins(**columns), **chosen(**settings))


def test_an_unknown_data_set_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"unknown data set 'ntu'; .*demo, demo_pku, .*, uwa3dii"):
        protocols.dataset("ntu")


def test_own_performers_divide_into_thirds_and_two_into_halves():
    names = [f"move {k}" for k in range(6)]
    many = protocols.own("mine", names, np.array([9, 4, 7, 4, 12, 30, 31])).protocols["xsub"]
    assert (many.train, many.test) == ((4, 7, 12, 30), (9, 31))
    two = protocols.own("mine", names, np.array([8, 3, 8])).protocols["xsub"]
    assert (two.train, two.test) == ((3,), (8,))
    alone = protocols.own("mine", names, np.zeros(9, int)).protocols
    assert list(alone) == ["clips", "given", "parts", "all_clips"]


def test_own_clips_without_performers_divide_within_each_class():
    data = protocols.own("mine", [f"move {k}" for k in range(6)], np.zeros(1, int))
    labels = np.tile(np.arange(6), 9)
    zeros = np.zeros_like(labels)
    test, _ = both_phases((labels, zeros, zeros, zeros), data, "clips", "unseen2")
    for rows in (test.test_seen, test.test_unseen):
        assert set(rows // 6) == {2, 5, 8}
        assert (np.bincount(labels[rows])[np.unique(labels[rows])] == 3).all()


def test_own_splits_have_every_size_and_depend_on_the_names_alone():
    names = [f"move {k}" for k in range(12)]
    there, back = (protocols.own("mine", each, np.zeros(1, int)) for each in (names, names[::-1]))
    assert list(there.splits) == [f"unseen{n}" for n in range(2, 9)]
    before = set()
    for split in there.splits:
        unseen = {there.classes[k] for k in there.splits[split].unseen}
        assert unseen == {back.classes[k] for k in back.splits[split].unseen}
        assert before < unseen and split == f"unseen{len(unseen)}"
        before = unseen


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a", "b", "c", "d", "e", "b"], "mine: class 'b' is listed twice"),
        (["a", "b", "c"], "mine: 3 classes are too few, expected at least 6"),
    ],
)
def test_own_classes_that_cannot_be_divided_are_refused(names, said):
    with pytest.raises(ValueError, match=said):
        protocols.own("mine", names, np.zeros(1, int))


def test_nothing_heavy_is_loaded():
    heavy = "{'torch', 'h5py', 'scipy', 'sklearn', 'numba', 'yaml'}"
    code = f"import sys, zsar.data.protocols; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
