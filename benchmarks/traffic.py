"""How many bytes the operators of a program read and write."""

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Traffic(TorchDispatchMode):
    """Counts every operand and every result once; a view moves nothing."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        made = operator(*args, **(kwargs or {}))
        operands = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        results = [each for each in tree_leaves(made) if isinstance(each, Tensor)]
        known = {each.untyped_storage().data_ptr() for each in operands}
        if any(each.untyped_storage().data_ptr() not in known for each in results) or (
            operator._schema.is_mutable
        ):
            self.bytes += sum(each.numel() * each.element_size() for each in operands + results)
        return made
