"""Published weights of modulated transformer blocks, under our names."""

STREAM = {"modulation": "adaLN_modulation{}.1", "qkv": "attn.qkv{}", "proj": "attn.proj{}"}
STREAM |= {"mlp.0": "mlp{}.fc1", "mlp.2": "mlp{}.fc2"}
KINDS = ("weight", "bias")


def stream(ours: str, theirs: str, suffix: str = "") -> dict[str, str]:
    """Our names of one stream of a block, and the published ones."""
    return layers(
        {f"{ours}.{name}": f"{theirs}.{each.format(suffix)}" for name, each in STREAM.items()}
    )


def layers(names: dict[str, str]) -> dict[str, str]:
    return {f"{ours}.{kind}": f"{each}.{kind}" for ours, each in names.items() for kind in KINDS}


def time(ours: str, theirs: str) -> dict[str, str]:
    return layers({f"{ours}.mlp.{place}": f"{theirs}.mlp.{place}" for place in (0, 2)})


def output(ours: str, theirs: str) -> dict[str, str]:
    return layers(
        {
            f"{ours}.modulation": f"{theirs}.adaLN_modulation.1",
            f"{ours}.linear": f"{theirs}.linear",
        }
    )


def diffusion(prefix: str, depth: int) -> dict[str, str]:
    """Our names of a noise predictor, and the published ones without the positions."""
    found = time("time", f"{prefix}t_embedder") | output("output", f"{prefix}final_layer")
    plain = {"embed": "x_embedder", "embed_text": "fl_embedder"}
    plain |= {f"pooled.{place}": f"fc_embedder.{place}" for place in (0, 2)}
    found |= layers({ours: f"{prefix}{theirs}" for ours, theirs in plain.items()})
    for block in range(depth):
        for place, suffix in enumerate(("", "_c")):
            theirs = f"{prefix}blocks.{block}"
            found |= stream(f"blocks.{block}.streams.{place}", theirs, suffix)
    return found


def depth(given: dict) -> int:
    """How many blocks there are."""
    return len({name.split("blocks.")[1].split(".")[0] for name in given if "blocks." in name})


def predictor_state(given: dict, prefix: str) -> dict:
    names = diffusion(prefix, depth(given))
    state = {ours: given[f"w/{theirs}"] for ours, theirs in names.items()}
    return state | {"positions": given[f"w/{prefix}fl_pos_embed"][0]}
