from __future__ import annotations

import pytest
import torch
from torch import Tensor

from limn.errors import InputError
from renderers.fields.encodings.dense_grid import DenseGrid
from renderers.fields.operations.dense_grid import dense_grid, dense_grid_gradient

CANDIDATES = 3


def scene(count: int = 2000, channels: int = 4, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Points in and around the box, their owners and a grid that differs along its axes; candidate 1 has no points."""
    generator = torch.Generator().manual_seed(3)
    points = 2.6 * torch.rand(count, 3, generator=generator, dtype=dtype) - 1.3
    owner = (2 * torch.randint(0, 2, (count,), generator=generator)).sort().values.int()
    return points, owner, torch.randn(CANDIDATES, 5, 6, 7, channels, generator=generator, dtype=dtype)


def with_gradient(function, points: Tensor, owner: Tensor, table: Tensor, backend: str) -> list[Tensor]:
    table = table.clone().requires_grad_()
    found = function(points, owner, table, backend=backend)
    found = found if isinstance(found, tuple) else (found,)
    generator = torch.Generator().manual_seed(4)
    pulls = [torch.randn(part.shape, generator=generator) for part in found]
    return [*(part.detach() for part in found), *torch.autograd.grad(found, table, pulls)]


@pytest.mark.parametrize("function", [dense_grid, dense_grid_gradient])
def test_kernels_equal_their_twins(function) -> None:
    found, expected = (with_gradient(function, *scene(3000), backend) for backend in ("warp", "reference"))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
        assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.9999


def test_results_do_not_depend_on_threads() -> None:
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            both = (with_gradient(each, *scene(9000), "warp") for each in (dense_grid, dense_grid_gradient))
            found.append([part for parts in both for part in parts])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            assert torch.equal(one, same)


@pytest.mark.parametrize("function", [dense_grid, dense_grid_gradient])
def test_twins_equal_central_differences(function) -> None:
    points, owner, table = scene(50, 2, torch.float64)
    direction = torch.randn(table.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)

    def total(given: Tensor) -> Tensor:
        found = function(points, owner, given, backend="reference")
        return sum(part.square().sum() for part in (found if isinstance(found, tuple) else (found,)))

    (by,) = torch.autograd.grad(total(table.requires_grad_()), table)
    with torch.no_grad():
        slope = (total(table + 1e-4 * direction) - total(table - 1e-4 * direction)) / 2e-4
    torch.testing.assert_close((by * direction).sum(), slope, rtol=1e-6, atol=1e-6)


def test_gradients_in_space_equal_differences_and_vanish_outside() -> None:
    points, owner, table = scene(400, 2, torch.float64)
    values, gradients = dense_grid_gradient(points, owner, table, backend="reference")
    torch.testing.assert_close(values, dense_grid(points, owner, table, backend="reference"))
    far = 1e-7 * torch.eye(3, dtype=torch.float64)
    for axis in range(3):
        ahead, behind = (dense_grid(points + sign * far[axis], owner, table, backend="reference") for sign in (1, -1))
        torch.testing.assert_close(gradients[..., axis], (ahead - behind) / 2e-7, rtol=1e-5, atol=1e-5)
        assert not gradients[points[:, axis].abs() > 1][..., axis].any()


def test_vertices_have_their_values_and_axes_are_z_y_x() -> None:
    _, _, table = scene()
    z, y, x = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in table.shape[1:4]), indexing="ij")
    points = torch.stack([x, y, z], dim=-1).reshape(-1, 3)
    owner = torch.full((len(points),), 2, dtype=torch.int32)
    torch.testing.assert_close(dense_grid(points, owner, table), table[2].reshape(-1, 4), rtol=1e-4, atol=1e-4)


def test_points_that_are_not_numbers_do_no_harm() -> None:
    points, owner, table = scene(20)
    points[3] = torch.nan
    points[4] = torch.inf
    found = dense_grid(points, owner, table.requires_grad_())
    found.sum().backward()
    assert found.isfinite().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, o, t: (p[:, :2], o, t), r"points is float32 \[20, 2\]; expected numbers \[M, 3\]"),
        (lambda p, o, t: (p, o[:4], t), r"owner is int32 \[4\]; expected integers \[M\] with M = 20"),
        (lambda p, o, t: (p, o + 1, t), "owner holds 3; expected 0 to 2, the candidates of the table"),
        (lambda p, o, t: (p, o, t[:, :1]), r"table is \[3, 1, 6, 7, 4\]; expected at least .* 2 vertices on each axis"),
    ],
)
def test_bad_arguments_are_refused(change, message: str) -> None:
    with pytest.raises(InputError, match=f"^dense_grid: {message}"):
        dense_grid(*change(*scene(20)))


def test_a_finer_grid_takes_over_exactly() -> None:
    coarse, fine = (DenseGrid(2, torch.Generator(), resolution) for resolution in (9, 25))
    for parameter in coarse.parameters():
        torch.nn.init.normal_(parameter)
    fine.take_over(coarse)
    points = 2 * torch.rand(500, 3) - 1
    owner = torch.arange(500, dtype=torch.int32) // 250
    torch.testing.assert_close(fine(points, owner), coarse(points, owner), rtol=1e-4, atol=1e-4)
    for one, other in zip(fine.gradient(points, owner), coarse.gradient(points, owner), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_densities_and_colours_learn_at_rates_of_their_own() -> None:
    grid = DenseGrid(2, torch.Generator(), 5, density_rate=0.2, colour_rate=0.1)
    assert [(group.name, group.learning_rate) for group in grid.parameter_groups()] == [
        ("density", 0.2),
        ("colour", 0.1),
    ]
    for_network = DenseGrid(2, torch.Generator(), 5, features=8, feature_rate=0.3)
    assert [(group.name, group.learning_rate) for group in for_network.parameter_groups()] == [("features", 0.3)]
    assert grid.direct and not for_network.direct and grid.cell == 0.5
    assert for_network(torch.zeros(1, 3), torch.zeros(1, dtype=torch.int32)).shape == (1, 8)
