"""A network that scores a pair of skeleton and text features by a logit, and the mutual information
that its logits estimate."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class Critic(nn.Module):
    """An MLP on motion and text side by side. Its first layer adds the parts of motion and text, so
    each is computed once, however many pairs it is in."""

    def __init__(self, features: int, text: int, hidden: tuple[int, ...]):
        super().__init__()
        self.widths = (features, text)
        steps = pairwise((features + text, *hidden, 1))
        self.layers = nn.ModuleList(nn.Linear(*each) for each in steps)

    def forward(
        self,
        skeleton_features: Float[Tensor, "pair features"],
        text_features: Float[Tensor, "pair text"],
    ) -> Float[Tensor, " pair"]:
        return self.logits(self.skeleton_part(skeleton_features) + self.text_part(text_features))

    def grid(
        self,
        skeleton_features: Float[Tensor, "clip features"],
        text_features: Float[Tensor, "class text"],
    ) -> Float[Tensor, "clip class"]:
        """Every clip with every class."""
        clip_part = self.skeleton_part(skeleton_features)[:, None]
        return self.logits(clip_part + self.text_part(text_features))

    def skeleton_part(
        self, skeleton_features: Float[Tensor, "clip features"]
    ) -> Float[Tensor, "clip hidden"]:
        """What clips add to the first layer."""
        weight, _ = self.layers[0].parameters()
        return F.linear(skeleton_features, weight.split(self.widths, 1)[0])

    def text_part(
        self, text_features: Float[Tensor, "class text"]
    ) -> Float[Tensor, "class hidden"]:
        """What texts add to the first layer."""
        weight, bias = self.layers[0].parameters()
        return F.linear(text_features, weight.split(self.widths, 1)[1], bias)

    def logits(self, hidden: Float[Tensor, "*pair hidden"]) -> Float[Tensor, "*pair"]:
        """From the sum of both parts of each pair."""
        for layer in self.layers[1:]:
            hidden = layer(hidden.relu())
        return hidden[..., 0]


def mutual_information(
    paired: Float[Tensor, " pair"], unpaired: Float[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """The Jensen-Shannon estimate, from the logits of pairs of one class and of other pairs."""
    return -F.softplus(-paired).mean() - F.softplus(unpaired).mean()
