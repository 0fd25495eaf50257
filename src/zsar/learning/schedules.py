"""Learning rates that change with every step."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warm_cosine(optimizer: Optimizer, warm: int, steps: int) -> LambdaLR:
    """Rise linearly from nothing over `warm` steps, then fall to nothing along a cosine."""

    def share(step: int) -> float:
        if step < warm:
            return step / warm
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))

    return LambdaLR(optimizer, share)
