"""The joints of other sensors and body models, and how the 25 joints follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from zsar.data.skeleton import JOINTS

Weights = Mapping[str, float]  # of the layout's own joints; they sum to 1


@dataclass(frozen=True)
class Layout:
    """Joint names in file order; each of the 25 joints is either in `measured` or in `derived`."""

    joints: tuple[str, ...]
    measured: Mapping[str, str]  # one of the 25 -> the sensor's own joint
    derived: Mapping[str, Weights]  # one of the 25 -> the joints it is computed from

    def __post_init__(self):
        if wrong := self._mistake():
            raise ValueError(wrong)

    def _mistake(self) -> str:
        if twice := {joint for joint in self.joints if self.joints.count(joint) > 1}:
            return f"joint {min(twice)} is listed twice, expected every joint once"
        if stray := (self.measured.keys() | self.derived.keys()) - set(JOINTS):
            return f"joint {min(stray)} is none of the 25; choose from: {', '.join(JOINTS)}"
        if missing := [j for j in JOINTS if (j in self.measured) == (j in self.derived)]:
            return f"joint {missing[0]} needs exactly one source, measured or derived"
        sources = {
            *self.measured.values(),
            *(s for weights in self.derived.values() for s in weights),
        }
        if unknown := sources - set(self.joints):
            return f"joint {min(unknown)} is not in the layout; it has: {', '.join(self.joints)}"
        for joint, weights in self.derived.items():
            if not np.isclose(sum(weights.values()), 1):
                return f"the weights of {joint} sum to {sum(weights.values()):g}, expected 1"
        return ""

    @property
    def derived_mask(self) -> Bool[np.ndarray, " joint"]:
        """Which of the 25 joints are computed from others."""
        return np.array([joint in self.derived for joint in JOINTS])

    def to_ntu25(
        self, bodies: Float[np.ndarray, "frame body theirs xyz"]
    ) -> Float[np.ndarray, "frame body joint xyz"]:
        """The same bodies with the 25 joints; slots of zeros stay zero."""
        mapping = np.zeros((len(JOINTS), len(self.joints)), dtype=bodies.dtype)
        for row, joint in enumerate(JOINTS):
            weights = {self.measured[joint]: 1.0} if joint in self.measured else self.derived[joint]
            for source, weight in weights.items():
                mapping[row, self.joints.index(source)] = weight
        return mapping @ bodies


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _same_names(joints: tuple[str, ...]) -> dict[str, str]:
    return {joint: joint for joint in joints if joint in JOINTS}


def _left_and_right(pattern: Mapping[str, Weights]) -> dict[str, Weights]:
    """The weights of one side of the body, for the left and for the right."""
    return {
        f"{side}_{joint}": {f"{side}_{source}": weight for source, weight in weights.items()}
        for side in ("left", "right")
        for joint, weights in pattern.items()
    }


# Microsoft's own order, which NW-UCLA keeps; UTD-MHAD counts the trunk from the head down.
KINECT20 = _names("""
    hip_center spine shoulder_center head
    left_shoulder left_elbow left_wrist left_hand right_shoulder right_elbow right_wrist right_hand
    left_hip left_knee left_ankle left_foot right_hip right_knee right_ankle right_foot""")
KINECT20_TRUNK = {
    "spine_base": "hip_center",
    "spine_mid": "spine",
    "spine_shoulder": "shoulder_center",
}
COCO17 = _names("""
    nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow
    left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle""")
MEDIAPIPE33 = _names("""
    nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer
    left_ear right_ear mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow
    left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb right_thumb
    left_hip right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel
    left_foot_index right_foot_index""")
SMPL22 = _names("""
    pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3
    left_foot right_foot neck left_collar right_collar head left_shoulder right_shoulder
    left_elbow right_elbow left_wrist right_wrist""")
AZURE32 = _names("""
    pelvis spine_navel spine_chest neck
    left_clavicle left_shoulder left_elbow left_wrist left_hand left_hand_tip left_thumb
    right_clavicle right_shoulder right_elbow right_wrist right_hand right_hand_tip right_thumb
    left_hip left_knee left_ankle left_foot right_hip right_knee right_ankle right_foot
    head nose left_eye left_ear right_eye right_ear""")
KARD15 = _names("""
    head neck right_shoulder right_elbow right_hand left_shoulder left_elbow left_hand torso
    right_hip right_knee right_foot left_hip left_knee left_foot""")

FINGERS_FROM_HAND = _left_and_right({"hand_tip": {"hand": 1.0}, "thumb": {"hand": 1.0}})
# Kinect v1 measures both: over 140,000 frames its hand lies 0.28 forearms beyond the wrist.
PALM: Weights = {"wrist": 1.28, "elbow": -0.28}
HAND_FROM_FOREARM = _left_and_right(dict.fromkeys(("hand", "hand_tip", "thumb"), PALM))
MIDDLE_OF_SHOULDERS: Weights = {"left_shoulder": 0.5, "right_shoulder": 0.5}
MIDDLE_OF_HIPS: Weights = {"left_hip": 0.5, "right_hip": 0.5}
TRUNK: Weights = {
    "left_hip": 0.25,
    "right_hip": 0.25,
    "left_shoulder": 0.25,
    "right_shoulder": 0.25,
}
HEAD_FROM_EARS: dict[str, Weights] = {
    "head": {"left_ear": 0.5, "right_ear": 0.5},
    "neck": {"left_ear": 0.25, "right_ear": 0.25, "left_shoulder": 0.25, "right_shoulder": 0.25},
}
SPINE_FROM_LIMBS: dict[str, Weights] = {
    "spine_base": MIDDLE_OF_HIPS,
    "spine_mid": TRUNK,
    "spine_shoulder": MIDDLE_OF_SHOULDERS,
}
KINECT20_DERIVED = {"neck": {"shoulder_center": 0.5, "head": 0.5}, **FINGERS_FROM_HAND}

LAYOUTS: dict[str, Layout] = {
    "ntu25": Layout(JOINTS, _same_names(JOINTS), {}),
    "kinect20": Layout(KINECT20, _same_names(KINECT20) | KINECT20_TRUNK, KINECT20_DERIVED),
    "kinect20_utd": Layout(
        ("head", "shoulder_center", "spine", "hip_center", *KINECT20[4:]),
        _same_names(KINECT20) | KINECT20_TRUNK,
        KINECT20_DERIVED,
    ),
    "coco17": Layout(
        COCO17,
        _same_names(COCO17),
        HEAD_FROM_EARS
        | SPINE_FROM_LIMBS
        | HAND_FROM_FOREARM
        | _left_and_right({"foot": {"ankle": 1.0}}),
    ),
    "mediapipe33": Layout(
        MEDIAPIPE33,
        _same_names(MEDIAPIPE33)
        | {"left_foot": "left_foot_index", "right_foot": "right_foot_index"},
        HEAD_FROM_EARS
        | SPINE_FROM_LIMBS
        | _left_and_right(
            {"hand": {"wrist": 0.5, "index": 0.25, "pinky": 0.25}, "hand_tip": {"index": 1.0}}
        ),
    ),
    "smpl22": Layout(
        SMPL22,
        _same_names(SMPL22) | {"spine_base": "pelvis", "spine_mid": "spine2"},
        {"spine_shoulder": MIDDLE_OF_SHOULDERS} | HAND_FROM_FOREARM,
    ),
    "azure32": Layout(
        AZURE32,
        _same_names(AZURE32) | {"spine_base": "pelvis", "spine_mid": "spine_navel"},
        {"spine_shoulder": MIDDLE_OF_SHOULDERS},
    ),
    "kard15": Layout(
        KARD15,
        _same_names(KARD15) | {"spine_mid": "torso"},
        {"spine_base": MIDDLE_OF_HIPS, "spine_shoulder": MIDDLE_OF_SHOULDERS}
        | FINGERS_FROM_HAND
        | _left_and_right(
            {"wrist": {"hand": 0.78, "elbow": 0.22}, "ankle": {"foot": 1.0}},
        ),
    ),
}
