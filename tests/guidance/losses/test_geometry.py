"""Losses on shape against closed forms and central differences."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from guidance import LOSSES, Step
from guidance.losses import (
    area,
    colour_variation,
    cotangent_weights,
    edge_lengths,
    edge_stretch,
    laplacian,
    mirror_pairs,
    normal_consistency,
    symmetry,
    volume,
)
from limn.errors import InputError
from limn.frames import Frames
from limn.surface import Connectivity, Surface

STEP = Step(0, 10)
SHAPE = ("area", "edge_length", "laplacian", "normal_consistency", "symmetry", "volume")


def cube() -> tuple[Tensor, Tensor]:
    """Edges of length 2, every side of two triangles."""
    vertices = torch.tensor([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return vertices, torch.tensor([face for a, b, c, d in sides for face in ((a, b, c), (a, c, d))])


def sphere(rings: int = 24) -> tuple[Tensor, Tensor]:
    """Radius 1, open only at pinholes around its poles, with uneven triangles."""
    down, around = torch.meshgrid(torch.linspace(0.01, math.pi - 0.01, rings), torch.arange(2.0 * rings), indexing="ij")
    turn = around * math.pi / rings
    vertices = torch.stack([down.sin() * turn.sin(), down.cos(), down.sin() * turn.cos()], dim=2).view(-1, 3)
    a = torch.arange((rings - 1) * 2 * rings)
    b = a - a % (2 * rings) + (a + 1) % (2 * rings)
    c, d = a + 2 * rings, b + 2 * rings
    return vertices, torch.cat([torch.stack([a, c, b], 1), torch.stack([b, c, d], 1)])


def crooked_plane() -> tuple[Tensor, Tensor, Tensor]:
    """A flat sheet of uneven triangles, and which vertices are inside of it."""
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(7.0), indexing="ij")
    inside = ((x % 6 != 0) & (y % 6 != 0)).flatten()
    flat = torch.stack([x - y / 2, y * 0.75**0.5], dim=2).view(-1, 2)
    flat = flat + 0.2 * (2 * torch.rand(flat.shape, generator=generator) - 1) * inside[:, None]
    a = torch.tensor([7 * row + column for row in range(6) for column in range(6)])
    faces = torch.cat([torch.stack([a, a + 1, a + 8], 1), torch.stack([a, a + 8, a + 7], 1)])
    return torch.cat([flat, torch.zeros(49, 1)], dim=1), faces, inside


def frames_of(vertices: Tensor, faces: Tensor, rest: Tensor) -> Frames:
    surface = Surface(vertices, Connectivity(faces.int()), rest)
    return Frames(torch.zeros(len(vertices), 1, 3, 4, 4), torch.zeros(len(vertices), 1, 1, 4, 4), geometry=surface)


def test_connectivity_of_a_cube() -> None:
    _, faces = cube()
    connectivity = Connectivity(faces)
    assert connectivity.edges.shape == (18, 2)
    assert connectivity.pairs.shape == (18, 2)
    for first, second in connectivity.pairs.tolist():
        assert len(set(faces[first].tolist()) & set(faces[second].tolist())) == 2


def test_an_edge_of_three_faces_is_no_pair() -> None:
    connectivity = Connectivity(torch.tensor([[0, 1, 2], [1, 0, 3], [0, 1, 4]]))
    assert connectivity.edges.shape == (7, 2)
    assert connectivity.pairs.shape == (0, 2)


def test_sizes_of_a_cube_and_a_sphere() -> None:
    vertices, faces = cube()
    torch.testing.assert_close(volume(vertices, faces), torch.tensor(8.0))
    torch.testing.assert_close(area(vertices, faces), torch.tensor(24.0))
    torch.testing.assert_close(volume(vertices, faces.flip(1)), torch.tensor(-8.0))
    vertices, faces = sphere(60)
    torch.testing.assert_close(volume(vertices, faces), torch.tensor(4 / 3 * math.pi), rtol=5e-3, atol=0)
    torch.testing.assert_close(area(vertices, faces), torch.tensor(4 * math.pi), rtol=5e-3, atol=0)


def test_lengths_of_a_cube() -> None:
    vertices, faces = cube()
    lengths = edge_lengths(vertices, Connectivity(faces).edges).sort().values
    torch.testing.assert_close(lengths, torch.tensor([2.0] * 12 + [8**0.5] * 6))
    torch.testing.assert_close(edge_stretch(1.5 * lengths[None], lengths), torch.tensor([0.25]))


def test_normals_of_a_cube_turn_at_twelve_of_its_eighteen_edges() -> None:
    vertices, faces = cube()
    found = normal_consistency(vertices[None], faces, Connectivity(faces).pairs)
    torch.testing.assert_close(found, torch.tensor([12 / 18]))


def test_uniform_laplacian_by_hand() -> None:
    vertices, faces = cube()
    edges = Connectivity(faces).edges
    by_hand = []
    for index, vertex in enumerate(vertices):
        mine = edges[(edges == index).any(dim=1)]
        others = vertices[mine[mine != index]]
        by_hand.append((others.mean(dim=0) - vertex).square().sum())
    torch.testing.assert_close(laplacian(vertices[None], edges), torch.stack(by_hand).mean()[None])


def test_cotangent_laplacian_of_a_plane_is_nothing_however_it_is_cut() -> None:
    vertices, faces, inside = crooked_plane()
    edges = Connectivity(faces).edges
    touching = inside[edges].any(dim=1)  # the border pulls inwards
    weights = cotangent_weights(vertices, faces, edges)
    middle = inside.nonzero()[:, 0].tolist()
    for index in middle:
        mine = (edges == index).any(dim=1) & touching
        others = edges[mine][edges[mine] != index]
        pull = (weights[mine][:, None] * (vertices[others] - vertices[index])).sum(dim=0)
        assert pull.norm() < 1e-4
    assert laplacian(vertices[None], edges)[0] > 0.01


def test_cotangent_laplacian_of_a_sphere_is_its_curvature() -> None:
    """Sum of w (x_j - x_i) over twice the area around a vertex is twice the mean curvature, 1, inwards."""
    vertices, faces = sphere(40)
    edges = Connectivity(faces).edges
    weights = cotangent_weights(vertices.double(), faces, edges)
    a, b = edges.unbind(dim=1)
    pull = weights[:, None] * (vertices[b] - vertices[a]).double()
    total = torch.zeros(len(vertices), 3).double().index_add(0, a, pull).index_add(0, b, -pull)
    corners = vertices[faces].double()
    areas = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).norm(dim=1) / 2
    around = torch.zeros(len(vertices)).double().index_add(0, faces.flatten(), (areas / 3).repeat_interleave(3))
    curvature = -(total / (2 * around)[:, None] * vertices).sum(dim=1)
    middle = vertices[:, 1].abs() < 0.9
    torch.testing.assert_close(curvature[middle], torch.full_like(curvature[middle], 2.0), rtol=0.02, atol=0)


def test_symmetry() -> None:
    rest, _ = cube()
    pairs = mirror_pairs(rest, 0)
    torch.testing.assert_close(rest[pairs], rest * torch.tensor([-1.0, 1.0, 1.0]))
    swollen = 0.3 * rest[None]
    torch.testing.assert_close(symmetry(swollen, pairs, 0), torch.zeros(1))
    shifted = torch.tensor([0.5, 0.0, 0.0]).expand(1, 8, 3)
    torch.testing.assert_close(symmetry(shifted, pairs, 0), torch.ones(1))
    torch.testing.assert_close(symmetry(shifted, mirror_pairs(rest, 1), 1), torch.zeros(1))


def test_variation_of_colours() -> None:
    colours = torch.tensor([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.5, 0.0]]])
    found = colour_variation(colours, torch.tensor([[0, 1], [1, 2]]))
    torch.testing.assert_close(found, torch.tensor([(1 + 0.5) / 2]))


def test_variation_of_textures() -> None:
    loss = LOSSES.find("texture_variation")()
    vertices, faces = cube()
    ramp = torch.linspace(0, 1, 5)[None, None, :, None].expand(1, 4, 5, 3)
    surface = Surface(vertices[None], Connectivity(faces), vertices, texture=ramp)
    frames = Frames(torch.zeros(1, 1, 3, 4, 4), torch.zeros(1, 1, 1, 4, 4), geometry=surface)
    torch.testing.assert_close(loss(frames, STEP), torch.tensor([0.25]))
    with pytest.raises(InputError, match="neither a texture nor colours"):
        loss(frames_of(vertices[None], faces, vertices), STEP)
    # What lightens a texture varies, too, and so do the colours of corners, within faces.
    tint = (vertices[:, :1] > 0).float().expand(-1, 3)
    across = tint[surface.connectivity.edges].diff(dim=1).abs().mean()
    lit = replace(surface, residual=tint[None])
    torch.testing.assert_close(loss(replace(frames, geometry=lit), STEP), 0.25 + across[None] / 2)
    corners = replace(surface, texture=None, corner_colours=torch.eye(3).expand(1, len(faces), 3, 3))
    torch.testing.assert_close(loss(replace(frames, geometry=corners), STEP), torch.tensor([2 / 3]))


@pytest.mark.parametrize("name", SHAPE)
def test_what_did_not_move_costs_nothing_and_moves_cost(name: str) -> None:
    rest, faces = cube()
    loss = LOSSES.find(name)()
    start = 12 / 18 if name == "normal_consistency" else 0.0
    torch.testing.assert_close(
        loss(frames_of(rest.repeat(2, 1, 1), faces, rest), STEP), torch.full((2,), start), atol=1e-6, rtol=0
    )
    dented = rest * torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -0.2])[:, None]
    assert loss(frames_of(dented[None], faces, rest), STEP) > start + 0.01


COTANGENT = ("laplacian", {"weights": "cotangent", "moved": False})


@pytest.mark.parametrize(("name", "settings"), [*((name, {}) for name in SHAPE), COTANGENT])
def test_gradients_against_central_differences(name: str, settings: dict[str, object]) -> None:
    loss = LOSSES.find(name)(**settings)
    rest, faces = (t.double() if t.is_floating_point() else t for t in cube())
    generator = torch.Generator().manual_seed(1)
    moved = (rest + 0.3 * torch.randn(1, 8, 3, generator=generator)).requires_grad_()
    loss(frames_of(moved, faces, rest), STEP).sum().backward()
    direction = torch.randn(1, 8, 3, generator=generator).double()
    with torch.no_grad():
        ahead, behind = (loss(frames_of(moved + h * direction, faces, rest), STEP).sum() for h in (1e-5, -1e-5))
    assert moved.grad is not None
    torch.testing.assert_close((moved.grad * direction).sum(), (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", [*SHAPE, "texture_variation"])
def test_scenes_without_a_mesh_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name} needs a mesh; this scene has no geometry$"):
        LOSSES.find(name)()(Frames(torch.zeros(1, 1, 3, 4, 4), torch.zeros(1, 1, 1, 4, 4)), STEP)
