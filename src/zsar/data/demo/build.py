"""The lengths of a body's bones, from its height and how it differs from the average."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Build:
    """The lengths that make one performer."""

    stature: float
    hip: float  # from the spine to the joint, as the shoulder
    lower_spine: float
    upper_spine: float
    neck: float
    head: float
    shoulder: float
    upper_arm: float
    forearm: float
    palm: float
    finger: float
    thigh: float
    shank: float
    ankle: float  # height over the ground
    foot: float


def build(stature: float, legs: float, arms: float, breadth: float) -> Build:
    """A body of this height; `legs`, `arms` and `breadth` stretch it away from the average (1)."""
    return Build(
        stature=stature,
        hip=0.050 * stature * breadth,
        lower_spine=(0.176 - 0.08 * (legs - 1)) * stature,
        upper_spine=(0.132 - 0.08 * (legs - 1)) * stature,
        neck=0.043 * stature,
        head=0.082 * stature,
        shoulder=0.103 * stature * breadth,
        upper_arm=0.158 * stature * arms,
        forearm=0.138 * stature * arms,
        palm=0.045 * stature * arms,
        finger=0.048 * stature * arms,
        thigh=0.225 * stature * legs,
        shank=0.222 * stature * legs,
        ankle=0.045 * stature,
        foot=0.072 * stature,
    )
