"""STAR's parts, losses, their gradients, its scores, and the axes that its code scrambles."""

import re

import torch

from parity._joint_maps import TRAINING
from toys import encoder
from zsar.learning.body_maps import scrambled
from zsar.learning.losses import cosine, positions
from zsar.learning.part_attention import PartTexts
from zsar.learning.world import Sizes, Text
from zsar.methods.star import PARTS, STAR, STARConfig, STARWeights

OWN = {  # modules of the method, by the published names
    "body_part_st_attention_networks": "parts.{}.attend",
    "body_part_mapping_matrix1": "parts.{}.map.0",
    "body_part_mapping_matrix2": "parts.{}.map.2",
    "body_part_prompts": "parts.{}.prompts",
    "body_part_w": "parts.{}.bilinear",
    "crossmodal_align1": "names.0",
    "crossmodal_align2": "names.2",
}
TEXTS = {"pd_mapping_matrix1": "map.{}.0", "pd_mapping_matrix2": "map.{}.2"}


def check(arrays, note, folder):
    given = arrays.tensors()
    for number, joints in enumerate(PARTS):
        assert given[f"w/body_part_index_list.{number}"].tolist() == list(joints)
    method, part_texts = published(given)
    body_maps = given["x/backbone_map"].unflatten(0, (-1, 2))
    given.close(scrambled(body_maps), given["y/match_feature"])
    _training(method, part_texts, given)
    _test(method, given)


def published(given):
    classes, width = given["x/label_text"].shape
    hidden, prompts = given["w/crossmodal_align2.weight"].shape[::-1]
    config = STARConfig(
        **TRAINING,
        prompts=prompts,
        heads=4,
        text_hidden=hidden,
        weights=STARWeights(whole=0.1, parts=1.0, names=0.1),
        named="all",
        bodies="scrambled",
    )
    sizes = Sizes(given["x/map"].shape[1], width, 1 + len(PARTS))
    method = STAR(sizes, config, encoder())
    part_texts = PartTexts(len(PARTS), classes, width, hidden, prompts)
    weights = {name: value for name, value in given.items() if name.startswith("w/")}
    method.load_state_dict(renamed(weights, OWN))
    prompts = [given[f"w/pd_prompt.{number}"] for number in range(len(PARTS))]
    part_texts.load_state_dict(renamed(weights, TEXTS) | {"prompts": torch.stack(prompts)})
    return method, part_texts


def renamed(weights, names):
    found = {}
    for name, value in weights.items():
        module, number, rest = re.fullmatch(r"[\w/]*/(\w+?)(?:\.(\d))?((?:\.\D.*)?)", name).groups()
        if module in names:
            found[names[module].format(number) + rest] = value
    return found


def _training(method, part_texts, given):
    pooled = torch.cat((given["x/label_text"][:, None], given["x/part_text"]), 1)
    unseen, every = given["x/unseen_classes"], torch.arange(len(pooled))
    seen, labels = every[~torch.isin(every, unseen)], given["x/train_label"]
    maps = given["x/map"]
    head = maps[..., list(PARTS[0])].flatten(2).transpose(1, 2)
    given.close(method.parts[0].attended(head), given["y/part_visual_feature_part0"])
    given.close(method.embed(maps), given["y/global_visual_feature"])
    given.close(method.embed(maps).sum(1), given["y/global_semantic"])
    given.close(method.names(pooled[:, 0])[labels], given["y/label_embedding"][labels])
    bare = part_texts(pooled[:, 1:] - part_texts.prompts.transpose(0, 1))  # as at test
    given.close(bare[given["x/test_label"]], given["y/part_des_mapping_feature"])
    losses = method.losses(maps, pooled, part_texts, seen, positions(labels, seen))
    given.close(losses["whole"], 0.1 * given["y/loss_global_ce"])
    given.close(losses["parts"], given["y/loss_part_ce"])
    given.close(losses["names"], 0.1 * given["y/loss_pd_label"])
    loss = sum(losses.values())
    given.close(loss, given["y/loss"])
    theirs = {name: value for name, value in given.items() if name.startswith("y/grad_")}
    ours = dict(method.named_parameters())
    loss.backward()
    for name, value in theirs.items():
        if "pd_prompt" in name:
            given.close(part_texts.prompts.grad[int(name[-1])], value)
        else:
            ((own, _),) = renamed({name.replace("y/grad_", "y/"): value}, OWN).items()
            given.close(ours[own].grad, value)


@torch.no_grad()
def _test(method, given):
    names, unseen = given["x/label_text"], given["x/unseen_classes"]
    given.close(method.names(names), given["y/label_embedding"])

    def scores(classes):
        pooled = names[classes][:, None]
        return method.score_maps(given["x/map"], Text(pooled, pooled[:, :, None], classes[:, None]))

    given.close(scores(torch.arange(len(names))), given["y/cosine_all"])
    given.close(scores(unseen).softmax(1), given["y/zsl_prob"])
    assert torch.equal(scores(unseen).argmax(1), given["y/zsl_pred_index"])
    everything = cosine(method.embed(given["x/map"]).sum(1), method.names(names))
    assert torch.equal(everything.argmax(1), given["y/gzsl_pred_uncalibrated"])
