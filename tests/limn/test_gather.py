"""gather_rows: what indexing gives, and a gradient that is always the same."""

from collections.abc import Iterator

import pytest
import torch

from limn.gather import gather_rows

POINTS, ROWS = 2000, 20000


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("leading", [(), (2,), (1, 3)])
@pytest.mark.parametrize("shape", [(ROWS,), (ROWS // 4, 4)])
def test_it_is_indexing_and_its_gradient_never_differs(leading: tuple[int, ...], shape: tuple[int, ...]) -> None:
    draws = torch.Generator().manual_seed(0)
    rows = torch.rand(*leading, POINTS, 3, generator=draws).requires_grad_()
    index = torch.randint(POINTS, shape, generator=draws, dtype=torch.int32)
    found, plain = gather_rows(rows, index), rows[..., index.long(), :]
    assert torch.equal(found, plain)
    pull = torch.rand(found.shape, generator=draws)
    (wanted,) = torch.autograd.grad(plain, rows, pull)
    gradients = [torch.autograd.grad(gather_rows(rows, index), rows, pull)[0] for _ in range(5)]
    torch.testing.assert_close(gradients[0], wanted)
    assert all(torch.equal(gradient, gradients[0]) for gradient in gradients)
