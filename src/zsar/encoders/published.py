"""Weights that the authors of an encoder released, read under the names they gave them."""

import re

from torch import Tensor

# Theirs, as a pattern, and ours.
NAMES = {
    "stgcn": (
        (r"data_bn\.", "normalise."),
        (r"A", "blocks.*.graph.adjacency"),
        (r"edge_importance\.(\d+)", r"blocks.\1.graph.importance"),
        (r"st_gcn_networks\.(\d+)\.gcn\.conv\.", r"blocks.\1.graph.mix."),
        (r"st_gcn_networks\.(\d+)\.tcn\.", r"blocks.\1.frames."),
        (r"st_gcn_networks\.(\d+)\.residual\.", r"blocks.\1.shortcut."),
    ),
}


def renamed(name: str, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    ours = {}
    for key, value in theirs.items():
        for pattern, target in NAMES[name]:
            key, hits = re.subn(f"^{pattern}", target, key)
            if hits:
                break
        ours[key] = value
    return ours
