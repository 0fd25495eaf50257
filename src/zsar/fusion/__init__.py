"""AMSF's fusion strategies by name: modules that make one vector of several texts of a class."""

from zsar.fusion.attention import CA1, CA2, CA3, CA4, MHA, MSCA, SA, Former
from zsar.fusion.base import Fusion, FusionConfig
from zsar.fusion.gates import AF1, AF2, AF3, AF4, AFF, IAFF
from zsar.fusion.simple import MLP, Add, Concat, Conv, ConvLinear, Linear, WeightedAdd

STRATEGIES: dict[str, type[Fusion]] = {
    "concat": Concat,
    "add": Add,
    "weighted_add": WeightedAdd,
    "linear": Linear,
    "mlp": MLP,
    "conv": Conv,  # with kernels of 5, 7 and 9 also known as Conv_2, Conv_3 and Conv_4
    "sa": SA,
    "msca": MSCA,
    "mha": MHA,
    "former": Former,
    # The published code has these, too, but offers no way to choose them.
    "conv_1": ConvLinear,
    "aff": AFF,
    "iaff": IAFF,
    "af_1": AF1,
    "af_2": AF2,
    "af_3": AF3,
    "af_4": AF4,
    "ca_1": CA1,
    "ca_2": CA2,
    "ca_3": CA3,
    "ca_4": CA4,
}


def fusion(sources: int, width: int, design: FusionConfig) -> Fusion:
    """The module that fuses so many texts of this width."""
    return STRATEGIES[design.strategy](sources, width, design)
