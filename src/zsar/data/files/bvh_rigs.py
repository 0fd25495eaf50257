"""Which joints of a BVH skeleton are the 25: the names that common rigs use.

Known are those of MotionBuilder and Mixamo (LeftUpLeg, LeftArm), of Biovision and Poser (LeftHip,
LeftShoulder), of CMU (lfemur), of Unreal (thigh_l), of 3ds Max (Bip01 L Thigh) and of SMPL.
"""

import re
from collections.abc import Iterable, Sequence

from zsar.data.joint_names import joint_key
from zsar.data.layouts import MIDDLE_OF_SHOULDERS, PALM, TRUNK, Layout, Weights

BIPED = re.compile(r"^(Bip\d+|Armature|Character\d*)[\s_]+", re.IGNORECASE)

# The first name that is there counts: a rig with `LeftArm` calls the collar bone `LeftShoulder`.
SIDE = {
    "shoulder": ("arm", "uparm", "upperarm", "humerus", "shoulder"),
    "elbow": ("forearm", "lowarm", "lowerarm", "elbow", "radius"),
    "wrist": ("wrist", "hand"),
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip"),
    "knee": ("knee", "shin", "calf", "lowleg", "lowerleg", "tibia", "leg"),
    "ankle": ("ankle", "foot"),
}
TOES = ("toebase", "toe", "toes", "toe0", "ball", "footindex")
FINGERS = {
    "hand_tip": ("handmiddle4", "handmiddle3", "middle03", "handindex3", "fingers", "handindex1"),
    "thumb": ("handthumb4", "handthumb3", "thumb03", "handthumb2", "handthumb1", "thumb"),
}
KNUCKLES = ("handmiddle1", "middle01", "handindex1", "fingerbase")
HIPS = ("hips", "pelvis", "hip", "root")
NECKS = ("neck1", "neck", "neck01", "lowerneck", "upperneck")
HEAD = "head"
END = " end"  # how the end of a bone is called, after its joint


def rig(names: Sequence[str]) -> Layout:
    """The layout of a skeleton whose first joint is its root; ValueError if it is not known.

    Joints are called by their keys: the side first, small letters.
    """
    there = [*dict.fromkeys(map(_key, names))]
    chosen: dict[str, str] = {}
    for side in ("left", "right"):
        for joint, words in SIDE.items():
            chosen[f"{side}_{joint}"] = _first(there, (_sided(side, word) for word in words))
    chosen["head"] = HEAD if HEAD in there else ""
    if missing := [joint for joint, name in chosen.items() if not name]:
        raise ValueError(
            f"no joint is the {', '.join(missing).replace('_', ' ')} of a known rig; expected"
            " Hips, Head, LeftUpLeg, LeftLeg, LeftFoot, LeftArm, LeftForeArm, LeftHand and the"
            f" right ones, found: {' '.join(names)}"
        )
    chosen["spine_base"] = _first(there, HIPS) or there[0]
    measured, derived = dict(chosen), _trunk(there, chosen)
    for side in ("left", "right"):
        measured |= _measured_ends(there, chosen, side)
        derived |= _derived_ends(there, chosen, measured, side)
    if derived.get("head"):
        measured.pop("head")
    if neck := _first(there, NECKS):
        measured["neck"] = neck
        derived.pop("neck")
    used = {*measured.values(), *(each for weights in derived.values() for each in weights)}
    return Layout(tuple(each for each in there if each in used), measured, derived)


def keys(names: Iterable[str]) -> list[str]:
    """What `rig` calls joints of these names."""
    return [_key(name) for name in names]


def _key(name: str) -> str:
    bare, end, _ = BIPED.sub("", name).partition(END)
    return joint_key(bare) + end


def _sided(side: str, word: str) -> str:
    return f"{side}{word}"


def _first(there: Sequence[str], wanted: Iterable[str]) -> str:
    return next((each for each in wanted if each in there), "")


def _trunk(there: Sequence[str], chosen: dict[str, str]) -> dict[str, Weights]:
    def own(weights: Weights) -> Weights:
        return {chosen[joint]: weight for joint, weight in weights.items()}

    found: dict[str, Weights] = {
        "spine_mid": own(TRUNK),
        "spine_shoulder": own(MIDDLE_OF_SHOULDERS),
        "neck": own({"left_shoulder": 0.25, "right_shoulder": 0.25, "head": 0.5}),
    }
    if HEAD + END in there:  # the joint itself is where the head begins
        found["head"] = {HEAD: 0.5, HEAD + END: 0.5}
    return found


def _measured_ends(there: Sequence[str], chosen: dict[str, str], side: str) -> dict[str, str]:
    """Hands, fingers and toes that are joints of their own."""
    used = {*chosen.values()}
    names = {"hand": ("hand",), "foot": (*TOES, "foot"), **FINGERS}
    found = {}
    for joint, words in names.items():
        free = [each for each in there if each not in used]
        if name := _first(free, (_sided(side, word) for word in words)):
            found[f"{side}_{joint}"] = name
    return found


def _derived_ends(
    there: Sequence[str], chosen: dict[str, str], measured: dict[str, str], side: str
) -> dict[str, Weights]:
    wrist, ankle = chosen[f"{side}_wrist"], chosen[f"{side}_ankle"]
    palm: Weights = {wrist: PALM["wrist"], chosen[f"{side}_elbow"]: PALM["elbow"]}
    if knuckle := _first(there, (_sided(side, word) for word in KNUCKLES)):
        palm = {wrist: 0.5, knuckle: 0.5}
    toe: Weights = {ankle + END if ankle + END in there else ankle: 1.0}
    sources = {"hand": palm, "hand_tip": palm, "thumb": palm, "foot": toe}
    return {
        f"{side}_{joint}": weights
        for joint, weights in sources.items()
        if f"{side}_{joint}" not in measured
    }
