"""Pictures of meshes: where things are in them, how they are lit, what is exported."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from mesh_shapes import ball, box, square
from torch import Tensor

from limn.cameras import orbit, turntable
from limn.frames import Frames, geometry_of
from limn.surface import Connectivity, Surface
from renderers.mesh import LIGHTS, PARAMETERISATIONS, SHADINGS, Mesh, MeshRenderer, read_mesh, unwrap
from renderers.mesh.normals import Corners

UNLIT = SHADINGS.find("unlit")()
FRONT = orbit(0.0, 0.0, 2.0, 2 * math.atan(0.5))  # at the origin the picture is 2 high


def made(name: str, mesh: Mesh, candidates: int = 1, **settings: Any) -> Any:
    return PARAMETERISATIONS.find(name)(mesh, candidates, torch.Generator().manual_seed(0), **settings)


def psnr(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).square().mean().log10())


def test_frames_are_what_they_say() -> None:
    frames = MeshRenderer(ball(), candidates=2, size=(40, 48), cameras=turntable(3)).render()
    assert frames.rgb.shape == (2, 3, 3, 40, 48)
    assert frames.alpha.shape == frames.depth.shape == (2, 3, 1, 40, 48)  # type: ignore[union-attr]
    assert frames.normal is not None
    seen = geometry_of(frames, Surface, "test").seen
    assert seen is not None
    assert 0 <= frames.alpha.min() <= frames.alpha.max() <= 1
    assert 0 <= frames.rgb.min() <= frames.rgb.max() <= 1
    inside = frames.alpha[:, :, 0] > 0.1
    length = frames.normal.norm(dim=2)
    torch.testing.assert_close(length[inside], torch.ones_like(length[inside]), atol=1e-4, rtol=0)
    assert torch.equal(seen >= 0, frames.depth[:, :, 0] > 0) or bool(inside.any())
    assert len(frames.cameras) == 3


def test_the_picture_is_neither_upside_down_nor_mirrored() -> None:
    texture = torch.zeros(64, 64, 3)
    texture[:32, :32, 0] = texture[:32, 32:, 1] = texture[32:, :32, 2] = 1.0
    renderer = MeshRenderer(replace(square(), texture=texture), shading=UNLIT, size=(64, 64))
    (picture,) = renderer.render(FRONT).rgb[0]
    for row, column, colour in ((16, 16, [1, 0, 0]), (16, 48, [0, 1, 0]), (48, 16, [0, 0, 1]), (48, 48, [0, 0, 0])):
        torch.testing.assert_close(picture[:, row, column], torch.tensor(colour).float(), atol=1e-3, rtol=0)
    behind = renderer.render(orbit(math.pi, 0.0, 2.0, 2 * math.atan(0.5))).rgb[0, 0]
    torch.testing.assert_close(behind[:, 16, 16], torch.tensor([0.0, 1.0, 0.0]), atol=1e-3, rtol=0)


def test_depth_and_normals_of_a_ball() -> None:
    size = 65
    frames = MeshRenderer(ball(40), size=(size, size)).render(orbit(0.4, 0.3, 3.0, 0.9))
    assert frames.depth is not None
    assert frames.normal is not None
    step = 2 * math.tan(0.45) / size
    for row, column in ((32, 32), (32, 44), (20, 30)):
        x, y = (column - 32) * step, (32 - row) * step
        ray = torch.tensor([x, y, -1.0])
        # |t ray - (0, 0, -3)| = 1
        a, b, c = float(ray @ ray), 2 * float(ray[2]) * 3, 8.0
        t = (-b - math.sqrt(b * b - 4 * a * c)) / (2 * a)
        assert float(frames.depth[0, 0, 0, row, column]) == pytest.approx(t, abs=0.01)
        normal = t * ray + torch.tensor([0.0, 0.0, 3.0])
        torch.testing.assert_close(frames.normal[0, 0, :, row, column], normal, atol=0.02, rtol=0)


def test_sides_of_a_box_are_lit_by_the_formula() -> None:
    lights = LIGHTS.find("directional")(azimuth=60.0, elevation=0.0, ambient=0.2, strength=0.7)
    lights = lights(turntable(1), torch.Generator())
    renderer = MeshRenderer(box(), lights=lights, size=(32, 32))
    front, right, back = (
        renderer.render(orbit(math.radians(angle), 0.0, 3.0, 0.5)).rgb[0, 0, :, 16, 16] for angle in (0, 90, 180)
    )
    torch.testing.assert_close(front, torch.full((3,), 0.5 * (0.2 + 0.7 * math.cos(math.pi / 3))))
    torch.testing.assert_close(right, torch.full((3,), 0.5 * (0.2 + 0.7 * math.cos(math.pi / 6))))
    torch.testing.assert_close(back, torch.full((3,), 0.1))


def test_faces_that_look_away_are_lit_like_their_front() -> None:
    turned = replace(square(), faces=square().faces.flip(1), uv=None, uv_faces=None)
    one, other = (MeshRenderer(mesh, size=(24, 24)).render(FRONT) for mesh in (square(), turned))
    torch.testing.assert_close(one.rgb, other.rgb)
    assert one.normal is not None
    assert other.normal is not None
    torch.testing.assert_close(one.normal, other.normal)
    torch.testing.assert_close(other.normal[0, 0, :, 12, 12], torch.tensor([0.0, 0.0, 1.0]))


def test_creases() -> None:
    connectivity = Connectivity(box().faces)
    assert [Corners.of(box().vertices, connectivity, angle).count for angle in (0.0, math.pi / 3, math.pi)] == [
        36,
        24,
        8,
    ]
    smooth = ball(8)
    connectivity = Connectivity(smooth.faces)
    assert Corners.of(smooth.vertices, connectivity, math.pi / 3).count == len(smooth.vertices)
    assert Corners.of(smooth.vertices, connectivity, 0.0).count > 2 * len(smooth.vertices)


def test_backgrounds_of_the_renderer_and_of_shots() -> None:
    own = torch.tensor([0.1, 0.2, 0.3])
    renderer = MeshRenderer(box(), background=own, size=(32, 32))
    corner = renderer.render(turntable(2)).rgb[0, :, :, 0, 0]
    torch.testing.assert_close(corner, own.expand(2, 3))
    pictures = torch.rand(2, 3, 32, 32)
    frames = renderer.render(replace(turntable(2), background=pictures))
    torch.testing.assert_close(frames.rgb[0, :, :, 0, :], pictures[:, :, 0, :])
    unseen = torch.zeros(2, 3, 32, 32)
    black = renderer.render(replace(turntable(2), background=unseen))
    torch.testing.assert_close(frames.rgb[0], black.rgb[0] + (1 - black.alpha[0]) * pictures)


def test_edges_are_smooth_and_cover_their_area() -> None:
    camera = orbit(0.0, 0.0, 2.0, 0.0)  # orthographic, 4 / sqrt 3 high
    frames = MeshRenderer(ball(40), size=(64, 64)).render(camera)
    area = float(frames.alpha.sum()) * (2 * 2 * math.tan(math.pi / 6) / 64) ** 2
    assert area == pytest.approx(math.pi, rel=0.005)
    assert len(torch.unique(frames.alpha)) > 20


def test_silhouettes_have_the_gradient_of_their_area() -> None:
    """Of a disc, the area in pixels grows with its radius r in pixels by 2 pi r."""
    mesh = ball(24)
    part = made("vertex_offsets", mesh, smoothing=0.0)
    renderer = MeshRenderer(mesh, [part], size=(96, 96))
    renderer.render(orbit(0.3, 0.2, 2.0, 0.0)).alpha.sum().backward()
    scale = 96 / (4 * math.tan(math.pi / 6))
    along = float((part.offsets.grad[0] * mesh.vertices).sum())
    assert along == pytest.approx(2 * math.pi * scale * scale, rel=0.03)


@pytest.mark.parametrize("shading", ["lambert", "metallic_roughness", "unlit"])
def test_gradients_of_lit_pictures_against_central_differences(shading: str) -> None:
    mesh = replace(ball(10), colours=torch.rand(182, 3, generator=torch.Generator().manual_seed(0)))
    part = made("vertex_offsets", mesh)
    lights = LIGHTS.find("point")()(turntable(1), torch.Generator())
    renderer = MeshRenderer(mesh, [part], lights=lights, shading=SHADINGS.find(shading)(), size=(64, 64))
    weights = torch.rand(24, 24, generator=torch.Generator().manual_seed(1))
    camera = orbit(0.3, 0.2, 3.0, 0.9)

    def loss() -> Tensor:
        return (renderer.render(camera).rgb[..., 20:44, 20:44] * weights).sum()

    loss().backward()
    direction = torch.randn(part.offsets.shape, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        values = []
        for step in (1e-3, -1e-3):
            part.offsets.copy_(step * direction)
            values.append(float(loss()))
    along = float((part.offsets.grad * direction).sum())
    assert along == pytest.approx((values[0] - values[1]) / 2e-3, rel=0.02)


def test_normal_maps_turn_normals_as_gltf_has_it() -> None:
    part = made("normal_map", square(), resolution=8)
    renderer = MeshRenderer(square(), [part], size=(24, 24))
    plain = MeshRenderer(square(), size=(24, 24)).render(FRONT)
    torch.testing.assert_close(renderer.render(FRONT).rgb, plain.rgb, atol=1e-5, rtol=0)
    for axis in range(2):
        part.slopes.data.zero_()
        part.slopes.data[..., axis] = -0.75  # a normal of 0.6, 0.8
        normal = renderer.render(FRONT).normal
        assert normal is not None
        wanted = torch.tensor([0.6 * (axis == 0), 0.6 * (axis == 1), 0.8])
        torch.testing.assert_close(normal[0, 0, :, 12, 12], wanted, atol=1e-4, rtol=0)


def test_candidates_are_drawn_as_if_alone_and_always_alike() -> None:
    mesh = ball(8)
    many = made("vertex_offsets", mesh, 3)
    many.offsets.data.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
    cameras = turntable(2)
    together = MeshRenderer(mesh, [many], 3, size=(32, 32)).render(cameras)
    assert torch.equal(together.rgb, MeshRenderer(mesh, [many], 3, size=(32, 32)).render(cameras).rgb)
    for index in range(3):
        one = made("vertex_offsets", mesh)
        one.offsets.data = many.offsets.data[index : index + 1]
        alone = MeshRenderer(mesh, [one], size=(32, 32)).render(cameras)
        for name in ("rgb", "alpha", "depth", "normal"):
            torch.testing.assert_close(getattr(together, name)[index], getattr(alone, name)[0])


def test_a_population_is_thinned() -> None:
    mesh = ball(8)
    renderer = MeshRenderer(mesh, [paint(mesh, "style_field", 3)], 3, size=(24, 24))
    before = renderer.render(FRONT).rgb.detach()
    renderer.keep([2, 0])
    assert renderer.candidates == 2
    torch.testing.assert_close(renderer.render(FRONT).rgb.detach(), before[[2, 0]])


def test_pictures_of_nothing_are_background() -> None:
    aside = orbit(0.0, 0.0, 2.0, 0.5, torch.tensor([[9.0, 0.0, 0.0]]))
    part = made("vertex_offsets", box())
    frames = MeshRenderer(box(), [part], size=(16, 16)).render(aside)
    assert torch.equal(frames.rgb, torch.ones_like(frames.rgb))
    frames.rgb.sum().backward()
    assert part.offsets.grad is None or not part.offsets.grad.any()


def test_detached_frames_have_no_gradient() -> None:
    part = made("vertex_offsets", box())
    frames = MeshRenderer(box(), [part], size=(16, 16)).render(FRONT).detach()
    assert not frames.rgb.requires_grad
    assert not geometry_of(frames, Surface, "test").vertices.requires_grad


def test_everything_moves_to_a_device() -> None:
    mesh = ball(8)
    renderer = MeshRenderer(mesh, [made("vertex_colours", mesh)], size=(16, 16)).to("meta")
    surface, look = renderer.surface(), renderer.look
    tensors = [surface.vertices, surface.faces, surface.rest, surface.colours, look.background, look.corners.faces]
    assert {tensor.device.type for tensor in [*tensors, look.lights.harmonics]} == {"meta"}


def paint(mesh: Mesh, kind: str, candidates: int = 2) -> Any:
    """A parameterisation in a state as after training."""
    settings: dict[str, dict[str, Any]] = {
        "style_field": {"sigma": 2.0, "features": 16, "width": 16},
        "uv_texture": {"resolution": 128},
    }
    part = made(kind, mesh, candidates, **settings.get(kind, {}))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        if kind == "style_field":
            for head in part.heads.values():
                head[-1].weight.normal_(0, 2.0, generator=generator)
        else:
            (parameter,) = part.parameters()
            parameter.uniform_(generator=generator)
    return part


@pytest.mark.parametrize("kind", ["style_field", "vertex_colours", "uv_texture"])
def test_what_is_exported_looks_as_it_was_trained(kind: str, tmp_path: Path) -> None:
    mesh = unwrap(ball(16), 256) if kind == "uv_texture" else ball(16)
    renderer = MeshRenderer(mesh, [paint(mesh, kind)], 2, size=(96, 96), texture_size=512)
    cameras = turntable(3, elevation=0.5)
    trained = renderer.render(cameras).detach()
    found = renderer.artefacts(tmp_path / "model", candidate=1)
    kinds = {artefact.path.name: artefact.kind for artefact in found}
    assert kinds == {"model.glb": "model", "model.obj": "model", "model.mtl": "data", "model.png": "data"}
    for name in ("model.glb", "model.obj"):
        read = read_mesh(tmp_path / "model" / name)
        assert read.texture is not None
        shown: Frames = MeshRenderer(read, size=(96, 96)).render(cameras)
        assert psnr(shown.rgb[0], trained.rgb[1]) > 35
        assert psnr(shown.alpha[0], trained.alpha[1]) > 50
        assert psnr(shown.rgb[0], trained.rgb[0]) < 30


@pytest.mark.parametrize("repeats", [1, 2])
def test_a_style_over_a_texture_is_exported_as_it_was_trained(repeats: int, tmp_path: Path) -> None:
    mesh = unwrap(ball(16), 256)
    assert mesh.uv is not None
    texture = torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(0))
    texture = texture.repeat_interleave(16, 0).repeat_interleave(16, 1)
    mesh = replace(mesh, uv=repeats * mesh.uv, texture=texture)
    renderer = MeshRenderer(mesh, [paint(mesh, "style_field")], 2, size=(96, 96), texture_size=512)
    cameras = turntable(3, elevation=0.5)
    trained = renderer.render(cameras).detach()
    renderer.artefacts(tmp_path, candidate=1)
    shown = MeshRenderer(read_mesh(tmp_path / "model.glb"), size=(96, 96)).render(cameras)
    assert psnr(shown.rgb[0], trained.rgb[1]) > 32
    plain = MeshRenderer(mesh, size=(96, 96)).render(cameras)
    assert psnr(plain.rgb[0], trained.rgb[1]) < 20
