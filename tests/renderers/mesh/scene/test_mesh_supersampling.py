"""Pictures of any shape, samples within pixels, and triangles that are too small for them."""

from __future__ import annotations

import logging
import math
from dataclasses import replace

import pytest
import torch
from mesh_shapes import ball, square
from torch import Tensor

from limn.cameras import orbit
from limn.errors import InputError
from limn.frames import geometry_of
from limn.surface import Surface
from renderers.mesh import PARAMETERISATIONS, SHADINGS, Mesh, MeshRenderer

UNLIT = SHADINGS.find("unlit")()
FRONT = orbit(0.0, 0.0, 2.0, 2 * math.atan(0.5))  # at the origin the picture is 2 high
FLAT = orbit(0.0, 0.0, 2.5, 0.0)
SIDE = 40
PIXEL = 5 * math.tan(math.pi / 6) / SIDE  # in the world, for FLAT


def bars(width: float, degrees: float) -> tuple[Mesh, float]:
    """Five parallel bars as thin as a part of a pixel, and their area in pixels."""
    turn, vertices = math.radians(degrees), []
    for number in range(5):
        middle = (number - 2) * 5.37
        for along, across in ((-12, -width / 2), (12, -width / 2), (12, width / 2), (-12, width / 2)):
            x, y = along, middle + across
            vertices.append((x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn), 0.0))
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]]) + 4 * torch.arange(5)[:, None, None]
    return Mesh(PIXEL * torch.tensor(vertices), faces.view(-1, 3).int()), 5 * 24 * width


def kept(width: float, supersampling: int) -> float:
    """The share of their coverage that bars keep, over several directions."""
    covered = area = 0.0
    for degrees in (7, 33, 61):
        mesh, true = bars(width, degrees)
        frames = MeshRenderer(mesh, size=(SIDE, SIDE), shading=UNLIT, supersampling=supersampling).render(FLAT)
        covered, area = covered + float(frames.alpha.sum()), area + true
    return covered / area


def test_bars_thinner_than_a_pixel_keep_their_coverage() -> None:
    assert kept(0.2, 1) < 0.3
    assert kept(0.2, 5) == pytest.approx(1, abs=0.02)
    assert kept(0.04, 1) < 0.15
    assert kept(0.04, 25) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("supersampling", [2, 3])
def test_a_pixel_is_the_mean_of_its_samples(supersampling: int) -> None:
    size, large = (24, 40), (24 * supersampling, 40 * supersampling)
    mesh = replace(square(), texture=torch.rand(32, 32, 3, generator=torch.Generator().manual_seed(0)))
    fine = MeshRenderer(mesh, size=large).render(FRONT)
    found = MeshRenderer(mesh, size=size, supersampling=supersampling).render(FRONT)

    def mean(pictures: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(pictures.flatten(0, 1), supersampling)[None]

    torch.testing.assert_close(found.rgb, mean(fine.rgb), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.alpha, mean(fine.alpha), atol=1e-5, rtol=0)
    assert found.depth is not None
    inside = found.alpha == 1
    torch.testing.assert_close(found.depth[inside], torch.full_like(found.depth[inside], 2.0))
    seen = geometry_of(found, Surface, "test").seen
    assert seen is not None
    assert seen.shape == (1, 1, *size)
    assert ((seen >= 0) == (found.alpha[:, :, 0] > 0.5)).float().mean() > 0.98


def test_samples_have_gradients() -> None:
    """Of a disc, the area in pixels grows with its radius r in pixels by 2 pi r."""
    mesh = ball(24)
    part = PARAMETERISATIONS.find("normal_displacement")(mesh, 1, torch.Generator().manual_seed(0))
    frames = MeshRenderer(mesh, [part], size=(48, 48), supersampling=3).render(FLAT)
    frames.alpha.sum().backward()
    (parameter,) = part.parameters()
    assert parameter.grad is not None
    assert parameter.grad.abs().sum() > 0
    assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("size", [(40, 90), (90, 60)])
def test_a_ball_is_round_in_pictures_of_any_shape(size: tuple[int, int]) -> None:
    for cameras in (orbit(0.3, 0.2, 4.0, 0.9), orbit(0.3, 0.2, 4.0, 0.0), orbit(0.3, 0.2, 4.0, 0.9, aspect=3.0)):
        frames = MeshRenderer(ball(24), size=size, shading=UNLIT).render(cameras)
        alpha = frames.alpha[0, 0, 0]
        assert float(alpha.sum(1).max()) == pytest.approx(float(alpha.sum(0).max()), rel=0.02)
        assert frames.cameras is not None
        assert frames.cameras.aspect.tolist() == pytest.approx([size[1] / size[0]])
        # As high as in a square picture.
        alone = MeshRenderer(ball(24), size=(size[0], size[0]), shading=UNLIT).render(cameras)
        assert float(alpha.sum(0).max()) == pytest.approx(float(alone.alpha.sum(3).max()), rel=0.02)


def test_small_triangles_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "limn"):
        fine = ball(60)
        for size in (256, 24, 24):
            MeshRenderer(fine, size=(size, size)).render(FRONT)
        MeshRenderer(ball(12), size=(64, 64)).render(FRONT)
        MeshRenderer(ball(60), size=(24, 24), supersampling=8).render(FRONT)
    (line,) = caplog.messages
    assert line.startswith("half of the triangles of ball cover less than 0.0")
    assert "of a pixel: thin parts fade; larger pictures, supersampling or fewer triangles help" in line


def test_a_mesh_of_another_precision_looks_the_same() -> None:
    mesh = replace(square(), texture=torch.rand(8, 8, 3))
    other = replace(
        mesh,
        vertices=mesh.vertices.double(),
        faces=mesh.faces.long(),
        uv=mesh.uv.double(),  # type: ignore[union-attr]
        uv_faces=mesh.uv_faces.long(),  # type: ignore[union-attr]
        texture=mesh.texture.double(),  # type: ignore[union-attr]
    )
    one, two = (MeshRenderer(each, size=(16, 16)).render(FRONT).rgb for each in (mesh, other))
    assert torch.equal(one, two)
    assert MeshRenderer(mesh).mesh is mesh


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"vertices": torch.zeros(4, 2)}, r"mesh.vertices is float32 \[4, 2\]; expected numbers \[P, 3\]"),
        ({"vertices": torch.zeros(3, 3)}, "mesh.faces holds 3; expected 0 to 2, the vertices"),
        ({"faces": torch.zeros(2, 3)}, "mesh.faces is float32"),
        ({"uv": None, "texture": None}, "mesh.uv is None; expected uv and uv_faces, or neither"),
        ({"uv": None, "uv_faces": None, "texture": torch.ones(4, 4, 3)}, "mesh.uv is None; expected texture coord"),
        ({"uv_faces": torch.tensor([[0, 1, 2]])}, r"mesh.uv_faces is int64 \[1, 3\]; .* with F = 2"),
        ({"uv": torch.zeros(3, 2)}, "mesh.uv_faces holds 3; expected 0 to 2, the rows of uv"),
        ({"texture": torch.ones(4, 4, 4)}, "mesh.texture is"),
        ({"texture": torch.ones(4, 4, 3).byte()}, "mesh.texture is uint8"),
        ({"corner_colours": torch.ones(3, 3, 3)}, "mesh.corner_colours is .* with F = 2"),
        ({"colours": torch.ones(5, 3)}, "mesh.colours is .* with P = 4"),
        ({"colours": torch.ones(4, 3, device="meta")}, "mesh.colours is on meta; expected on cpu"),
    ],
)
def test_a_mesh_that_does_not_fit_together_is_named(change: dict[str, Tensor | None], line: str) -> None:
    with pytest.raises(InputError, match=f"MeshRenderer: {line}"):
        MeshRenderer(replace(square(), **change))  # type: ignore[arg-type]


def test_what_a_renderer_does_not_take_is_named() -> None:
    for settings, line in (
        ({"background": torch.ones(4)}, "MeshRenderer: background is"),
        ({"supersampling": 0}, "MeshRenderer: supersampling is 0; expected an integer from 1"),
        ({"size": (10, 0)}, "MeshRenderer: size is"),
        ({"filter": "trilinear"}, "MeshRenderer: filter is 'trilinear'"),
        ({"backend": "cuda"}, "MeshRenderer: backend is 'cuda'"),
    ):
        with pytest.raises(InputError, match=line):
            MeshRenderer(ball(4), **settings)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="render: size is"):
        MeshRenderer(ball(4)).render(FRONT, (8, -8))
