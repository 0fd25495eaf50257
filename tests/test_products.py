"""NumPy's products give what PyTorch's give, whatever the layout in memory."""

import pytest
import torch

from zsar.learning.products import LEAST, multiply_with_openblas

LAYOUTS = {
    "rows": lambda matrices: matrices,
    "columns": lambda matrices: matrices.mT.contiguous().mT,
    "gaps": lambda matrices: matrices.repeat_interleave(2, -1)[..., ::2],
    "expanded": lambda matrices: matrices[..., :1, :].expand_as(matrices),
}
FUNCTIONS = {
    "mm": (torch.mm, 2, False),
    "bmm": (torch.bmm, 3, False),
    "addmm": (torch.addmm, 2, True),
    "baddbmm": (torch.baddbmm, 3, True),
}


def matrices(dims: int, rows: int, columns: int, seed: int) -> torch.Tensor:
    made = torch.randn(3, rows, columns, generator=torch.Generator().manual_seed(seed))
    return made if dims == 3 else made[0]


@pytest.fixture(autouse=True)
def openblas():
    multiply_with_openblas()


@pytest.mark.parametrize("size", [2, 40], ids=["small", "large"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_products(name, layout, size):
    function, dims, adds = FUNCTIONS[name]
    left = LAYOUTS[layout](matrices(dims, size, size + 1, 0))
    right = LAYOUTS[layout](matrices(dims, size + 1, size, 1))
    assert (left.numel() * size >= LEAST) == (size == 40)
    added = (matrices(dims, size, size, 2),) if adds else ()
    exact = function(*(each.double() for each in (*added, left, right)))
    torch.testing.assert_close(function(*added, left, right), exact.float())


@pytest.mark.parametrize("name", ["addmm", "baddbmm"])
def test_scales(name):
    function, dims, _ = FUNCTIONS[name]
    given = [matrices(dims, 40, 40, seed) for seed in range(3)]
    exact = function(*(each.double() for each in given), beta=0.5, alpha=2)
    torch.testing.assert_close(function(*given, beta=0.5, alpha=2), exact.float())


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16, torch.int64])
def test_other_types_stay_with_pytorch(kind):
    left, right = (torch.ones(40, 40, dtype=kind) for _ in range(2))
    assert (left @ right).equal(torch.full((40, 40), 40, dtype=kind))


def test_gradients():
    layer, rows = torch.nn.Linear(64, 48), matrices(2, 32, 64, 0).requires_grad_()
    layer(rows).square().sum().backward()
    grad = 2 * (rows.double() @ layer.weight.double().T + layer.bias)
    torch.testing.assert_close(layer.weight.grad, (grad.T @ rows.double()).float())
    torch.testing.assert_close(rows.grad, (grad @ layer.weight.double()).float())


def test_the_bias_stays_as_it_is():
    bias = torch.zeros(40)
    torch.addmm(bias, torch.ones(40, 40), torch.ones(40, 40))
    assert not bias.any()


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("mm", (40, 41), (40, 41)),
        ("mm", (3, 40, 40), (3, 40, 40)),
        ("bmm", (3, 40, 40), (1, 40, 40)),
        ("bmm", (3, 40, 40), (40, 40)),
    ],
)
def test_matrices_that_do_not_fit_are_an_error_of_pytorch(name, left, right):
    with pytest.raises(RuntimeError):
        FUNCTIONS[name][0](torch.ones(left), torch.ones(right))


def test_what_is_not_finite_is_no_warning(recwarn):
    assert (torch.full((40, 40), torch.inf) @ torch.zeros(40, 40)).isnan().all()
    assert not recwarn.list
