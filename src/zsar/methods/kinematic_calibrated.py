"""Kinematic, with descriptions corrected by how seen classes were described and measured.

Of this project: docs/kinematics.md.
"""

from zsar.methods._calibrated import CalibratedKinematics


class KinematicCalibrated(CalibratedKinematics):
    """As it is; `kinematic_fused` has the same as a part."""
