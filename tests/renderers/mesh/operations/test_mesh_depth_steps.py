"""Derivatives of depth and of the steps from a pixel to the next, and through the level of mipmaps."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import torch
from mesh_scenes import ball, random_inputs
from torch import Tensor

from renderers.mesh.operations import Backend, interpolate, rasterise, texture

SIZE = (40, 56)
VERTICES, FACES = ball(rough=0.08)
INPUTS = random_inputs(2, VERTICES)


def drawn(inputs: dict[str, Tensor], backend: Backend) -> dict[str, Tensor]:
    fragments = rasterise(inputs["clip"], FACES, SIZE, layers=2, backend=backend, step_gradients=True)
    uv, steps = interpolate(inputs["uv"], FACES, fragments, derivatives=True, backend=backend)
    texels = texture(inputs["maps"], uv, steps, "mipmap", backend=backend, fragments=fragments)
    found = {"depth": fragments.depth, "steps": fragments.steps, "uv steps": steps, "texels": texels}
    return found | {"triangle": fragments.triangle}


OF = ["depth", "steps", "uv steps", "texels"]


STEP = 1e-6


@cache
def once(backend: Backend) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs that want a gradient, and what is made of them."""
    dtype = torch.float32 if backend == "warp" else torch.float64
    leaves = {name: tensor.to(dtype).requires_grad_() for name, tensor in INPUTS.items()}
    return leaves, drawn(leaves, backend)


@cache
def moved(by: str) -> tuple[Tensor, dict[str, Tensor], dict[str, Tensor]]:
    """A change of an input, and what is made of the inputs after and before it."""
    move = torch.randn(INPUTS[by].shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    after, before = (drawn(INPUTS | {by: INPUTS[by] + sign * STEP * move}, "reference") for sign in (1, -1))
    return move, after, before


@pytest.mark.parametrize("of", OF)
def test_kernels_equal_their_twins(of: str) -> None:
    outcomes: list[tuple[Tensor, ...]] = []
    for backend in ("warp", "reference"):
        leaves, found = once(backend)
        weights = torch.randn(found[of].shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        total = (found[of] * weights.to(found[of].dtype)).sum()
        by = torch.autograd.grad(total, list(leaves.values()), retain_graph=True, materialize_grads=True)
        outcomes.append(by)
    depends = {"depth": "clip", "steps": "clip", "uv steps": "clip uv", "texels": "clip uv maps"}[of].split()
    for name, one, other in zip(INPUTS, *outcomes, strict=True):
        assert (one - other).norm() <= 1e-4 * other.norm(), name
        assert other.any() == (name in depends)


@pytest.mark.parametrize(
    ("of", "by"), [*((of, "clip") for of in OF), ("uv steps", "uv"), ("texels", "uv"), ("texels", "maps")]
)
def test_twins_equal_central_differences(of: str, by: str) -> None:
    (leaves, now), (move, after, before) = once("reference"), moved(by)
    change = (after[of] - before[of]) / (2 * STEP)
    same = (now["triangle"] == after["triangle"]) & (now["triangle"] == before["triangle"])
    weights = torch.randn(change.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    weights = weights * same.view(*same.shape, *[1] * (change.ndim - 4))
    if of == "texels":  # a texel's border lies between the two
        weights = weights * (change.abs() < 20)
    (found,) = torch.autograd.grad((now[of] * weights).sum(), leaves[by], retain_graph=True)
    slope = (change * weights).sum()
    assert abs((found * move).sum() - slope) < 1e-3 * abs(slope)


def test_depth_pulls_a_plane_towards_its_target() -> None:
    """Only depth is compared: a triangle finds its distance and its tilt."""
    z, faces = torch.full((3, 1), 0.3, requires_grad=True), torch.tensor([[0, 1, 2]])
    ground = torch.tensor([[-1.0, -1], [3, -1], [-1, 3]])
    wanted = torch.linspace(-0.5, 0.5, 16)[:, None].expand(16, 16)
    optimiser = torch.optim.Adam([z], 0.05)
    for _ in range(150):
        optimiser.zero_grad()
        depth = rasterise(torch.cat([ground, z, torch.ones(3, 1)], 1), faces, (16, 16)).depth[0, 0]
        (depth - wanted).square().mean().backward()
        optimiser.step()
    assert (depth - wanted).abs().max() < 1e-2


def test_steps_carry_no_gradient_unless_asked_for() -> None:
    clip = INPUTS["clip"].float().requires_grad_()
    backends: list[Callable[[bool], Tensor]] = [
        lambda wanted, backend=backend: rasterise(clip, FACES, SIZE, backend=backend, step_gradients=wanted).steps
        for backend in ("warp", "reference")
    ]
    for steps in backends:
        assert steps(True).requires_grad
        assert not steps(False).requires_grad
