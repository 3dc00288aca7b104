"""Small meshes for tests of what is drawn of them."""

from __future__ import annotations

import math

import torch

from renderers.mesh import Mesh


def ball(rings: int = 12) -> Mesh:
    """A sphere of radius 1 whose poles are single vertices."""
    down, around = torch.meshgrid(torch.arange(1, rings), torch.arange(2 * rings), indexing="ij")
    down, turn = down * math.pi / rings, around * math.pi / rings
    belt = torch.stack([down.sin() * turn.sin(), down.cos(), down.sin() * turn.cos()], dim=2).view(-1, 3)
    poles = torch.tensor([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]])
    width, count = 2 * rings, len(belt)
    a = torch.arange(count - width)
    b, ring = a - a % width + (a + 1) % width, torch.arange(width)
    after = (ring + 1) % width
    faces = [
        torch.stack([a, a + width, b], 1),
        torch.stack([b, a + width, b + width], 1),
        torch.stack([torch.full_like(ring, count), ring, after], 1),
        torch.stack([torch.full_like(ring, count + 1), count - width + after, count - width + ring], 1),
    ]
    return Mesh(torch.cat([belt, poles]), torch.cat(faces).int(), name="ball")


def box() -> Mesh:
    """A cube from -0.5 to 0.5, its faces outwards."""
    vertices = torch.tensor([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [face for a, b, c, d in sides for face in ((a, b, c), (a, c, d))]
    return Mesh(vertices, torch.tensor(faces, dtype=torch.int32), name="box")


def square() -> Mesh:
    """From -1 to 1 in the plane z = 0, facing the front, with the whole texture on it, upright."""
    vertices = torch.tensor([[-1.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0]])
    uv = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32)
    return Mesh(vertices, faces, uv, faces, name="square")
