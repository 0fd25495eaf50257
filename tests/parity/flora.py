"""Flora's neighbours, both trainings, velocities, errors and predictions."""

import torch

from parity import _transformer as published
from zsar.learning.flow import alignment, errors, matching, path, repeated
from zsar.learning.neighbours import NeighbourConfig, attuned
from zsar.learning.optim import AdamConfig, adamw
from zsar.learning.world import Sizes, Text, token_table
from zsar.methods.flora import Flora, FloraConfig, FlowSchedule

HEADS = 4  # of the fixture
NEIGHBOURS = NeighbourConfig("all", 3, 0.6)
CODERS = {"text": "semantic", "motion": "motion"}


def check(arrays, note, folder):
    given = arrays.tensors()
    text = Text(
        pooled=torch.stack([given[f"x/pooled_{name}"] for name in ("short", "llm")], dim=1),
        tokens=torch.stack([given[f"x/tokens_{name}"] for name in ("short", "llm")], dim=1),
        groups=torch.zeros(len(given["x/pooled_short"]), 2, dtype=torch.long),
    )
    table = token_table(text, given["x/tokens_short"].shape[1])
    table = attuned(table, table, NEIGHBOURS)
    given.close(table, given["y/attuned"])
    method = _loaded(given, text)
    _training(method, given, table)
    _tests(method, given, table)


def _names():
    found = published.time("velocity.time", "velocity_predictor.t_embedder")
    found |= published.stream("velocity.block.streams.0", "velocity_predictor.blocks.0")
    found |= published.output("velocity.output", "velocity_predictor.final_layer")
    found |= published.layers({"velocity.embed": "velocity_predictor.x_embedder"})
    for ours, theirs in CODERS.items():
        coder = {f"{ours}.hidden.{place}": f"{theirs}_encoder.backbone.{place}" for place in (0, 2)}
        coder |= {
            f"{ours}.decode.{place}": f"{theirs}_decoder.backbone.{place}" for place in (0, 2)
        }
        coder |= {f"{ours}.mean": f"{theirs}_encoder.proj_mu"}
        coder |= {f"{ours}.logvar": f"{theirs}_encoder.proj_log_var"}
        found |= published.layers(coder)
    return found


def _loaded(given, text):
    sizes = Sizes(given["x/test_feature"].shape[1], text.pooled.shape[2], 2)
    config = FloraConfig(
        tokens=given["x/tokens_short"].shape[1],
        latent=given["x/eps_test_text"].shape[2],
        heads=HEADS,
        neighbours=NEIGHBOURS,
        moments=0.1,
        contrast=0.1,
        sampled_at_test=True,
        optimizer=AdamConfig(1e-4, 0.01),
        batch_size=0,
        schedule=FlowSchedule(0, 0, 0),
    )
    method = Flora(sizes, config, None)
    state = {ours: given[f"w/{theirs}"] for ours, theirs in _names().items()}
    method.load_state_dict(state | {"pool": method.pool})
    return method


def _training(method, given, table):
    optimizer = adamw(method, method.config.optimizer)
    alignments = len(given["y/phase1_loss"])

    def step(losses, first, prefix):
        optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        if first:
            _gradients(method, given, prefix)
        optimizer.step()

    for place in range(alignments):
        texts = table[given["x/train_label"][place]]
        features = repeated(given["x/train_feature"][place], texts)
        noise = given["x/eps_phase1"][place]
        losses = alignment(method.text, method.motion, texts, features, noise, 0.1)
        given.close(losses["reconstruction"], given["y/phase1_loss_recon"][place])
        moments = given["y/phase1_loss_mu"][place] + given["y/phase1_loss_log_var"][place]
        given.close(losses["moments"], 0.1 * moments)
        given.close(sum(losses.values()), given["y/phase1_loss"][place])
        step(losses, place == 0, "y/grad_phase1_step1/")
    for place in range(len(given["y/phase2_loss"])):
        time = given["x/time_normal"][place].sigmoid()
        noise, ends = given["x/eps_phase2"][place], []
        for side, start in (("", 0), ("_other", 2)):
            texts = table[given[f"x/train{side}_label"][alignments + place]]
            features = repeated(given[f"x/train{side}_feature"][alignments + place], texts)
            codes = method.text(texts), method.motion(features)
            latents = [_sample(code, noise[start + k]) for k, code in enumerate(codes)]
            ends.append(tuple(each.detach() for each in latents))
        losses = matching(method.velocity, time, *ends, 0.1)
        if place == 0:
            given.close(time, given["y/phase2_time"])
            between = path(*ends[0], time)[0]
            given.close(between, given["y/phase2_z_time"])
            given.close(method.velocity(between, time), given["y/phase2_velocity"])
        given.close(losses["flow"], given["y/phase2_loss_flow_matching"][place])
        contrast = given["y/phase2_loss_flow_matching_contrastive"][place]
        given.close(losses["contrast"] / -0.1, contrast)
        given.close(sum(losses.values()), given["y/phase2_loss"][place])
        step(losses, place == 0, "y/grad_phase2_step1/")
    for ours, theirs in _names().items():
        found, expected = method.get_parameter(ours), given[f"y/after4/{theirs}"]
        if ours.endswith("qkv.bias"):  # the key's part has no true gradient
            found, expected = (_without_keys(each) for each in (found, expected))
        given.close(found, expected)


def _without_keys(bias):
    query, _, value = bias.chunk(3)
    return torch.cat((query, value))


def _gradients(method, given, prefix):
    ours = {theirs: name for name, theirs in _names().items()}
    for name, gradient in given.items():
        if name.startswith(prefix):
            given.close(method.get_parameter(ours[name.removeprefix(prefix)]).grad, gradient)


def _sample(code, noise):
    return code[0] + (0.5 * code[1]).exp() * noise


@torch.no_grad()
def _errors(method, given, table, name):
    features = repeated(given[f"x/{name}_feature"], table)
    motions = _sample(method.motion(features), given[f"x/eps_{name}_skeleton"])
    texts = _sample(method.text(table), given[f"x/eps_{name}_text"])
    return errors(method.velocity, texts, motions) / texts.shape[2]


def _tests(method, given, table):
    unseen, seen = given["x/unseen_classes"], given["x/seen_classes"]
    found = _errors(method, given, table[unseen], "test")
    given.close(found, given["y/zsl_error"])
    assert found.argmin(1).equal(given["y/zsl_pred_index"])
    found = _errors(method, given, table, "gzsl")
    given.close(found, given["y/gzsl_error"])
    ratio = found[:, seen].min(1).values / found[:, unseen].min(1).values
    given.close(ratio, given["y/gzsl_ratio"])
    nearest = seen[found[:, seen].argmin(1)], unseen[found[:, unseen].argmin(1)]
    as_unseen = ratio > given["x/calibration_factor"]
    assert torch.where(as_unseen, nearest[1], nearest[0]).equal(given["y/gzsl_pred"])
