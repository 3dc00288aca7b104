"""Meshes, cameras and whole pictures that the tests of the mesh operations share."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from renderers.mesh.operations import Backend, antialias, interpolate, rasterise, texture

NEAR, FAR = 0.5, 10.0


def ball(rings: int = 8, sectors: int = 12, rough: float = 0.0) -> tuple[Tensor, Tensor]:
    """A sphere of radius 1 whose vertices are shared, made rough at random; float64 [P, 3] and int32 [F, 3]."""
    height = torch.arange(1, rings, dtype=torch.float64) * math.pi / rings
    turn = torch.arange(sectors, dtype=torch.float64) * 2 * math.pi / sectors
    around = torch.stack([turn.sin(), torch.zeros_like(turn), turn.cos()], -1)
    top = torch.tensor([[0.0, 1, 0]], dtype=torch.float64)
    middle = (height.sin()[:, None, None] * around + height.cos()[:, None, None] * top).flatten(0, 1)
    vertices = torch.cat([top, middle, -top])
    last = len(vertices) - 1
    faces = []
    for k in range(sectors):
        right = (k + 1) % sectors
        faces += [(0, 1 + k, 1 + right), (last, last - sectors + right, last - sectors + k)]
        for ring in range(rings - 2):
            a, b = 1 + ring * sectors + k, 1 + ring * sectors + right
            faces += [(a, a + sectors, b), (b, a + sectors, b + sectors)]
    noise = torch.randn(vertices.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return vertices + rough * noise, torch.tensor(faces, dtype=torch.int32)


def rotations(count: int, seed: int = 0) -> Tensor:
    """Random rotations [count, 3, 3]."""
    draws = torch.randn(count, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    turned = torch.linalg.qr(draws)[0]
    return turned * torch.linalg.det(turned)[:, None, None]


def clip_of(eye: Tensor) -> Tensor:
    """Positions in front of a camera (looking down -z, 53 degrees wide) in clip space [..., 3] -> [..., 4]."""
    x, y, z = eye.unbind(-1)
    depth = (-(FAR + NEAR) * z - 2 * FAR * NEAR) / (FAR - NEAR)
    return torch.stack([2 * x, 2 * y, depth, -z], -1)


def seen(vertices: Tensor, turns: Tensor, distance: float = 3.0) -> Tensor:
    """A mesh before the camera, turned in several ways: clip positions [N, P, 4]."""
    return clip_of(torch.einsum("nij,pj->npi", turns, vertices) - vertices.new_tensor([0, 0, distance]))


def draw(inputs: dict[str, Tensor], faces: Tensor, size: tuple[int, int], backend: Backend) -> dict[str, Tensor]:
    """All four operations on two layers: everything that comes out of them on the way, and the picture ``out``."""
    fragments = rasterise(inputs["clip"], faces, size, layers=2, backend=backend)
    values = interpolate(inputs["attributes"], faces, fragments, backend=backend)
    uv, steps = interpolate(inputs["uv"], faces, fragments, derivatives=True, backend=backend)
    texels = texture(inputs["maps"], uv, steps, "mipmap", backend=backend, fragments=fragments)
    colour = torch.cat([values, texels], -1)
    out = antialias(colour[:, 0] + 0.5 * colour[:, 1], fragments, inputs["clip"], faces, backend=backend)
    return {
        "triangle": fragments.triangle,
        "barycentric": fragments.barycentric,
        "depth": fragments.depth,
        "steps": fragments.steps,
        "values": values,
        "uv": uv,
        "uv steps": steps,
        "texels": texels,
        "out": out,
    }


def random_inputs(pictures: int, vertices: Tensor, candidates: int = 1) -> dict[str, Tensor]:
    """Clip positions of turned meshes, attributes, texture coordinates beyond 0..1 and maps, in float64."""
    draws = torch.Generator().manual_seed(3)
    count = len(vertices)

    def random(*shape: int) -> Tensor:
        return torch.rand(shape, generator=draws, dtype=torch.float64)

    return {
        "clip": seen(vertices, rotations(pictures)),
        "attributes": random(candidates, count, 5),
        "uv": random(1, count, 2) * 2 - 0.5,
        "maps": random(candidates, 33, 20, 3),
    }


def gradients(
    inputs: dict[str, Tensor], faces: Tensor, size: tuple[int, int], backend: Backend, dtype: torch.dtype
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What `draw` gives, and the derivatives of a random weighting of its picture by all inputs."""
    leaves = {name: tensor.to(dtype).requires_grad_() for name, tensor in inputs.items()}
    found = draw(leaves, faces, size, backend)
    weights = torch.randn(found["out"].shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    (found["out"] * weights.to(dtype)).sum().backward()
    by = {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}
    return {name: tensor.detach() for name, tensor in found.items()}, by
