from __future__ import annotations

import pytest
import torch
from torch import Tensor

from limn.errors import InputError
from renderers.fields.encodings.triplane import Triplane
from renderers.fields.operations.triplane import triplane


def scene(count: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Points in and around the box, their owners and planes; candidate 1 has no points."""
    generator = torch.Generator().manual_seed(3)
    points = 2.6 * torch.rand(count, 3, generator=generator, dtype=dtype) - 1.3
    owner = (2 * torch.randint(0, 2, (count,), generator=generator)).sort().values.int()
    return points, owner, torch.randn(3, 3, 6, 6, 8, generator=generator, dtype=dtype)


def with_gradient(count: int, backend: str) -> tuple[Tensor, Tensor]:
    points, owner, planes = scene(count)
    found = triplane(points, owner, planes.requires_grad_(), backend)
    pulls = torch.randn(found.shape, generator=torch.Generator().manual_seed(4))
    return found.detach(), torch.autograd.grad(found, planes, pulls)[0]


def test_kernels_equal_their_twins() -> None:
    for one, other in zip(with_gradient(3001, "warp"), with_gradient(3001, "reference"), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
        assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.9999


def test_results_do_not_depend_on_threads() -> None:
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(with_gradient(9001, "warp"))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(one, same) for one, same in zip(found[0], other, strict=True))


def test_twins_equal_central_differences() -> None:
    points, owner, planes = scene(20, torch.float64)
    planes = planes[:, :, :2, :2, :2].requires_grad_()
    assert torch.autograd.gradcheck(lambda given: triplane(points, owner, given, "reference"), (planes,))


@pytest.mark.parametrize("backend", ["warp", "reference"])
def test_every_pair_of_axes_has_a_plane(backend: str) -> None:
    points = torch.tensor([[-0.2, 0.2, 0.6]])  # vertices 2, 3 and 4 of 6 along x, y and z
    owner, planes = torch.tensor([2]), scene(1)[2]
    found = triplane(points, owner, planes, backend).view(3, 8)
    expected = torch.stack([planes[2, 0, 3, 2], planes[2, 1, 4, 2], planes[2, 2, 4, 3]])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"planes": torch.zeros(1, 2, 4, 4, 1)}, r"planes is float32 \[1, 2, 4, 4, 1\]; expected .*\[S, 3, R, R, C\]"),
        ({"planes": torch.zeros(1, 3, 1, 1, 1)}, r"planes is \[1, 3, 1, 1, 1\]; expected .* 2 vertices on each axis"),
        ({"owner": torch.full((20,), 3)}, "owner holds 3; expected 0 to 2, the candidates of the planes"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Tensor], message: str) -> None:
    points, owner, planes = scene(20)
    with pytest.raises(InputError, match=f"^triplane: {message}"):
        triplane(**({"points": points, "owner": owner, "planes": planes} | change))


def test_the_encoding_learns_its_planes_and_shows_them_as_grids() -> None:
    encoding = Triplane(2, torch.Generator().manual_seed(0), resolution=6)
    (group,) = encoding.parameter_groups()
    points, owner, _ = scene(100)
    target = torch.ones(100, encoding.features)
    optimiser = torch.optim.Adam(group.parameters, 0.05)
    for _ in range(100):
        optimiser.zero_grad()
        loss = (encoding(points, owner // 2) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss < 1e-3
    assert [table.shape for table in encoding.tables] == [(2, 6, 6, 8)] * 3 and encoding.cell == 0.4


def test_finer_planes_take_over_exactly() -> None:
    coarse, fine = (Triplane(2, torch.Generator().manual_seed(0), side) for side in (9, 25))
    fine.take_over(coarse)
    points, owner, _ = scene(200)
    torch.testing.assert_close(fine(points, owner // 2), coarse(points, owner // 2), rtol=1e-4, atol=1e-5)
    with pytest.raises(InputError, match="cannot take over"):
        fine.take_over(Triplane(2, torch.Generator(), 9, features_per_plane=4))
