"""Any layout becomes the 25 joints: measured ones are kept, others are computed and marked."""

import subprocess
import sys

import numpy as np
import pytest

from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.skeleton import JOINTS

every_layout = pytest.mark.parametrize("name", LAYOUTS)
SIZES = {
    "ntu25": 25,
    "kinect20": 20,
    "kinect20_utd": 20,
    "coco17": 17,
    "mediapipe33": 33,
    "smpl22": 22,
}


def figure(layout: Layout) -> np.ndarray:
    """One frame, one body, every joint somewhere else."""
    return np.random.default_rng(0).normal(size=(1, 1, len(layout.joints), 3)).astype(np.float32)


def joint(bodies: np.ndarray, name: str) -> np.ndarray:
    return bodies[0, 0, JOINTS.index(name)]


def test_the_names_carry_the_number_of_joints():
    assert {name: len(LAYOUTS[name].joints) for name in SIZES} == SIZES
    assert len(LAYOUTS["kard15"].joints) == 15


@every_layout
def test_a_joint_that_is_seen_is_taken_over_exactly(name):
    layout = LAYOUTS[name]
    theirs = figure(layout)
    ours = layout.to_ntu25(theirs)
    for target, source in layout.measured.items():
        assert np.array_equal(joint(ours, target), theirs[0, 0, layout.joints.index(source)])


@every_layout
def test_a_joint_is_marked_if_and_only_if_it_is_computed(name):
    layout = LAYOUTS[name]
    marked = {
        joint for joint, computed in zip(JOINTS, layout.derived_mask, strict=True) if computed
    }
    assert marked == set(layout.derived) == set(JOINTS) - set(layout.measured)


@every_layout
def test_a_figure_that_moves_away_moves_as_a_whole(name):
    layout = LAYOUTS[name]
    theirs, step = figure(layout), np.float32([1, 2, 3])
    moved = layout.to_ntu25(theirs + step) - layout.to_ntu25(theirs)
    assert np.allclose(moved, step, atol=1e-5)


@every_layout
def test_an_empty_slot_stays_empty(name):
    layout = LAYOUTS[name]
    assert not layout.to_ntu25(np.zeros((3, 2, len(layout.joints), 3))).any()


@every_layout
def test_left_stays_left(name):
    layout = LAYOUTS[name]
    sided = [joint for joint in JOINTS if joint.startswith(("left", "right"))]
    for target in sided:
        sources = [layout.measured[target]] if target in layout.measured else layout.derived[target]
        assert all(source.split("_")[0] == target.split("_")[0] for source in sources)


def test_kinect_v1_differs_only_in_the_order_of_the_trunk():
    usual, utd = LAYOUTS["kinect20"], LAYOUTS["kinect20_utd"]
    theirs = figure(usual)
    shuffled = theirs[:, :, [usual.joints.index(name) for name in utd.joints]]
    assert np.array_equal(usual.to_ntu25(theirs), utd.to_ntu25(shuffled))


def test_kinect_v1_has_its_neck_between_shoulders_and_head_and_its_fingers_in_the_hand():
    ours = LAYOUTS["kinect20"].to_ntu25(figure(LAYOUTS["kinect20"]))
    between = (joint(ours, "spine_shoulder") + joint(ours, "head")) / 2
    assert np.allclose(joint(ours, "neck"), between)
    for side in ("left", "right"):
        for part in ("hand_tip", "thumb"):
            assert np.array_equal(joint(ours, f"{side}_{part}"), joint(ours, f"{side}_hand"))


@pytest.mark.parametrize(
    ("joints", "measured", "derived", "complaint"),
    [
        (("a", "a"), {}, {}, "joint a is listed twice"),
        (("a",), {"tail": "a"}, {}, "joint tail is none of the 25"),
        (("a",), {"head": "a"}, {}, "joint spine_base needs exactly one source"),
        (("a",), dict.fromkeys(JOINTS, "a") | {"neck": "b"}, {}, "joint b is not in the layout"),
        (
            ("a",),
            {joint: "a" for joint in JOINTS if joint != "neck"},
            {"neck": {"a": 0.7}},
            "the weights of neck sum to 0.7",
        ),
    ],
)
def test_a_layout_that_cannot_work_is_refused(joints, measured, derived, complaint):
    with pytest.raises(ValueError, match=complaint):
        Layout(joints, measured, derived)


def test_the_25_joints_cost_no_heavy_import():
    code = "import sys, zsar.data.skeleton; print({'torch', 'numba', 'scipy'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
