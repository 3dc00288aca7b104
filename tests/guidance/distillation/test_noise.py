"""Noise that stays: of variance 1 and white in every picture, shared by views of one surface."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Step
from guidance.distillation import Noise
from guidance.distillation.noise import slow_noise
from guidance.distillation.surface_noise import LOOKS, Cover, cover, equal_area_square, gather_noise
from limn.cameras import Cameras, orbit, unproject
from limn.errors import InputError
from limn.frames import Frames

SIDE = 8


def cameras_at(*azimuths: float) -> Cameras:
    return orbit(torch.tensor(azimuths), torch.full((len(azimuths),), 0.2), 2.5, math.radians(50))


def ball(cameras: Cameras, size: int = 32, candidates: int = 1) -> Frames:
    """A ball of radius 1, its depth from the equation of the sphere."""
    eye = cameras.eye[:, None, None]
    along = unproject(torch.ones(len(cameras), size, size), cameras) - eye
    a, b, c = along.square().sum(3), (along * eye).sum(3), eye.square().sum(3) - 1
    root = b.square() - a * c
    hit = root > 0
    depth = torch.where(hit, (-b - root.clamp_min(0).sqrt()) / a, 0.0)
    alpha, depth = (x[None, :, None].float().expand(candidates, -1, -1, -1, -1) for x in (hit, depth))
    return Frames(alpha.expand(-1, -1, 3, -1, -1), alpha, depth, cameras=cameras)


def drawn(
    frames: Frames, looks: int = 1, step: int = 0, channels: int = 1, side: int = SIDE, **noise: object
) -> Tensor:
    """[S, V, looks, C, h, w]."""
    found = Noise(**noise).draw(frames, Step(step, 100), torch.Size((1, side, side)), looks, torch.Generator())
    return found.view(*frames.rgb.shape[:2], looks, 1, side, side)


def test_unprojected_points_are_where_pixels_see_them() -> None:
    for cameras in (cameras_at(0.3, 2.0), orbit(0.3, -0.5, 3.0, 0.0, aspect=1.5)):
        depth = 1 + torch.rand(2, len(cameras), 4, 6)
        points = unproject(depth, cameras)
        clip = torch.einsum("vij,svhwj->svhwi", cameras.shaped((4, 6)).world_to_clip, F.pad(points, (0, 1), value=1.0))
        x, y = (clip[..., k] / clip[..., 3] for k in (0, 1))
        torch.testing.assert_close(x, ((torch.arange(6) + 0.5) / 3 - 1).expand_as(x), rtol=0, atol=1e-5)
        torch.testing.assert_close(y, (1 - (torch.arange(4) + 0.5) / 2)[:, None].expand_as(y), rtol=0, atol=1e-5)
        ahead = -(points - cameras.eye[:, None, None]) @ cameras.camera_to_world[0, :3, 2]
        torch.testing.assert_close(ahead[:, 0], depth[:, 0])


def test_the_sphere_is_folded_without_stretching_areas() -> None:
    axes = torch.cat([torch.eye(3), -torch.eye(3)])
    expected = [[1, 0.5], [0.5, 1], [0.5, 0.5], [0, 0.5], [0.5, 0], [1, 1]]
    torch.testing.assert_close(equal_area_square(2 * axes), torch.tensor(expected))
    directions = torch.randn(400_000, 3, generator=torch.Generator().manual_seed(0))
    column, row = (equal_area_square(directions) * 20).long().unbind(dim=1)
    counts = torch.bincount(20 * row + column, minlength=400)
    assert len(counts) == 400
    torch.testing.assert_close(counts.float(), torch.full((400,), 1000.0), rtol=0, atol=150)


def test_every_texel_belongs_to_the_pixel_that_shows_most_of_it() -> None:
    frames = ball(cameras_at(0.0, 0.4), LOOKS * 4)
    assert frames.depth is not None
    there, points = frames.alpha[0, :, 0] > 0, unproject(frames.depth[0, :, 0], frames.cameras)  # type: ignore[arg-type]
    covered = cover(points, there, (4, 4), 12)
    cells = (equal_area_square(points) * 12).long()
    seen: dict[tuple[int, int], dict[int, int]] = {}
    for view, y, x in there.nonzero().tolist():
        column, row = cells[view, y, x].tolist()
        pixels = seen.setdefault((view, 12 * row + column), {})
        pixel = y // LOOKS * 4 + x // LOOKS
        pixels[pixel] = pixels.get(pixel, 0) + 1
    assert int(covered.counts.sum()) == len(covered.texels) == len(seen)
    for number, (start, count) in enumerate(zip(covered.starts.tolist(), covered.counts.tolist(), strict=True)):
        for texel in covered.texels[start : start + count].tolist():
            pixels = seen[number // 16, texel]
            assert pixels[number % 16] == max(pixels.values())


def test_noise_of_pixels_is_a_sum_by_the_root_of_its_count() -> None:
    noise, rest = torch.arange(8.0).view(4, 2), torch.full((3, 2), -1.0)
    covered = Cover(torch.tensor([1, 3, 0]), torch.tensor([0, 2, 2]), torch.tensor([2, 0, 1]))
    expected = torch.stack([(noise[1] + noise[3]) / 2**0.5, rest[1], noise[0]])
    torch.testing.assert_close(gather_noise(covered, noise, rest), expected)


@pytest.mark.parametrize("source", ["random", "fixed", "surface"])
def test_noise_is_white_in_every_picture(source: str) -> None:
    many = 5000
    found = drawn(ball(cameras_at(0.5)), looks=many, source=source, refresh=0.3, step=1)[0, 0, :, 0].flatten(1)
    covariance = found.T @ found / many
    torch.testing.assert_close(covariance, torch.eye(SIDE**2), rtol=0, atol=6 * (2 / many) ** 0.5)
    torch.testing.assert_close(found.mean(dim=0), torch.zeros(SIDE**2), rtol=0, atol=6 / many**0.5)


def test_views_share_the_noise_of_a_surface() -> None:
    side = 16
    frames = ball(cameras_at(0.0, 0.15, math.pi))
    found = drawn(frames, looks=200, source="surface", side=side)[0, :, :, 0]
    seen = ball(cameras_at(0.0), side)
    assert seen.depth is not None
    there = seen.alpha[0, 0, 0] > 0
    points = F.pad(unproject(seen.depth[0, :, 0], cameras_at(0.0))[0][there], (0, 1), value=1.0)
    clip = points @ cameras_at(0.15).world_to_clip[0].T
    middle = clip[:, :2].norm(dim=1) / clip[:, 3] < 0.6
    column = ((clip[middle, 0] / clip[middle, 3] + 1) / 2 * side).long()
    row = ((1 - clip[middle, 1] / clip[middle, 3]) / 2 * side).long()
    first, second = found[0][:, there][:, middle], found[1][:, row, column]
    assert (first * second).mean() > 0.45  # pixels that overlap by halves cannot share more than 0.56
    other = found[0][:, row, column]
    assert (first * other).mean() < 0.4
    assert (found[0] * found[2])[:, there].mean().abs() < 0.02


def test_noise_stays_from_step_to_step_and_candidates_have_their_own() -> None:
    frames = ball(cameras_at(0.0), candidates=2)
    for source in ("fixed", "surface"):
        first, later = (drawn(frames, source=source, step=step, looks=50) for step in (0, 60))
        assert torch.equal(first, later)
        assert (first[0] * first[1]).mean().abs() < 0.1
        assert (first[:, :, ::2] * first[:, :, 1::2]).mean().abs() < 0.1
        other = Noise(source=source).draw(frames, Step(0, 9, seed=1), torch.Size((1, 8, 8)), 50, torch.Generator())
        assert (first.flatten() * other.flatten()).mean().abs() < 0.1
    assert not torch.equal(*(drawn(frames, source="surface", step=step, refresh=0.01) for step in (0, 1)))


def test_slow_noise_keeps_its_variance_and_forgets() -> None:
    noises = [slow_noise(Step(index, 100), "a", (100_000,), 0.1) for index in (0, 1, 5, 10, 15)]
    for noise in noises:
        assert abs(float(noise.var()) - 1) < 0.02
    shared = [float((noises[0] * noise).mean()) for noise in noises]
    expected = [1.0, math.cos(math.pi / 20), math.cos(math.pi / 4), 0.0, 0.0]
    torch.testing.assert_close(torch.tensor(shared), torch.tensor(expected), rtol=0, atol=0.02)


def test_fixed_noise_moves_with_the_camera() -> None:
    turned = drawn(ball(cameras_at(0.0, math.pi / SIDE, 2 * math.pi)), source="fixed")[0, :, 0, 0]
    assert torch.equal(turned[1][:, :-1], turned[0][:, 1:])
    assert torch.equal(turned[2], turned[0])
    above = orbit(torch.zeros(2), torch.tensor([0.1, 0.1 + math.pi / SIDE]), 2.5, 1.0)
    raised = drawn(ball(above), source="fixed")[0, :, 0, 0]
    assert torch.equal(raised[1][1:], raised[0][:-1])
    flat = Frames(torch.zeros(1, 2, 3, 4, 4), torch.zeros(1, 2, 1, 4, 4))
    first, second = drawn(flat, source="fixed")[0]
    assert torch.equal(first, second)


def test_noise_on_a_surface_needs_one() -> None:
    flat = Frames(torch.zeros(1, 2, 3, 4, 4), torch.zeros(1, 2, 1, 4, 4))
    with pytest.raises(InputError, match="cameras and depth"):
        drawn(flat, source="surface")


def test_where_nothing_is_and_where_nothing_is_a_number_noise_is_like_elsewhere() -> None:
    frames = ball(cameras_at(0.0), candidates=2)
    assert frames.depth is not None
    poisoned = frames.depth.clone()
    poisoned[1] = torch.nan
    for empty in (Frames(frames.rgb, 0 * frames.alpha, 0 * frames.depth, cameras=frames.cameras),
                  Frames(frames.rgb, frames.alpha, poisoned, cameras=frames.cameras)):  # fmt: skip
        found = drawn(empty, looks=500, source="surface")[1]
        assert abs(float(found.var()) - 1) < 0.05
