"""Marching cubes: where the surface is, that it is closed, and how it moves with the values."""

import pytest
import torch
from field_shapes import VOLUMES, closed, cube, sphere, torus

from limn.errors import InputError
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.marching_cubes import marching_cubes


@pytest.mark.parametrize("shape", [sphere, torus, cube])
@pytest.mark.parametrize("inside_above", [False, True])
def test_the_surface_of_a_shape_is_found(shape, inside_above: bool) -> None:  # type: ignore[no-untyped-def]
    side = 48
    values = shape(nodes((side,) * 3)) * (-1 if inside_above else 1) + 3.0
    vertices, faces = marching_cubes(values, 3.0, inside_above)
    mesh = closed(vertices, faces)
    assert float(shape(vertices).abs().max()) < (0.1 if shape is not cube else 0.5) * 2 / (side - 1)
    assert mesh.volume == pytest.approx(VOLUMES[shape], rel=0.01)
    assert mesh.euler_number == (0 if shape is torus else 2)


def test_axes_are_z_y_x() -> None:
    values = torch.zeros(5, 7, 9)
    values[3, 2, 6] = 1.0
    vertices, _ = marching_cubes(values, 0.5)
    torch.testing.assert_close(vertices.mean(dim=0), torch.tensor([6 / 4 - 1, 2 / 3 - 1, 3 / 2 - 1]))


@pytest.mark.parametrize("seed", [0, 1])
def test_noise_gives_a_closed_surface(seed: int) -> None:
    values = torch.randn(9, 10, 11, generator=torch.Generator().manual_seed(seed))
    mesh = closed(*marching_cubes(values))
    assert mesh.volume > 0


def test_what_reaches_the_border_is_closed_there() -> None:
    vertices, faces = marching_cubes(torch.ones(5, 4, 6), 0.5)
    assert closed(vertices, faces).volume == pytest.approx(8.0)
    assert float(vertices.abs().max()) == 1.0
    vertices, faces = marching_cubes(sphere(nodes((20, 20, 20)), 1.2), 0.0, inside_above=False)
    assert closed(vertices, faces).volume == pytest.approx(6.3837, rel=0.01)  # of a ball without its six caps


def test_nothing_inside_is_no_surface() -> None:
    vertices, faces = marching_cubes(torch.zeros(4, 4, 4), 0.5)
    assert vertices.shape == (0, 3) and faces.shape == (0, 3) and faces.dtype == torch.int32


@pytest.mark.parametrize("inside_above", [False, True])
def test_vertices_move_as_the_values_say(inside_above: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(4, 4, 4, generator=generator).requires_grad_()
    vertices, faces = marching_cubes(values, 0.1, inside_above)
    weights = torch.randn(vertices.shape, generator=generator)
    (slope,) = torch.autograd.grad((vertices * weights).sum(), values)
    step = 1e-3
    for place in range(0, 64, 5):
        moved = [values.detach().clone() for _ in range(2)]
        moved[0].view(-1)[place] -= step
        moved[1].view(-1)[place] += step
        found = [marching_cubes(v, 0.1, inside_above) for v in moved]
        assert all(torch.equal(f, faces) for _, f in found)
        down, up = ((v * weights).sum() for v, _ in found)
        assert float((up - down) / (2 * step)) == pytest.approx(float(slope.view(-1)[place]), rel=0.02, abs=2e-3)


def test_a_grid_needs_two_nodes_along_each_axis() -> None:
    with pytest.raises(InputError, match=r"values is \[1, 4, 4\]; expected at least two nodes"):
        marching_cubes(torch.zeros(1, 4, 4))
