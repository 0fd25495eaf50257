"""Who acts in a recording: furniture, lost ids and people who come late."""

import numpy as np

from mannequin import Mannequin, seconds
from zsar.data.recording import Recording
from zsar.kinematics.actors import motion_of

TIME = seconds(2)
FIRST = Mannequin(TIME, right_hand=(0.5, 0.5 + 0.3 * np.sin(6 * TIME), 0.5)).bodies()
SECOND = Mannequin(TIME, right_hand=(0.5, 0.2 * np.sin(6 * TIME), 0.3), place=(1.5, 3.0)).bodies()
FRAMES = len(TIME)
TABLE = np.random.default_rng(0).normal(size=(FRAMES, 25, 3)) * [0.6, 0.05, 0.3] + [0, 0, 4]


def recording(*bodies: tuple, fps: float = 30.0) -> Recording:
    """Each body in a slot of its own: its id, its joints, its first and last frame."""
    joints = np.zeros((FRAMES, len(bodies), 25, 3), np.float32)
    ids = np.zeros((FRAMES, len(bodies)), np.int64)
    for slot, (body, path, first, last) in enumerate(bodies):
        joints[first : last + 1, slot] = path[first : last + 1]
        ids[first : last + 1, slot] = body
    return Recording("toy", 0, 0, 0, 0, joints, ids, fps=fps)


def people(*bodies: tuple) -> list[np.ndarray]:
    return list(motion_of(recording(*bodies)).bodies.swapaxes(0, 1))


def same(found: np.ndarray, body: np.ndarray, first: int = 0, last: int = FRAMES - 1) -> bool:
    """Whether somebody is seen in these frames, and in no others."""
    wanted = np.zeros_like(body)
    wanted[first : last + 1] = body[first : last + 1]
    return np.array_equal(found, wanted.astype(np.float32))


def test_alone_stays_alone():
    (found,) = people((7, FIRST, 0, FRAMES - 1))
    assert same(found, FIRST)


def test_frame_rate_and_derived_joints_are_passed_on():
    motion = motion_of(recording((7, FIRST, 0, FRAMES - 1), fps=15.0))
    assert motion.fps == 15 and not motion.derived.any()


def test_furniture_behind_somebody_is_nobody():
    for bodies in ([FIRST, TABLE], [FIRST, SECOND, TABLE], [FIRST, TABLE, SECOND]):
        tracks = [(5 + slot, body, 0, FRAMES - 1) for slot, body in enumerate(bodies)]
        found = people(*tracks)
        wanted = [body for body in bodies if body is not TABLE]
        assert len(found) == len(wanted)
        assert all(same(*pair) for pair in zip(found, wanted, strict=True))


def test_furniture_in_the_first_slot_is_nobody():
    found = people((5, TABLE, 0, FRAMES - 1), (6, FIRST, 0, FRAMES - 1))
    assert len(found) == 1 and same(found[0], FIRST)


def test_an_id_that_changes_in_the_middle_is_one_person():
    (found,) = people((7, FIRST, 0, 29), (8, FIRST, 30, FRAMES - 1))
    assert same(found, FIRST)


def test_somebody_lost_for_a_moment_is_one_person_with_a_gap():
    (found,) = people((7, FIRST, 0, 25), (8, FIRST, 35, FRAMES - 1))
    assert not found[26:35].any() and np.array_equal(found[35:], FIRST[35:].astype(np.float32))


def test_a_new_id_far_away_is_another_person():
    found = people((7, FIRST, 0, 29), (8, SECOND, 30, FRAMES - 1))
    assert len(found) == 2


def test_two_people_whose_ids_change_stay_two():
    found = people(
        (1, FIRST, 0, 29), (2, SECOND, 0, 29), (3, SECOND, 30, FRAMES - 1), (4, FIRST, 30, 60)
    )
    assert len(found) == 2 and same(found[0], FIRST) and same(found[1], SECOND)


def test_who_comes_late_is_the_second_person():
    for bodies in (
        [(7, FIRST, 0, 60), (8, SECOND, 20, 60)],
        [(8, SECOND, 20, 60), (7, FIRST, 0, 60)],
    ):
        first, second = people(*bodies)
        assert same(first, FIRST) and same(second, SECOND, 20)


def test_who_is_seen_for_a_moment_is_no_second_person():
    assert len(people((7, FIRST, 0, FRAMES - 1), (8, SECOND, 50, FRAMES - 1))) == 1


def test_of_three_people_the_second_is_who_moves_more():
    still = Mannequin(TIME, place=(-1.5, 3.0)).bodies()
    found = people((1, FIRST, 0, 60), (2, still, 0, 60), (3, SECOND, 0, 60))
    assert len(found) == 2 and same(found[1], SECOND)


def test_a_recording_without_any_body_is_one_absent_person():
    (found,) = people((0, np.zeros_like(FIRST), 0, FRAMES - 1))
    assert not found.any()


def test_a_recording_stays_as_it_was():
    given, twin = (recording((7, FIRST, 0, 29), (8, FIRST, 30, FRAMES - 1)) for _ in range(2))
    motion_of(given)
    assert np.array_equal(given.bodies, twin.bodies) and np.array_equal(given.ids, twin.ids)
