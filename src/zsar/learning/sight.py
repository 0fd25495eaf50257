"""What a method sees of a clip: its given features, or those of an encoder of the method's own."""

from collections.abc import Callable
from copy import deepcopy

from jaxtyping import Float, Int
from torch import Tensor, nn

from zsar.learning.world import Clips


class Given(nn.Module):
    """The features of the frozen encoder."""

    def meet(self, encoder: nn.Module) -> None: ...

    def forward(self, clips: Clips, rows: Int[Tensor, " some"]) -> Float[Tensor, "some dim"]:
        return clips.features[rows]


class Own(nn.Module):
    """An encoder of one's own, made from the frozen one when that is first met.

    Weights that are loaded earlier wait for it.
    """

    def __init__(self, make: Callable[[nn.Module], nn.Module]):
        super().__init__()
        self.make = make
        self.network: nn.Module | None = None
        self.waiting: dict[str, Tensor] = {}

    def meet(self, encoder: nn.Module) -> None:
        if self.network is None:
            self.network = self.make(encoder).to(next(encoder.parameters()).device)
            if self.waiting:
                self.network.load_state_dict(self.waiting)
                self.waiting = {}
            self.train(self.training)

    def train(self, mode: bool = True) -> "Own":
        """All of the network learns, also where the encoder's own settings keep a part still."""
        super().train(mode)
        for part in self.network.modules() if self.network is not None else ():
            part.training = mode
        return self.requires_grad_(True)

    def forward(self, clips: Clips, rows: Int[Tensor, " some"]) -> Float[Tensor, "some dim"]:
        self.meet(clips.encoder)
        return self.network(clips.skeletons[rows])

    def _load_from_state_dict(self, state, prefix, metadata, strict, missing, *rest):
        if self.network is None:
            start = f"{prefix}network."
            self.waiting = {
                name.removeprefix(start): weight
                for name, weight in state.items()
                if name.startswith(start)
            }
            if not self.waiting:
                missing.append(f"{start}*")


def afresh(encoder: nn.Module) -> nn.Module:
    """The same network before it learnt anything; nobody needs its head, so one class will do."""
    return type(encoder)(1, encoder.settings)


SIGHTS: dict[str, Callable[[], Given | Own]] = {
    "frozen": Given,
    "fine_tuned": lambda: Own(deepcopy),
    "from_scratch": lambda: Own(afresh),
}
