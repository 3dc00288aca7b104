"""FlexiCubes: closed surfaces, sharp edges, gradients by all parameters, and shapes fitted through pictures."""

import pytest
import torch
from field_shapes import VOLUMES, closed, cube, sphere, torus
from torch import Tensor

from limn.errors import InputError
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.flexicubes import flexicubes

SIDE = 24


def weights(grid: Tensor, generator: torch.Generator | None = None) -> Tensor:
    shape = [*(side - 1 for side in grid.shape[:3]), 21]
    return torch.zeros(shape) if generator is None else torch.randn(shape, generator=generator)


@pytest.mark.parametrize("shape", [sphere, torus, cube])
@pytest.mark.parametrize("training", [False, True])
def test_the_surface_of_a_shape_is_found(shape, training: bool) -> None:  # type: ignore[no-untyped-def]
    grid = nodes((48, 48, 48))
    found = flexicubes(shape(grid), grid, weights(grid), training)
    mesh = closed(found.vertices, found.faces)
    assert mesh.volume == pytest.approx(VOLUMES[shape], rel=0.02)  # vertices lie on chords, inside of the surface
    assert mesh.euler_number == (0 if shape is torus else 2)
    assert float(shape(found.vertices).abs().max()) < 0.5 * 2 / 47


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("training", [False, True])
def test_noise_gives_a_closed_surface(seed: int, training: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    grid = nodes((7, 8, 9))
    found = flexicubes(torch.randn(7, 8, 9, generator=generator), grid, weights(grid, generator), training)
    closed(found.vertices, found.faces)


def test_vertices_stay_in_their_cubes() -> None:
    generator = torch.Generator().manual_seed(0)
    grid = nodes((8, 8, 8))
    found = flexicubes(torch.randn(8, 8, 8, generator=generator), grid, 9 * weights(grid, generator), training=False)
    assert float(found.vertices.abs().max()) <= 1.0
    closed(found.vertices, found.faces)


def test_gradients_are_those_of_differences() -> None:
    generator = torch.Generator().manual_seed(1)
    grid = nodes((5, 5, 5)).double()
    start = [torch.randn(5, 5, 5, generator=generator), grid, weights(grid, generator)]
    parameters = [value.float().clone().requires_grad_() for value in start]
    first = flexicubes(*parameters)
    by = torch.randn(first.vertices.shape, generator=generator)

    def value(*parts: Tensor) -> Tensor:
        found = flexicubes(*parts)
        assert torch.equal(found.faces, first.faces)
        return (found.vertices * by).sum() + found.deviation

    slopes = torch.autograd.grad(value(*parameters), parameters)
    for which, slope in enumerate(slopes):
        largest = slope.abs().flatten().topk(12).indices
        for place in largest.tolist():
            moved = []
            for step in (-1e-3, 1e-3):
                parts = [part.detach().clone() for part in parameters]
                parts[which].view(-1)[place] += step
                moved.append(float(value(*parts)))
            assert (moved[1] - moved[0]) / 2e-3 == pytest.approx(float(slope.view(-1)[place]), rel=0.02, abs=0.01)


def test_a_deviation_is_zero_where_vertices_lie_evenly() -> None:
    grid = nodes((SIDE, SIDE, SIDE))
    plane = flexicubes(grid[..., 0] - 0.013, grid, weights(grid)).deviation
    uneven = flexicubes(grid[..., 0] - 0.013, grid, weights(grid, torch.Generator().manual_seed(0))).deviation
    assert float(plane) < 1e-3 < 3e-3 < float(uneven)


def test_tensors_must_fit() -> None:
    grid = nodes((4, 4, 4))
    with pytest.raises(InputError, match=r"weights is float32 \[3, 3, 4, 21\]; expected numbers \[3, 3, 3, 21\]"):
        flexicubes(sphere(grid), grid, torch.zeros(3, 3, 4, 21))
