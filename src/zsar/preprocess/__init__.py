"""The preprocessing steps by the names they have in settings/preprocess.yaml."""

from collections.abc import Callable

from zsar.preprocess import bodies, placing, timing
from zsar.preprocess.scene import Scene

STEPS: dict[str, Callable[..., Scene]] = {
    step.__name__: step
    for step in (
        bodies.first_bodies,
        bodies.widest_bodies,
        bodies.follow_ids,
        bodies.drop_short,
        bodies.liveliest_first,
        bodies.two_actors,
        bodies.copy_lone_body,
        timing.drop_empty_frames,
        timing.crop_centre,
        timing.count_frames,
        timing.keep_counted,
        timing.crop_ends,
        timing.repeat,
        timing.pad,
        timing.resize,
        placing.motion,
        placing.centre_each_body,
        placing.centre_on_first_body,
        placing.centre_on_start,
        placing.face_forward,
        placing.align_bone,
    )
}
