"""Cube maps: which side a direction hits, no seams, and derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from renderers.mesh.operations import texture
from renderers.mesh.operations.cube import on_sides

SIDES = [(1.0, 0, 0), (-1.0, 0, 0), (0, 1.0, 0), (0, -1.0, 0), (0, 0, 1.0), (0, 0, -1.0)]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def directions(*shape: int, seed: int = 0) -> Tensor:
    """All around, of any length [..., 3]."""
    return torch.randn(*shape, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def painted(size: int) -> Tensor:
    """A cube map of the directions of its texels themselves [6, size, size, 3]: a smooth function without seams."""
    line = (2 * torch.arange(size, dtype=torch.float64) + 1) / size - 1
    t, s = torch.meshgrid(line, line, indexing="ij")
    one = torch.ones_like(s)
    # OpenGL 4.6, table 8.19: major axis, then sc and tc.
    sides = [(one, -t, -s), (-one, -t, s), (s, one, t), (s, -one, -t), (s, -t, one), (-s, -t, -one)]
    return torch.nn.functional.normalize(torch.stack([torch.stack(side, -1) for side in sides]), dim=-1)


def test_directions_hit_the_sides_of_opengl() -> None:
    side, place, _ = on_sides(torch.tensor(SIDES), None)
    assert side.tolist() == [0, 1, 2, 3, 4, 5]
    assert torch.equal(place, torch.full((6, 2), 0.5))
    for size in (1, 5, 8):
        maps = painted(size)
        found = texture(maps.float(), maps.float()[None], filter="nearest", wrap="cube")
        assert torch.equal(found[0], maps.float())


@pytest.mark.parametrize("filter", ["bilinear", "mipmap"])
def test_a_smooth_function_of_the_direction_stays_smooth(filter: str) -> None:
    look = torch.nn.functional.normalize(directions(1, 1, 60, 60), dim=-1)
    steps = torch.full((1, 1, 60, 60, 3, 2), 0.02, dtype=torch.float64)
    errors = []
    for size in (8, 32):
        found = texture(painted(size).float(), look.float(), steps.float(), filter, wrap="cube")
        errors.append((found - look).norm(dim=-1))
    # Without texels from beyond the edges it would be half a texel there, 1 / size.
    assert errors[0].max() < 0.03
    assert errors[1].max() < (0.007 if filter == "bilinear" else 0.02)
    assert errors[1].mean() < errors[0].mean() / (15 if filter == "bilinear" else 8)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_there_are_no_seams(size: int) -> None:
    """Points on both sides of all edges and around all corners look alike, whatever is painted there."""
    maps = random(6, size, size, 3).float()
    along = torch.linspace(-1, 1, 41, dtype=torch.float64)
    edges = []
    for axis in range(3):
        for one in (-1.0, 1.0):
            for other in (-1.0, 1.0):
                points = torch.empty(41, 3, dtype=torch.float64)
                points[:, axis], points[:, (axis + 1) % 3], points[:, (axis + 2) % 3] = along, one, other
                edges.append(points)
    edge = torch.stack(edges)[None, None]
    near = edge * (1 + 2e-6 * (random(8, *edge.shape[1:], seed=1) - 0.5))
    colours = texture(maps, near.float(), wrap="cube")
    assert (colours - colours[:1]).abs().max() < 2e-4
    assert on_sides(near, None)[0].amax(0).ne(on_sides(near, None)[0].amin(0)).float().mean() > 0.9


@pytest.mark.parametrize(
    ("filter", "name"), [("bilinear", "maps"), ("bilinear", "look"), ("mipmap", "look"), ("mipmap", "steps")]
)
def test_derivatives_are_central_differences(filter: str, name: str) -> None:
    given = {"maps": random(1, 6, 6, 6, 3), "look": directions(2, 1, 30, 30), "steps": 0.6 * random(2, 1, 30, 30, 3, 2)}
    move, step = torch.randn_like(given[name]), 1e-6

    def picture(offset: Tensor | float) -> Tensor:
        now = given | {name: given[name] + offset}
        return texture(now["maps"], now["look"], now["steps"], filter, "cube", "reference")

    change = (picture(step * move) - picture(-step * move)) / (2 * step)
    leaf = torch.zeros_like(move, requires_grad=True)
    weights = random(2, 1, 30, 30, 3) * (change.abs() < 50)  # no texel's border between the two
    (by,) = torch.autograd.grad((picture(leaf) * weights).sum(), leaf)
    slope = (change * weights).sum()
    assert abs((by * move).sum() - slope) <= 1e-3 * abs(slope)


def test_directions_without_length_give_nothing() -> None:
    look = torch.tensor([[0.0, 0, 0], [torch.nan, 1, 0], [torch.inf, 0, 0], [1.0, 2, 3]])[
        None, None, None
    ].requires_grad_()
    maps = (random(6, 4, 4, 3).float() + 1).requires_grad_()
    found = texture(maps, look, wrap="cube")
    assert found[0, 0, 0, :3].eq(0).all()
    assert found[0, 0, 0, 3].gt(0).all()
    by = torch.autograd.grad(found.sum(), (maps, look))
    assert by[0].isfinite().all()
    assert by[1][0, 0, 0, :3].eq(0).all()


def test_candidates_have_cubes_of_their_own() -> None:
    maps, look, steps = random(2, 6, 5, 5, 3).float(), directions(4, 2, 9, 9).float(), random(4, 2, 9, 9, 3, 2).float()
    together = texture(maps, look, steps, "mipmap", "cube")
    for candidate in range(2):
        which = slice(2 * candidate, 2 * candidate + 2)
        alone = texture(maps[candidate], look[which], steps[which], "mipmap", "cube")
        assert torch.equal(together[which], alone)


def test_same_bits_with_any_number_of_threads() -> None:
    threads, outcomes = torch.get_num_threads(), []
    given = [random(6, 9, 9, 3), directions(4, 1, 96, 96), 0.3 * random(4, 1, 96, 96, 3, 2)]
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            leaves = [tensor.float().requires_grad_() for tensor in given]
            found = texture(*leaves, "mipmap", "cube")
            outcomes.append([found.detach(), *torch.autograd.grad(found.sin().sum(), leaves)])
    finally:
        torch.set_num_threads(threads)
    for other in outcomes[1:]:
        assert all(torch.equal(one, two) for one, two in zip(outcomes[0], other, strict=True))
