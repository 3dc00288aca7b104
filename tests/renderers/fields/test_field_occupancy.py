"""OccupancyGrid: nerfacc's rules, and that no candidate is lost to them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from limn.step import Step
from renderers.fields.occupancy import OccupancyGrid

SIDE = 8


def balls(points: Tensor, owner: Tensor) -> Tensor:
    """A ball of radius 0.4, and one of 0.7 for the second candidate."""
    return 20.0 * (points.norm(dim=1) < 0.4 + 0.3 * owner)


class Watched:
    """A density that keeps where it was looked at."""

    def __call__(self, points: Tensor, owner: Tensor) -> Tensor:
        self.points, self.owner = points, owner
        return balls(points, owner)


def test_everything_is_looked_at_first_then_a_quarter_and_what_holds_something() -> None:
    grid, density = OccupancyGrid(2, SIDE), Watched()
    assert grid.occupied.all()
    grid.update(density, Step(0, 500))
    assert density.owner.bincount().tolist() == [SIDE**3] * 2
    cells = ((density.points[: SIDE**3] + 1) * SIDE / 2).floor().flip(1)  # z, y, x
    assert torch.equal(cells, torch.cartesian_prod(*[torch.arange(8.0)] * 3))
    before = grid.occupied.flatten(1).sum(1)
    assert 0 < before[0] < before[1]
    grid.update(density, Step(256, 500))
    counted = SIDE**3 // 4 + before.clamp(max=SIDE**3 // 4)
    assert torch.equal(density.owner.bincount(), counted)
    assert torch.equal(density.owner, density.owner.sort().values)
    assert density.points.abs().max() <= 1


def test_only_every_sixteenth_step_looks() -> None:
    grid = OccupancyGrid(1, SIDE)
    for index in (1, 15, 17, 250):
        grid.update(balls, Step(index, 500))
    assert not grid.opacities.any()
    grid.update(balls, Step(32, 500))
    assert grid.opacities.any()


def test_cells_hold_the_ball_and_forget_it_slowly() -> None:
    grid = OccupancyGrid(2, 16)
    for index in range(0, 256, 16):
        grid.update(balls, Step(index, 500))
    axis = (torch.arange(16) + 0.5) / 8 - 1
    away = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij")).norm(dim=0)
    for candidate, radius in enumerate((0.4, 0.7)):
        assert grid.occupied[candidate][away < radius - 0.05].all()
        assert not grid.occupied[candidate][away > radius + 0.11].any()
    assert float(grid.opacities.max()) == pytest.approx(20 * 12**0.5 / 128)
    middle = grid.opacities[0, 8, 8, 8].item()
    for count in range(1, 80):  # the balls have moved away
        grid.update(lambda points, owner: balls(points - 0.55, owner), Step(0, 500))
        assert grid.opacities[0, 8, 8, 8].item() == pytest.approx(middle * 0.95**count, rel=1e-4)
        assert grid.occupied[0, 8, 8, 8] == (middle * 0.95**count >= 0.01)
    assert not grid.occupied[0, 8, 8, 8]


@pytest.mark.parametrize("density", [0.0, 0.1, 50.0, torch.inf])
def test_a_field_without_form_is_looked_at_everywhere(density: float) -> None:
    grid = OccupancyGrid(2, 5)
    grid.update(lambda points, owner: torch.full_like(points[:, 0], density), Step(0, 500))
    assert grid.occupied.all()


def test_what_is_no_number_does_not_spread() -> None:
    grid = OccupancyGrid(1, SIDE)
    grid.update(lambda p, o: torch.where(p[:, 0] > 0.5, torch.nan, balls(p, o)), Step(0, 500))
    assert grid.opacities.isfinite().all()
    assert grid.occupied.any()


def test_the_same_step_looks_at_the_same_points() -> None:
    grids = [OccupancyGrid(2, SIDE) for _ in range(2)]
    for index in (0, 256, 272):
        for grid in grids:
            grid.update(balls, Step(index, 500, seed=3))
    assert torch.equal(grids[0].opacities, grids[1].opacities)
    state = grids[0].state_dict()
    assert {name: len(value) for name, value in state.items()} == {"opacities": 2, "occupied": 2}
