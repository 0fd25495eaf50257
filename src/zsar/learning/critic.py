"""A learned judgement of how well a motion and a text belong together."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class Critic(nn.Module):
    """The judgement is a logit.

    Its first layer adds up motion and text, so each passes it once, however many pairs it is in.
    """

    def __init__(self, motion: int, text: int, hidden: tuple[int, ...]):
        super().__init__()
        self.widths = (motion, text)
        steps = pairwise((motion + text, *hidden, 1))
        self.layers = nn.ModuleList(nn.Linear(*each) for each in steps)

    def forward(
        self, motion: Float[Tensor, "pair motion"], words: Float[Tensor, "pair text"]
    ) -> Float[Tensor, " pair"]:
        return self.judge(self.of_motion(motion) + self.of_words(words))

    def grid(
        self, motion: Float[Tensor, "clip motion"], words: Float[Tensor, "class text"]
    ) -> Float[Tensor, "clip class"]:
        """Every clip with every class."""
        return self.judge(self.of_motion(motion)[:, None] + self.of_words(words))

    def of_motion(self, motion: Float[Tensor, "clip motion"]) -> Float[Tensor, "clip hidden"]:
        """What the motions add to the first layer."""
        weight, _ = self.layers[0].parameters()
        return F.linear(motion, weight.split(self.widths, 1)[0])

    def of_words(self, words: Float[Tensor, "class text"]) -> Float[Tensor, "class hidden"]:
        """What the texts add to the first layer."""
        weight, bias = self.layers[0].parameters()
        return F.linear(words, weight.split(self.widths, 1)[1], bias)

    def judge(self, hidden: Float[Tensor, "*pair hidden"]) -> Float[Tensor, "*pair"]:
        """The logit of what motion and text of each pair add up to in the first layer."""
        for layer in self.layers[1:]:
            hidden = layer(hidden.relu())
        return hidden[..., 0]
