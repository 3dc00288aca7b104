"""FlexiCubes: closed surfaces, sharp edges, gradients by all parameters, and shapes fitted through pictures."""

import math
from dataclasses import replace

import pytest
import torch
from field_shapes import VOLUMES, closed, cube, sphere, torus
from torch import Tensor

from guidance.losses.isosurface import Deviation, SignChanges, sign_changes
from limn.cameras import turntable
from limn.errors import InputError
from limn.isosurface import Isosurface
from limn.step import Step
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.factory import flexicubes as flexicubes_renderer
from renderers.fields.surface.flexicubes import flexicubes
from renderers.fields.surface.marching_cubes import marching_cubes
from renderers.mesh import Mesh, MeshRenderer
from renderers.mesh.factory import mesh as mesh_renderer
from renderers.mesh.sphere import icosphere
from renderers.registry import RENDERERS, Canvas
from renderers.scene.shading import Unlit

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


def test_edges_become_sharper_than_marching_cubes_makes_them() -> None:
    side, half = 10, 0.55
    grid = nodes((side, side, side))
    generator = torch.Generator().manual_seed(0)
    wanted = (2 * torch.rand(400, 3, generator=generator) - 1) * half
    wanted[torch.arange(400), torch.arange(400) % 3] = torch.where(torch.arange(400) % 2 > 0, half, -half)
    parameters = [cube(grid, half), torch.zeros(side, side, side, 3), weights(grid)]
    distances, shifts, own = (parameter.requires_grad_() for parameter in parameters)
    optimiser = torch.optim.Adam([distances, shifts, own], lr=0.05)
    for _ in range(40):
        found = flexicubes(distances, grid + shifts.tanh() / side, own)
        there = torch.cat([found.vertices, found.vertices[found.faces.long()].mean(dim=1)])
        loss = cube(there, half).abs().mean() + torch.cdist(wanted, there).amin(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    sharp = flexicubes(distances, grid + shifts.tanh() / side, own, training=False)
    blunt, faces = marching_cubes(cube(grid, half), inside_above=False)

    def corner(vertices: Tensor) -> float:
        return half - float(vertices.detach().abs().amin(dim=1).max())

    lost = [abs(closed(*part).volume / (2 * half) ** 3 - 1) for part in ((sharp.vertices, sharp.faces), (blunt, faces))]
    assert corner(sharp.vertices) < 0.5 * corner(blunt) and lost[0] < 0.3 * lost[1]


def canvas_after(mesh: Mesh) -> Canvas:
    return Canvas((48, 48), 2, torch.Generator(), before=MeshRenderer(mesh, candidates=2), shading=Unlit())


def ball() -> Mesh:
    mesh = icosphere(3, 0.7)
    return replace(mesh, colours=mesh.vertices / 2 + 0.5)


def test_it_takes_over_a_form_and_its_colours() -> None:
    renderer = flexicubes_renderer(canvas_after(ball()), resolution=24, colours=24, texture_size=64)
    assert renderer.candidates == 2
    before, after = MeshRenderer(ball(), shading=Unlit(), size=(48, 48)).render(), renderer.render()
    assert float((before.rgb - after.rgb).square().mean().detach()) < 1e-3
    mesh, _ = renderer.baked(1)
    assert mesh.texture is not None and closed(mesh.vertices, mesh.faces).volume == pytest.approx(
        VOLUMES[sphere], rel=0.03
    )


def test_a_mesh_takes_over_a_form_with_fewer_faces() -> None:
    renderer = mesh_renderer(canvas_after(ball()), faces=600, texture_size=64)
    assert len(renderer.mesh.faces) <= 600 and renderer.candidates == 2
    assert [group.name for group in renderer.parameter_groups()] == ["vertices", "texture"]
    before, after = MeshRenderer(ball(), shading=Unlit(), size=(48, 48)).render(), renderer.render()
    assert float((before.rgb - after.rgb).square().mean().detach()) < 1e-3


def test_a_flat_scene_has_no_form() -> None:
    canvas = Canvas((16, 16), 1, torch.Generator())
    flat = RENDERERS.find("pixels")(canvas)
    for name in ("mesh", "flexicubes"):
        with pytest.raises(InputError, match="takes over a form; the stage before made a PixelImage, which has none"):
            RENDERERS.find(name)(replace(canvas, before=flat))


def test_an_empty_candidate_shows_the_background_and_leaves_the_others_alone() -> None:
    canvas = Canvas((24, 24), 2, torch.Generator())
    renderer = flexicubes_renderer(canvas, resolution=10, colours=8)
    whole = renderer.render().rgb[0].detach()
    with torch.no_grad():
        renderer.distances[1] = 1.0
    frames = renderer.render()
    assert torch.equal(frames.rgb[0], whole) and float(frames.rgb[1].detach().min()) == 1.0
    frames.rgb.square().sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in renderer.parameters())
    with pytest.raises(InputError, match="the surface is empty"):
        renderer.baked(1)


def test_losses_of_a_surface_on_a_grid() -> None:
    distances = torch.full((2, 2, 2, 2), 2.0)
    distances[1, 0, 0, 0] = -2.0
    found = sign_changes(distances)
    # Three neighbours: softplus(2) for the one inside, softplus(2) for the one outside.
    torch.testing.assert_close(found, torch.tensor([0.0, 2 * math.log(1 + math.exp(2.0))]))
    renderer = flexicubes_renderer(Canvas((16, 16), 2, torch.Generator()), resolution=10, colours=8)
    with torch.no_grad():
        renderer.weights[1] += 0.5
    frames, step = renderer.render(turntable(1)), Step(0, 1)
    even = Deviation(weights=0.2)(frames, step)
    geometry = frames.geometry
    assert isinstance(geometry, Isosurface)
    torch.testing.assert_close(even, geometry.deviation + torch.tensor([0.0, 0.1]))
    torch.testing.assert_close(SignChanges()(frames, step), sign_changes(renderer.distances))
    with pytest.raises(InputError, match="sign_changes needs a surface of distances on a grid; this scene has a mesh"):
        SignChanges()(MeshRenderer(ball()).render(turntable(1)), step)
