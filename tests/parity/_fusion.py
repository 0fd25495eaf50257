"""AMSF's fusion modules with published weights."""

import re

from zsar.fusion import fusion
from zsar.fusion.base import FusionConfig

NAMES = {f"conv_{number}": "conv" for number in (2, 3, 4)}  # they differ in the kernel alone
PIECES = (
    (r"^(mha|transformer)\.(\d+)\.ln\.", r"normals.\2."),
    (r"^(mha|transformer)\.(\d+)\.mha\.in_proj_weight", r"heads.\2.project.weight"),
    (r"^(mha|transformer)\.(\d+)\.mha\.out_proj\.", r"heads.\2.out."),
    (r"^transformer\.(\d+)\.mlp\.", r"mlps.\1."),
    (r"^linear\.0\.", "normal."),
    (r"^linear\.1\.", "linear."),
    (r"^(ln|norm1)\.", "normal."),
    (r"^w$", "shares"),
    (r"^conv\.0\.", "conv."),
    (r"^q\.", "query."),
    (r"^k\.", "key."),
    (r"^v\.", "value."),
    (r"^cam1?\.", "balance."),
    (r"^cam2\.", "again."),
    (r"^(.*)\bglobal_att\.(\d)", lambda found: f"{found[1]}overall.{int(found[2]) - 1}"),
    (r"^balance\.local_att\.", "balance.local."),
    (r"^again\.local_att\.", "again.local."),
    (r"^local_att\.", "near."),
    (r"^(afm\.branches|ml)\.(\d+)\.(branches\.0\.)?", r"gates.\2."),
    (r"^ml2\.(\d+)\.branches\.0\.", r"again.\1."),
)
UNUSED = re.compile(r"^(norm2|proj|mlp\.fc\d)\.")  # by the modules of cross-attention


def renamed(name):
    for pattern, ours in PIECES:
        name = re.sub(pattern, ours, name)
    return name


def loaded(strategy, weights, texts, width, *, heads=1):
    """Our module for texts of this shape, with the published weights, as at test."""
    sources, dim = texts.shape[1:]
    strategy = NAMES.get(strategy.lower(), strategy.lower())
    named = {renamed(name): value for name, value in weights.items() if not UNUSED.match(name)}
    layers = sum(name.startswith("normals.") for name in named) // 2
    kernel = named["conv.weight"].shape[2] if "conv.weight" in named else 1
    ours = fusion(sources, dim, FusionConfig(strategy, width // dim, layers, heads, kernel)).eval()
    # A convolution over a single place is a linear layer.
    shapes = {name: value.shape for name, value in ours.state_dict().items()}
    ours.load_state_dict({name: value.view(shapes[name]) for name, value in named.items()})
    assert ours.width == width
    return ours
