"""PURLS's attention, outputs, loss and predictions; also where candidates guide the attention."""

import torch
from torch.nn import functional as F

from parity._purls import loaded
from zsar.learning.purls_network import candidate_scores, grid_cells, guided_scores

SLOTS = ("head", "hands", "torso", "legs", "start", "middle", "end", "global")


@torch.no_grad()
def check(arrays, note, folder):
    given = arrays.tensors()
    network = loaded(given)
    texts = F.normalize(torch.stack([given[f"x/text_{slot}"] for slot in SLOTS], 1), dim=2)
    grid = given["x/grid"]
    cells = grid_cells(grid.shape[1], grid.permute(0, 3, 1, 2))
    given.close(cells, grid.flatten(1, 2))

    for side, kind in (("test", "unseen"), ("val", "seen")):
        candidates, target = texts[given[f"x/{kind}_classes"]], given[f"x/{side}_target"]
        scores = guided_scores(network, cells, target, candidates)
        losses = network.loss(cells, candidates[target])
        given.close(sum(losses.values()), given[f"y/{side}_loss"])
        assert scores.argmax(1).equal(given[f"y/{side}_pred_index"])
        given.close((scores.argmax(1) == target).double().mean(), given[f"y/{side}_acc"])
        if side == "test":
            attended = network.attend(cells, candidates[target])
            given.close(attended, given["y/test_attention"])
            given.close(network.embed(attended), given["y/test_output"])
            given.close(scores, given["y/test_scores"])
            given.close(candidate_scores(network, cells, candidates), given["y/candidate_scores"])
