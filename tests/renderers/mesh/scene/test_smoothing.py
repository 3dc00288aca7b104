"""Large steps: offsets that are smoothed, the optimiser that goes with them, and faces that flip."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import torch
from mesh_shapes import ball, box, square
from torch import Tensor

from limn.cameras import turntable
from limn.step import Step
from limn.surface import Connectivity
from renderers.mesh import Mesh, MeshRenderer
from renderers.mesh.flips import flipped
from renderers.mesh.parameters.adam_uniform import AdamUniform
from renderers.mesh.parameters.vertex_offsets import VertexOffsets
from renderers.mesh.smoothing import Smoothing


def fan(rim: int) -> Mesh:
    """A disc around one vertex, a triangle apart from it, and a vertex without faces."""
    angle = torch.arange(rim) * 2 * torch.pi / rim
    points = torch.stack([angle.cos(), angle.sin(), 0 * angle], dim=1)
    ring = torch.arange(rim)
    faces = torch.stack([torch.full_like(ring, rim), ring, (ring + 1) % rim], dim=1)
    far = torch.tensor([[0.0, 0.0, 0.0], [2.0, 0, 0], [3.0, 0, 0], [2.0, 1, 0], [5.0, 5, 5]])
    faces = torch.cat([faces, torch.tensor([[rim + 1, rim + 2, rim + 3]])])
    return Mesh(torch.cat([points, far]), faces.int())


def smoothing_of(mesh: Mesh, strength: float) -> Smoothing:
    return Smoothing(Connectivity(mesh.faces), len(mesh.vertices), strength)


def matrix(mesh: Mesh, strength: float) -> Tensor:
    """I + strength L, from the definition."""
    count = len(mesh.vertices)
    adjacent = torch.zeros(count, count, dtype=torch.float64)
    for face in mesh.faces.tolist():
        for one in face:
            adjacent[one, [other for other in face if other != one]] = 1.0
    return torch.eye(count) + strength * (torch.diag(adjacent.sum(dim=1)) - adjacent)


def offsets_of(mesh: Mesh, candidates: int = 1, **settings: float) -> VertexOffsets:
    return VertexOffsets(mesh, candidates, torch.Generator(), **settings)


@pytest.mark.parametrize("strength", [0.0, 1.0, 19.0, 300.0])
@pytest.mark.parametrize("mesh", [ball(8), fan(200), square(), box()], ids=["ball", "fan", "square", "box"])
def test_smoothing_solves_the_linear_system(mesh: Mesh, strength: float) -> None:
    smoothing = smoothing_of(mesh, strength)
    rough = torch.randn(2, len(mesh.vertices), 3, generator=torch.Generator().manual_seed(0))
    smooth = smoothing(rough)
    wanted = torch.linalg.solve(matrix(mesh, strength), rough.double())
    assert (smooth - wanted).norm() < 1e-4 * wanted.norm()
    assert smooth.abs().max() <= rough.abs().max()
    product = matrix(mesh, strength) @ rough.double()
    assert (smoothing.inverse(rough) - product).norm() < 1e-5 * product.norm()


def test_the_gradient_is_the_same_system() -> None:
    mesh = ball(8)
    rough, weight = torch.randn(2, 2, len(mesh.vertices), 3, generator=torch.Generator().manual_seed(0)).unbind()
    rough.requires_grad_()
    (smoothing_of(mesh, 7.0)(rough) * weight).sum().backward()
    wanted = torch.linalg.solve(matrix(mesh, 7.0), weight.double()).float()
    torch.testing.assert_close(rough.grad, wanted, atol=1e-4, rtol=1e-4)


def test_the_number_of_threads_does_not_matter() -> None:
    mesh, threads = ball(64), torch.get_num_threads()
    rough = torch.randn(3, len(mesh.vertices), 3)
    found = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(smoothing_of(mesh, 19.0)(rough))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_adam_uniform_divides_by_the_largest_moment_of_each_candidate() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(2, 5, 3, generator=generator)
    gradients = torch.randn(4, 2, 5, 3, generator=generator) * torch.tensor([1.0, 100.0]).view(2, 1, 1)
    parameter = start.clone().requires_grad_()
    optimiser = AdamUniform([parameter], lr=0.1, betas=(0.8, 0.9))
    mean, square_mean, wanted = torch.zeros_like(start), torch.zeros_like(start), start.clone()
    for number, gradient in enumerate(gradients, 1):
        parameter.grad = gradient
        optimiser.step()
        mean = 0.8 * mean + 0.2 * gradient
        square_mean = 0.9 * square_mean + 0.1 * gradient**2
        for candidate in range(2):
            largest = float(square_mean[candidate].max()) / (1 - 0.9**number)
            wanted[candidate] -= 0.1 * mean[candidate] / (1 - 0.8**number) / largest**0.5
    torch.testing.assert_close(parameter.detach(), wanted)


def test_offsets_are_smooth_unless_they_are_plain() -> None:
    mesh = ball(8)
    for part, optimiser, rate in (
        (offsets_of(mesh), AdamUniform, 0.05),
        (offsets_of(mesh, smoothing=0), torch.optim.Adam, 0.002),
        (offsets_of(mesh, smoothing=0, learning_rate=0.3), torch.optim.Adam, 0.3),
    ):
        (group,) = part.parameter_groups()
        assert (group.optimiser, group.learning_rate) == (optimiser, rate)
    for strength in (0.0, 5.0):
        part = offsets_of(mesh, smoothing=strength)
        part.offsets.data.normal_(generator=torch.Generator().manual_seed(0))
        wanted = torch.linalg.solve(matrix(mesh, strength), part.offsets.detach().double()).float()
        torch.testing.assert_close(part.moved().detach(), wanted, atol=1e-4, rtol=1e-4)


def test_only_what_is_beyond_the_limit_is_brought_back() -> None:
    mesh = ball(8)
    part = offsets_of(mesh, smoothing=5.0, limit=0.5)
    with torch.no_grad():
        part.offsets[0, 7] = 20.0
        before = part.moved().clone()
        part.constrain()
        after = part.moved()
    assert before.abs().max() > 0.5
    torch.testing.assert_close(after, before.clamp(-0.4995, 0.4995), atol=1e-4, rtol=0)


def test_a_face_is_flipped_that_looks_away_from_those_around_it() -> None:
    mesh = ball(12)
    assert not flipped(mesh.vertices[None], mesh.faces).any()
    assert not flipped(box().vertices[None], box().faces).any()
    thin = box().vertices * torch.tensor([1.0, 1.0, 0.01])
    assert not flipped(thin[None], box().faces).any()
    folded = mesh.vertices.clone()
    vertex = 60
    folded[vertex] = folded[vertex + 2]  # beyond a neighbour
    found = flipped(torch.stack([mesh.vertices, folded]), mesh.faces)
    assert not found[0].any()
    touching = (mesh.faces == vertex).any(dim=1)
    assert found[1, touching].any()
    assert not found[1, ~(mesh.faces[:, :, None] == mesh.faces[touching].flatten()).any(dim=2).any(dim=1)].any()


def test_flipped_faces_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    mesh = ball(12)
    part = offsets_of(mesh, candidates=2)
    renderer = MeshRenderer(mesh, [part], 2, size=(64, 64), cameras=turntable(1))
    with caplog.at_level(logging.WARNING, "limn"):
        renderer.render(step=Step(0, 50))
        assert not caplog.messages
        part.offsets.data[1].normal_(generator=torch.Generator().manual_seed(0))
        renderer.render(step=Step(10, 50, training=False))
        renderer.render(step=Step(11, 50))
        assert not caplog.messages
        for index in (20, 30):
            renderer.render(step=Step(index, 50))
    (line,) = caplog.messages
    count = int(flipped(renderer.surface().vertices, mesh.faces)[1].sum())
    assert line.startswith(f"{count} of {len(mesh.faces)} faces have flipped by step 20: lower the learning rate")


def test_faces_that_are_flipped_from_the_start_are_not_counted(caplog: pytest.LogCaptureFixture) -> None:
    mesh = ball(12)
    turned = mesh.faces.clone()
    turned[::4] = turned[::4].flip(1)
    with caplog.at_level(logging.WARNING, "limn"):
        MeshRenderer(replace(mesh, faces=turned), size=(64, 64), cameras=turntable(1)).render(step=Step(0, 50))
    assert flipped(mesh.vertices[None], turned).sum() > 0.2 * len(turned)
    assert not caplog.messages
