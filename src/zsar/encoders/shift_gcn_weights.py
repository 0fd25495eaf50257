"""The weights of Shift-GCN that its authors released, under the names of our network."""

import re
from collections.abc import Callable, Mapping

from torch import Tensor

from zsar.data.skeleton import JOINTS


def as_it_is(weight: Tensor) -> Tensor:
    return weight


def by_channel(weight: Tensor) -> Tensor:
    """Theirs counts the channels of one joint after another, ours the joints of one channel."""
    return weight.view(len(JOINTS), -1).T.flatten()


def mask(weight: Tensor) -> Tensor:
    return weight[0].T


def transposed(weight: Tensor) -> Tensor:
    return weight.T


def flat(weight: Tensor) -> Tensor:
    return weight.flatten()


def matrix(weight: Tensor) -> Tensor:
    return weight.flatten(1)


UNIT = r"l(\d+)\."
# What follows from the sizes, is of the order of 1e-8 and meant to be nothing, or counts steps.
IDLE = re.compile(r"gcn1\.shift_(in|out)$|\.xpos$|\.num_batches_tracked$")
NAMES: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
    (r"data_bn\.", "networks.*.normalise.", as_it_is),
    (UNIT + r"gcn1\.Linear_weight$", "space.mix.weight", transposed),
    (UNIT + r"gcn1\.Linear_bias$", "space.mix.bias", flat),
    (UNIT + r"gcn1\.Feature_Mask$", "space.mask", mask),
    (UNIT + r"gcn1\.bn\.", "space.norm.", by_channel),
    (UNIT + r"gcn1\.down\.0\.weight$", "space.shortcut.mix.weight", matrix),
    (UNIT + r"gcn1\.down\.0\.", "space.shortcut.mix.", as_it_is),
    (UNIT + r"gcn1\.down\.1\.", "space.shortcut.norm.", as_it_is),
    (UNIT + r"tcn1\.bn\.", "time.norm_before.", as_it_is),
    (UNIT + r"tcn1\.bn2\.", "time.norm_after.", as_it_is),
    (UNIT + r"tcn1\.shift_in\.ypos$", "time.before.offsets", as_it_is),
    (UNIT + r"tcn1\.shift_out\.ypos$", "time.after.offsets", as_it_is),
    (UNIT + r"tcn1\.temporal_linear\.weight$", "time.mix.weight", matrix),
    (UNIT + r"tcn1\.temporal_linear\.", "time.mix.", as_it_is),
    (UNIT + r"residual\.conv\.weight$", "shortcut.mix.weight", matrix),
    (UNIT + r"residual\.conv\.", "shortcut.mix.", as_it_is),
    (UNIT + r"residual\.bn\.", "shortcut.norm.", as_it_is),
    (r"fc\.", "heads.*.", as_it_is),
)


def ours(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Renamed and rearranged; `*` stands for the stream."""
    return dict(_ours(*each) for each in theirs.items() if not IDLE.search(each[0]))


def _ours(name: str, weight: Tensor) -> tuple[str, Tensor]:
    for pattern, target, arranged in NAMES:
        found = re.match(pattern, name)
        if found:
            unit = f"networks.*.blocks.{int(found[1]) - 1}." if pattern.startswith(UNIT) else ""
            try:
                return unit + target + name[found.end() :], arranged(weight)
            except (RuntimeError, IndexError) as error:
                raise ValueError(f"{name} cannot have the shape {tuple(weight.shape)}") from error
    raise ValueError(f"{name} is not the name of a weight of Shift-GCN")
