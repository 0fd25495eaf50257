"""The weights of ST-GCN that SMIE and PGFA released, under the names of our network."""

import re
from collections.abc import Mapping

from torch import Tensor

IDLE = re.compile(r"^A$|\.num_batches_tracked$")
NAMES = (
    (r"data_bn\.", "networks.*.normalise."),
    (r"edge_importance\.(\d+)$", "networks.*.blocks.{}.graph.importance"),
    (r"st_gcn_networks\.(\d+)\.gcn\.conv\.", "networks.*.blocks.{}.graph.mix."),
    (r"st_gcn_networks\.(\d+)\.tcn\.0\.", "networks.*.blocks.{}.graph_norm."),
    (r"st_gcn_networks\.(\d+)\.tcn\.2\.", "networks.*.blocks.{}.time."),
    (r"st_gcn_networks\.(\d+)\.tcn\.3\.", "networks.*.blocks.{}.time_norm."),
    (r"st_gcn_networks\.(\d+)\.residual\.0\.", "networks.*.blocks.{}.shortcut.mix."),
    (r"st_gcn_networks\.(\d+)\.residual\.1\.", "networks.*.blocks.{}.shortcut.norm."),
    (r"fc\.", "heads.*."),
)


def ours(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Renamed; `*` stands for the stream, and every block has the adjacency for itself."""
    weights = dict(_ours(*each) for each in theirs.items() if not IDLE.search(each[0]))
    blocks = [name for name in weights if name.endswith("graph.importance")]
    if "A" in theirs:
        graph = {name.replace("importance", "adjacency"): theirs["A"] for name in blocks}
        weights |= graph
    return weights


def _ours(name: str, weight: Tensor) -> tuple[str, Tensor]:
    for pattern, target in NAMES:
        found = re.match(pattern, name)
        if found:
            ours = target.format(*found.groups()) + name[found.end() :]
            if not ours.endswith("graph.mix.weight"):
                return ours, weight
            if weight.ndim < 2:
                raise ValueError(f"{name} cannot have the shape {tuple(weight.shape)}")
            return ours, weight.flatten(1)
    raise ValueError(f"{name} is not the name of a weight of ST-GCN")
