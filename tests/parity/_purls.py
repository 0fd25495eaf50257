"""PURLS's network with published weights."""

from zsar.learning.purls_network import PURLSNetwork, PURLSNetworkConfig
from zsar.learning.world import Sizes

HEADS = 2
NAMES = {
    "attention.linear_q": "query",
    "attention.linear_k": "key",
    "skel_encoder.0": "project.0",
    "skel_encoder.2": "project.2",
    "skel_encoder.5": "project.4",  # an identity stands before it
    "skel_encoder.7": "project.6",
    "tmps": "multipliers",
}


def loaded(given):
    """In evaluation mode, on the sizes of the weights."""
    keys, width = given["w/attention.linear_q.weight"].shape
    features = given["w/attention.linear_k.weight"].shape[1]
    slots, hidden = len(given["w/tmps"]), len(given["w/skel_encoder.2.bias"])
    config = PURLSNetworkConfig(
        heads=HEADS,
        key_width=keys // HEADS,
        hidden=hidden,
        dropout=0.5,
        temperature=0.07,
    )
    network = PURLSNetwork(Sizes(features, width, slots), config).eval()
    weights = {ours(name): value for name, value in given.items() if name.startswith("w/")}
    network.load_state_dict(network.state_dict() | weights)
    return network


def ours(name):
    name = name.removeprefix("w/")
    theirs = next(each for each in NAMES if name.startswith(each))
    return name.replace(theirs, NAMES[theirs])
