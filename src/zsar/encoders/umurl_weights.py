"""The weights that the authors of UmURL released, under the names of our networks."""

import re
from collections.abc import Mapping

from torch import Tensor

MODALITY = {"j": "joint", "b": "bone", "m": "motion"}
DOMAIN = {"t": "time", "s": "space"}
NAMES = (
    (r"backbone\.([jbm])_emb\.([ts])_embedding\.", "backbone.{2}.embed.{1}."),
    (r"backbone\.mm_fusion\.([ts])_fusion\.0\.", "backbone.{1}.fuse."),
    (r"backbone\.ma_encoder\.([ts])_tr\.layers\.0\.", "backbone.{1}.attend."),
    (r"([jbm])_projector\.", "project.{1}."),
    (r"fc\.", "head."),
)
COMPUTED = "backbone.ma_encoder.pe.pe"  # positions, which follow from the width


def ours(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of the encoder, renamed; what only pre-training needs is left out."""
    return {k: v for k, v in of_pretraining(theirs).items() if not k.startswith("project.")}


def of_pretraining(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All of them, renamed; the prefix of DistributedDataParallel is taken off."""
    plain = {name.removeprefix("module."): weight for name, weight in theirs.items()}
    return {_renamed(name): weight for name, weight in plain.items() if name != COMPUTED}


def _renamed(name: str) -> str:
    for pattern, target in NAMES:
        found = re.match(pattern, name)
        if found:
            words = (MODALITY.get(each) or DOMAIN[each] for each in found.groups())
            return target.format(found[0], *words) + name[found.end() :]
    raise ValueError(f"{name} is not the name of a weight of UmURL")
