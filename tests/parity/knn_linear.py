"""Retrieval by nearest neighbours, and the steps of the linear probe."""

import numpy as np
import torch
from torch.nn import functional as F
from torch.optim.lr_scheduler import MultiStepLR

from zsar.learning.downstream import majority_vote, nearest_neighbours
from zsar.learning.losses import cosine
from zsar.learning.optim import SGDConfig, sgd

EPOCHS, DROPS, BATCH = (0, 1, 120, 140), (120, 140), 50


def check(arrays, note, folder):
    given = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("x/")}
    train, test = given["train_feature"], given["test_feature"]
    arrays.close(cosine(test, train), arrays["y/cosine"])
    counts = [int(k[5:-5]) for k in arrays if k.startswith("y/knn") and k.endswith("_pred")]
    assert counts
    for count in counts:
        for block in (len(train), 32):
            found = majority_vote(
                given["train_label"][nearest_neighbours(test, train, count, block)]
            )
            np.testing.assert_array_equal(found, arrays[f"y/knn{count}_pred"])
        right = (found == given["test_label"]).double().mean()
        arrays.close(right, arrays[f"y/knn{count}_acc"])
    _linear(arrays, given)


def _linear(arrays, given):
    head = torch.nn.Linear(*arrays["w/fc.weight_init"].shape[::-1])
    head.load_state_dict(
        {name: torch.from_numpy(arrays[f"w/fc.{name}_init"]) for name in ("weight", "bias")}
    )
    optimizer = sgd(head, SGDConfig(0.03, 0.9, 0.0))
    schedule = MultiStepLR(optimizer, DROPS, 0.1)
    rates = []
    for epoch in EPOCHS:
        while schedule.last_epoch < epoch:
            schedule.step()
        rates.append(schedule.get_last_lr()[0])
        for rows in torch.arange(len(given["train_label"])).split(BATCH):
            logits = head(given["train_feature"][rows])
            optimizer.zero_grad()
            F.cross_entropy(logits, given["train_label"][rows]).backward()
            optimizer.step()
    logits = head(given["test_feature"]).detach()
    arrays.close(rates, arrays["y/linear_lr"])
    for name, found in (("weight", head.weight), ("bias", head.bias), ("test_logits", logits)):
        arrays.close(found, arrays[f"y/linear_{name}"], "linear")
    right = (logits.argmax(1) == given["test_label"]).float().mean()
    arrays.close(100 * right, arrays["y/linear_test_acc_percent"][0])
