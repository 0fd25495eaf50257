"""Joint names as other programs spell them: `ShoulderLeft`, `LEFT_SHOULDER` and `left_shoulder` are
one joint."""

import re
from collections.abc import Iterable, Sequence

from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.skeleton import JOINTS

# What enumerations of the Kinect SDKs and rigs of animation programs put before a name.
PREFIX = re.compile(r"^(K4ABT_JOINT_|JointType_|.*:)")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
SPELLINGS = {  # of the same word; the Azure Kinect SDK itself has both of the first
    "spinenaval": "spinenavel",
    "hipcentre": "hipcenter",
    "shouldercentre": "shouldercenter",
}


def joint_key(name: str) -> str:
    """The same for all spellings of a joint: the side first, small letters and digits alone."""
    words = [word.lower() for word in WORD.findall(PREFIX.sub("", name.strip()))]
    side = [SIDES[word] for word in words if word in SIDES]
    key = "".join(side + [word for word in words if word not in SIDES])
    return SPELLINGS.get(key, key)


def places(names: Iterable[str]) -> dict[str, int]:
    """Where each joint stands, by its key."""
    return {joint_key(name): place for place, name in enumerate(names)}


def known_layout(names: Iterable[str]) -> str:
    """The name of the layout that has exactly these joints in any order; empty: none has."""
    wanted = {joint_key(name) for name in names}
    fits = (name for name, each in LAYOUTS.items() if {*places(each.joints)} == wanted)
    return next(fits, "")


def no_layout(names: Sequence[str]) -> str:
    """Why these are the joints of no layout, by the one that they are most like."""
    given = {joint_key(name): name for name in names}

    def unlike(name: str) -> int:
        return len({*given} ^ {*places(LAYOUTS[name].joints)})

    nearest = min(LAYOUTS, key=unlike)
    theirs = {joint_key(joint): joint for joint in LAYOUTS[nearest].joints}
    lacks = [joint for key, joint in theirs.items() if key not in given]
    more = [name for key, name in given.items() if key not in theirs]
    what = f"lack {', '.join(lacks)}" if lacks else f"have {', '.join(more)} as well"
    return f"joints are those of no layout; of {nearest} they {what}"


def in_order_of(names: Sequence[str], layout: Layout) -> list[int]:
    """The place of each joint of the layout among names that have the same keys."""
    found = places(names)
    return [found[joint_key(joint)] for joint in layout.joints]


def ntu25_joint(name: str) -> str:
    """Which of the 25 joints a name means; empty: none."""
    place = places(JOINTS).get(joint_key(name))
    return "" if place is None else JOINTS[place]
