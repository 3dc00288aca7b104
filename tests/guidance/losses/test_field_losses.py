"""Losses on fields against their formulas ray by ray, and central differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from tiny_field import PER_RAY, parts_of, tiny_field
from torch import Tensor

from guidance import LOSSES, Step
from guidance.losses import (
    depth_smoothness,
    distortion,
    eikonal,
    grid_variation,
    normal_smoothness,
    opacity,
    opaque,
    orientation,
    transmittance,
)
from guidance.losses.field_points import seen_points
from limn.errors import InputError
from limn.frames import Frames
from limn.surface import Connectivity, Surface
from limn.volume import Volume

STEP = Step(0, 10)
MANY = sum(PER_RAY)
ON_VOLUMES = {
    "curvature": "query",
    "distortion": None,
    "eikonal": "gradients",
    "emptiness": None,
    "grid_variation": "tables",
    "normal_smoothness_3d": "query",
    "opacity": None,
    "opaque": None,
    "orientation": "normals",
    "transmittance": None,
    "z_variance": None,
}
ON_PICTURES = ("depth_smoothness", "normal_smoothness")


def value(name: str, frames: Frames, step: Step = STEP, **settings: Any) -> Tensor:
    found: Tensor = LOSSES.find(name)(**settings)(frames, step)
    return found


def volume_of(frames: Frames) -> Volume:
    assert isinstance(frames.geometry, Volume)
    return frames.geometry


def rays(frames: Frames, cost: Callable[..., float]) -> list[list[float]]:
    """A cost of the weights, distances, lengths, normals and directions of each ray, by candidate."""
    volume = volume_of(frames)
    assert volume.normals is not None
    parts = (volume.weights, volume.samples.distances, volume.samples.lengths, volume.normals, volume.directions)
    counts = PER_RAY * volume.candidates
    costs = [cost(*ray) for ray in zip(*(part.split(counts) for part in parts), strict=True)]
    return [costs[i : i + len(PER_RAY)] for i in range(0, len(costs), len(PER_RAY))]


def test_opacity_by_hand() -> None:
    seen = torch.tensor([[0.0, 1.0], [0.5, 0.5]])
    torch.testing.assert_close(opacity(seen), torch.tensor([(0.1 + 1.01**0.5) / 2, 0.26**0.5]))
    sure = -(0.001 * math.log(0.001) + 0.999 * math.log(0.999))
    torch.testing.assert_close(opaque(seen), torch.tensor([sure, math.log(2)]))


def test_transmittance_costs_above_what_is_allowed() -> None:
    opacity = torch.tensor([[0.2, 0.4], [0.8, 0.8]])
    torch.testing.assert_close(transmittance(opacity, 0.5), torch.tensor([-0.5, -0.2]))
    torch.testing.assert_close(transmittance(opacity, 0.1), torch.tensor([-0.7, -0.2]))
    frames = tiny_field(1)
    empty = replace(frames, geometry=replace(volume_of(frames), opacity=torch.zeros(1, 24)))
    found = [value("transmittance", empty, Step(index, 10_001)) for index in (0, 250, 500, 10_000)]
    torch.testing.assert_close(torch.cat(found), -1 + torch.tensor([0.5, 0.05**0.5, 0.1, 0.1]))


def test_emptiness_by_hand() -> None:
    frames = tiny_field(2)
    expected = rays(frames, lambda w, *_: sum(math.log(1 + 10 * x) for x in w.tolist()))
    torch.testing.assert_close(value("emptiness", frames), torch.tensor(expected).mean(dim=1))


def test_distortion_is_the_sum_over_pairs() -> None:
    def pairs(w: Tensor, d: Tensor, lengths: Tensor, *_: Tensor) -> float:
        far = (d[:, None] - d).abs()
        return float((w[:, None] * w * far).sum() + (w.square() * lengths).sum() / 3)

    frames = tiny_field(2)
    expected = torch.tensor(rays(frames, pairs))
    found = distortion(volume_of(frames).weights, volume_of(frames).samples)
    torch.testing.assert_close(found.view(2, -1), expected, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(value("distortion", frames), expected.mean(dim=1))


def test_variance_of_depth_is_that_of_rays_that_hit() -> None:
    def variance(w: Tensor, d: Tensor, *_: Tensor) -> float:
        share = w / w.sum()
        return float((share * (d - (share * d).sum()).square()).sum()) if len(w) else 0.0

    frames = tiny_field(2)
    hit = volume_of(frames).opacity > 0.5
    assert not hit.all()
    expected = [(torch.tensor(costs)[mask]).mean() for costs, mask in zip(rays(frames, variance), hit, strict=True)]
    torch.testing.assert_close(value("z_variance", frames), torch.stack(expected))


def test_orientation_costs_what_faces_away() -> None:
    towards, away = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.0, 0.0, -1.0]])
    assert orientation(torch.ones(1), towards, away) == 0
    assert orientation(torch.full((1,), 0.5), towards, towards) == 0.5
    frames = tiny_field(2)
    expected = rays(frames, lambda w, d, lengths, n, v: float((w * (n * v).sum(1).clamp_min(0).square()).sum()))
    torch.testing.assert_close(value("orientation", frames), torch.tensor(expected).mean(dim=1))
    volume_of(frames).weights.requires_grad_()
    assert value("orientation", frames, detach=False).requires_grad
    assert not value("orientation", frames).requires_grad


def ball(frames: Frames, radius: float = 0.5, stretch: float = 1.0) -> Frames:
    """The same rays through the distance to a ball."""

    def query(points: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
        return stretch * (points.norm(dim=1) - radius), stretch * F.normalize(points, dim=1)

    volume = volume_of(frames)
    return replace(
        frames,
        geometry=replace(volume, query=query, gradients=query(volume.samples.points, volume.owner)[1]),
    )


def test_eikonal_of_a_distance_is_nothing() -> None:
    frames = tiny_field(2)
    torch.testing.assert_close(value("eikonal", ball(frames)), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(value("eikonal", ball(frames, stretch=3.0)), torch.full((2,), 4.0))
    gradients = volume_of(frames).gradients
    assert gradients is not None
    expected = (gradients.norm(dim=1) - 1).square().view(2, -1).mean(dim=1)
    torch.testing.assert_close(value("eikonal", frames, points=0), expected)
    torch.testing.assert_close(eikonal(gradients).view(2, -1).mean(dim=1), expected)


def test_curvature_of_a_ball_is_two_over_the_distance_from_its_middle() -> None:
    frames = ball(tiny_field(1))
    points, _ = seen_points(volume_of(frames), 512, STEP.generator("curvature"))
    expected = (2 / points.double().norm(dim=1)).mean()
    found = value("curvature", frames, points=512, spacing=0.02)
    torch.testing.assert_close(found[0].double(), expected, rtol=0.01, atol=0)


def test_points_are_drawn_as_they_are_seen() -> None:
    volume = volume_of(tiny_field(2))
    alone = replace(volume, weights=volume.weights * (torch.arange(2 * MANY) % MANY == 7))
    points, owner = seen_points(alone, 5, torch.Generator())
    assert owner.tolist() == [0] * 5 + [1] * 5
    assert torch.equal(points, volume.samples.points[[7, MANY + 7]].repeat_interleave(5, dim=0))
    many, _ = seen_points(volume, 20_000, torch.Generator())
    share = (many[:20_000, None] == volume.samples.points[:MANY]).all(dim=2).float().mean(dim=0)
    torch.testing.assert_close(share, volume.weights[:MANY] / volume.weights[:MANY].sum(), atol=1e-3, rtol=0)
    nothing, _ = seen_points(replace(volume, weights=0 * volume.weights), 1000, torch.Generator())
    assert nothing.min() < -0.95
    assert nothing.max() > 0.95


def test_smoothness_of_normals_in_space() -> None:
    flat = tiny_field(1)
    slope = torch.tensor([[0.0, 2.0, 0.0]])
    plane = replace(flat, geometry=replace(volume_of(flat), query=lambda p, o: (p[:, 1], slope.expand(len(p), 3))))
    assert value("normal_smoothness_3d", plane) == 0
    found = [value("normal_smoothness_3d", ball(flat), reach=reach) for reach in (0.001, 0.002)]
    torch.testing.assert_close(found[1], 2 * found[0], rtol=0.01, atol=0)
    assert found[0] > 1e-4


def test_smoothness_in_pictures() -> None:
    normal = torch.zeros(1, 1, 3, 2, 3)
    normal[0, 0, 2] = 1
    normal[0, 0, :, :, 2] = torch.tensor([1.0, 0.0, 0.0])[:, None]
    alpha = torch.ones(1, 1, 1, 2, 3)
    torch.testing.assert_close(normal_smoothness(normal, alpha), torch.tensor([1.0]))  # 2 for each second pair
    alpha[..., 2] = 0  # an outline costs nothing
    assert normal_smoothness(normal, alpha) == 0
    depth = torch.tensor([[1.0, 2.0, 2.0]]).view(1, 1, 1, 1, 3).expand(1, 1, 1, 2, 3)
    rgb = torch.zeros(1, 1, 3, 2, 3)
    torch.testing.assert_close(depth_smoothness(depth, rgb, torch.ones_like(depth), 2.0), torch.tensor([0.5]))
    rgb[..., 0] = 0.5
    expected = torch.tensor([0.5 * math.exp(-2 * 0.5)])
    torch.testing.assert_close(depth_smoothness(depth, rgb, torch.ones_like(depth), 2.0), expected)
    assert depth_smoothness(depth, rgb, alpha * 0, 2.0) == 0


def test_variation_of_grids() -> None:
    ramp = torch.arange(4.0).view(1, 4, 1, 1, 1).expand(1, 4, 3, 2, 5)
    torch.testing.assert_close(grid_variation(ramp), torch.ones(1))
    torch.testing.assert_close(grid_variation(2 * ramp), torch.full((1,), 4.0))
    torch.testing.assert_close(grid_variation(2 * ramp, "l1"), torch.full((1,), 2.0))
    frames = tiny_field(1)
    planes = replace(frames, geometry=replace(volume_of(frames), tables=(ramp, ramp[..., 0])))
    assert value("grid_variation", planes) == 1.0 + 1.0  # the second is a plane


@pytest.mark.parametrize("name", [*ON_VOLUMES, *ON_PICTURES])
def test_gradients_against_central_differences(name: str) -> None:
    frames = tiny_field(2, seed=3, dtype=torch.float64)
    leaves = [part.requires_grad_() for part in parts_of(frames)]
    settings = {"detach": False} if name == "orientation" else {}
    loss = LOSSES.find(name)(**settings)
    gradients = torch.autograd.grad(loss(frames, STEP).sum(), leaves, allow_unused=True, materialize_grads=True)
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        directions = [torch.randn(leaf.shape, generator=draws).double() for leaf in leaves]
        slope = sum((g * d).sum() for g, d in zip(gradients, directions, strict=True))
        values = []
        for shift in (1e-6, -2e-6):
            for leaf, direction in zip(leaves, directions, strict=True):
                leaf += shift * direction
            values.append(loss(frames, STEP).sum())
    torch.testing.assert_close(torch.as_tensor(slope), (values[0] - values[1]) / 2e-6, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ON_VOLUMES)
def test_what_is_no_number_stays_with_its_candidate(name: str) -> None:
    frames, poisoned = tiny_field(3), tiny_field(3)
    for part in parts_of(poisoned):
        part.chunk(3)[1].fill_(torch.nan)
    leaves = [part.requires_grad_() for part in parts_of(poisoned)]
    found = value(name, poisoned)
    torch.testing.assert_close(found[[0, 2]], value(name, frames)[[0, 2]])
    gradients = torch.autograd.grad(found.sum(), leaves, allow_unused=True, materialize_grads=True)
    for gradient in gradients:
        first, _, last = gradient.chunk(3)
        assert first.isfinite().all()
        assert last.isfinite().all()


def test_settings_are_those_of_a_config() -> None:
    assert LOSSES.find("transmittance")(opacity=0.2).opacity.at(0.5) == 0.2


@pytest.mark.parametrize("name", ON_VOLUMES)
def test_other_scenes_are_refused(name: str) -> None:
    picture = Frames(torch.zeros(1, 1, 3, 4, 4), torch.zeros(1, 1, 1, 4, 4))
    with pytest.raises(InputError, match=f"^{name} needs a field; this scene has no geometry$"):
        value(name, picture)
    faces = Connectivity(torch.tensor([[0, 1, 2]], dtype=torch.int32))
    with pytest.raises(InputError, match=f"^{name} needs a field; this scene has a mesh$"):
        value(name, replace(picture, geometry=Surface(torch.zeros(1, 3, 3), faces, torch.zeros(3, 3))))


@pytest.mark.parametrize("name", [name for name, part in ON_VOLUMES.items() if part])
def test_fields_without_what_is_read_are_refused(name: str) -> None:
    frames = tiny_field(1)
    part = ON_VOLUMES[name]
    lacking = {part: () if part == "tables" else None}
    with pytest.raises(InputError, match=f"^{name}"):
        value(name, replace(frames, geometry=replace(volume_of(frames), **lacking)))


@pytest.mark.parametrize("name", ON_PICTURES)
def test_pictures_without_what_is_read_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: this scene has no "):
        value(name, Frames(torch.zeros(1, 1, 3, 4, 4), torch.zeros(1, 1, 1, 4, 4)))
