"""The field renderer: a known ball looks as geometry says, fields are written, read, taken over, and kept apart."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from limn.cameras import Cameras, orbit, turntable
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step
from renderers.fields.encodings.dense_grid import DenseGrid
from renderers.fields.factory import field
from renderers.fields.rays import rays_of
from renderers.fields.read import read_field
from renderers.fields.renderer import FieldRenderer
from renderers.registry import Canvas
from renderers.scene.shading import Lambert

RADIUS = 0.6
SIZE = (32, 32)


def made(candidates: int = 1, seed: int = 0, **settings: Any) -> FieldRenderer:
    canvas = Canvas(SIZE, candidates, torch.Generator().manual_seed(seed))
    return field(canvas, **({"encoding": {"dense_grid": {"resolution": 17}}, "occupancy": 8, "samples": 64} | settings))


def grid_of(renderer: FieldRenderer) -> DenseGrid:
    assert isinstance(renderer.field.encoding, DenseGrid)
    return renderer.field.encoding


def ball(resolution: int = 65, **settings: Any) -> FieldRenderer:
    """The signed distance from a ball on a grid, as sharp as its cells."""
    renderer = made(encoding={"dense_grid": {"resolution": resolution}}, samples=1200, **settings)
    axis = torch.linspace(-1, 1, resolution)
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    points = torch.stack([x, y, z], dim=-1)
    away = points.norm(dim=-1) - RADIUS
    with torch.no_grad():
        start = renderer.field.density.start(points.view(-1, 3)).view_as(away)
        grid_of(renderer).density[0, ..., 0] = away - start
        grid_of(renderer).colour[0] = torch.tensor([4.0, -4.0, 0.0])
    return renderer


DISTANCES = [{"volsdf": {"beta": 0.0005}}, {"neus": {"sharpness": 3000}}]
VIEWS = [orbit(0.7, 0.4, 2.5, math.radians(50)), orbit(2.0, -0.3, 2.5, 0.0)]


def exact(cameras: Cameras) -> tuple[Tensor, Tensor, Tensor]:
    """Whether rays hit the ball, the depth and the normals in camera space where they do."""
    origins, directions = (part[0] for part in rays_of(cameras, SIZE))
    half = (origins * directions).sum(dim=-1)
    inside = half**2 - origins.square().sum(dim=-1) + RADIUS**2
    hit = inside > 0
    points = origins + directions * (-half - inside.clamp_min(0).sqrt())[..., None]
    seen = points @ cameras.view[0, :3, :3].T + cameras.view[0, :3, 3]
    return hit, -seen[..., 2], (points / RADIUS) @ cameras.view[0, :3, :3].T


def passed(cameras: Cameras) -> Tensor:
    """How near rays come to the middle of the ball."""
    origins, directions = (part[0] for part in rays_of(cameras, SIZE))
    return torch.linalg.cross(origins, directions).norm(dim=-1)


@torch.no_grad()
@pytest.mark.parametrize("density", DISTANCES, ids=["volsdf", "neus"])
@pytest.mark.parametrize("cameras", VIEWS, ids=["perspective", "orthographic"])
def test_a_ball_has_its_silhouette_depth_and_normals(density: dict[str, Any], cameras: Cameras) -> None:
    frames = ball(density=density, occupancy=0).render(cameras)
    hit, depth, normal = exact(cameras)
    assert frames.depth is not None and frames.normal is not None
    alpha, past = frames.alpha[0, 0, 0], passed(cameras)
    assert (alpha[past < 0.99 * RADIUS] > 0.99).all()
    assert (alpha[past > 1.01 * RADIUS] < 0.01).all()
    # On the rim a pixel sees some of the ball and some of what is beside it.
    facing = hit & (normal[..., 2] > 0.3)
    assert ((frames.depth[0, 0, 0] / depth - 1).abs()[facing] < 0.01).all()
    cosine = (frames.normal[0, 0].movedim(0, -1) * normal).sum(dim=-1)
    assert (cosine[facing] > 0.99).all()
    red, green, blue = frames.rgb[0, 0][:, facing].mean(dim=1).tolist()
    assert red > 0.95 and green < 0.05 and abs(blue - 0.5) < 0.02


@torch.no_grad()
def test_light_falls_on_fields_as_on_meshes() -> None:
    """Every ray is lit once, at its surface: a ball is as bright as Lambert says of its true normals."""
    canvas = Canvas(SIZE, 1, torch.Generator(), shading=Lambert())
    renderer = ball(density=DISTANCES[0], occupancy=0)
    renderer.shading = Lambert()
    lit = field(canvas, density=DISTANCES[0])
    assert isinstance(lit.shading, Lambert)
    cameras = VIEWS[0]
    frames = renderer.render(cameras)
    hit, _, normal = exact(cameras)
    facing = hit & (normal[..., 2] > 0.3)
    world = normal[facing] @ cameras.view[0, :3, :3]
    colour = torch.tensor([4.0, -4.0, 0.0]).sigmoid().expand(len(world), 3)
    expected = Lambert()(colour, world, world * RADIUS, cameras.eye.expand(len(world), 3), renderer.lights)
    assert (frames.rgb[0, 0][:, facing].T - expected).abs().mean() < 0.01


def alike(one: Frames, other: Frames) -> bool:
    return torch.equal(one.rgb, other.rgb) and torch.equal(one.alpha, other.alpha)


def test_samples_move_in_training_alone() -> None:
    renderer, cameras = made(), turntable(1)
    step, again = Step(3, 10), Step(3, 10)
    assert alike(renderer.render(cameras, step=step), renderer.render(cameras, step=again))
    assert not alike(renderer.render(cameras, step=step), renderer.render(cameras, step=Step(4, 10)))
    still = replace(step, training=False)
    assert alike(renderer.render(cameras, step=still), renderer.render(cameras))


def test_a_finer_grid_takes_over_a_coarser_one() -> None:
    coarse = made(2)
    with torch.no_grad():
        for table in grid_of(coarse).tables:
            table.normal_(generator=torch.Generator().manual_seed(1))
    canvas = Canvas(SIZE, 2, torch.Generator(), before=coarse)
    fine = field(canvas, encoding={"dense_grid": {"resolution": 33}}, samples=64)
    before, after = coarse.render(turntable(2)), fine.render(turntable(2))
    assert torch.allclose(before.rgb, after.rgb, atol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {"encoding": {"dense_grid": {"features": 4}}, "network": "mlp"},
        {"encoding": "triplane", "network": "mlp"},
    ],
)
def test_what_does_not_fit_is_not_taken_over(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="takes that over"):
        field(Canvas(SIZE, 1, torch.Generator(), before=made()), **settings)


def test_an_encoding_of_features_needs_a_network() -> None:
    with pytest.raises(InputError, match="network: mlp"):
        made(encoding="hash_grid")


FIELDS = {
    "dense": {},
    "distance": {"density": "neus"},
    "network": {
        "encoding": {"triplane": {"resolution": 16}},
        "network": {"mlp": {"width": 16, "views": True}},
        "backdrop": True,
    },
}


@pytest.mark.parametrize("settings", FIELDS.values(), ids=FIELDS)
def test_a_field_is_read_as_it_was_written(settings: dict[str, Any], tmp_path: Path) -> None:
    renderer = made(2, resolution=12, texture_size=64, **settings)
    with torch.no_grad():
        for parameter in renderer.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
    files = {artefact.path.name for artefact in renderer.artefacts(tmp_path, candidate=1)}
    assert {"field.safetensors", "model.glb"} <= files
    again = read_field(tmp_path / "field.safetensors", size=SIZE)
    assert torch.equal(again.render(turntable(2)).rgb[0], renderer.render(turntable(2)).rgb[1])


def test_an_empty_field_is_written_without_a_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    renderer = made(density={"softplus": {"blob": "none"}}, resolution=16)
    with torch.no_grad():
        grid_of(renderer).density.fill_(-20.0)
    assert [artefact.path.name for artefact in renderer.artefacts(tmp_path)] == ["field.safetensors"]
    assert "no model is written" in caplog.text


def test_what_is_behind_is_learned_and_taken_over() -> None:
    """In place of the backgrounds of views, of which training shows some as they are."""
    renderer = made(backdrop=True, density={"softplus": {"blob": "none"}})
    with torch.no_grad():
        grid_of(renderer).density.fill_(-20.0)
    cameras = turntable(2)
    white = replace(cameras, background=torch.ones(2, 3))
    seen = renderer.render(white).rgb
    assert seen.max() < 0.9
    assert {group.name for group in renderer.parameter_groups()} >= {"background"}
    seen.sum().backward()
    assert all(parameter.grad.any() for parameter in renderer.backdrop.parameters())
    again = field(Canvas(SIZE, 1, torch.Generator(), before=renderer), backdrop=True)
    assert torch.equal(again.render(white).rgb, seen)


def test_candidates_that_are_dropped_leave_the_others_as_they_are() -> None:
    renderer = made(3)
    with torch.no_grad():
        grid_of(renderer).density.normal_(generator=torch.Generator().manual_seed(3))
    before = renderer.render(turntable(2))
    renderer.keep([2, 0])
    after = renderer.render(turntable(2))
    assert torch.equal(after.rgb, before.rgb[[2, 0]])
