"""Losses on the shape and the tone of drawings against their formulas, spelled out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import LOSSES, Step
from guidance.filters import blur
from guidance.losses import (
    Conformal,
    Saturation,
    Tone,
    conformal,
    corner_angles,
    corners,
    layer_features,
    near_paths,
    nearness,
    tone,
    xing,
)
from guidance.losses import saturation as saturation
from guidance.target import Target
from limn.curves import Curves
from limn.errors import InputError
from limn.frames import Frames, geometry_of

STEP = Step(0, 10)


def angle_at(corner: Tensor, one: Tensor, other: Tensor) -> float:
    a, b = (one - corner).tolist(), (other - corner).tolist()
    return math.acos((a[0] * b[0] + a[1] * b[1]) / math.hypot(*a) / math.hypot(*b))


def test_angle_change_is_the_mean_square_over_all_corners(random_frames: Callable[..., Frames]) -> None:
    frames = random_frames(paths=True)
    curves = geometry_of(frames, Curves, "conformal")
    assert curves.rest is not None
    assert curves.triangles is not None
    for candidate, value in zip(curves.points, Conformal()(frames, STEP), strict=True):
        squares = []
        for triangle in curves.triangles.tolist():
            for turn in range(3):
                corner, one, other = triangle[turn:] + triangle[:turn]
                now, then = (angle_at(p[corner], p[one], p[other]) for p in (candidate, curves.rest))
                squares.append((now - then) ** 2)
        assert float(value) == pytest.approx(sum(squares) / len(squares), rel=1e-4)


def test_angles_ignore_what_keeps_angles() -> None:
    rest, triangles = torch.rand(6, 2, dtype=torch.float64), torch.tensor([[0, 1, 2], [3, 4, 5]])
    turn = torch.tensor([[math.cos(1), -math.sin(1)], [math.sin(1), math.cos(1)]], dtype=torch.float64)
    moved = (3 * rest @ turn.T + 5)[None]
    assert float(conformal(moved, rest, triangles)) < 1e-20
    torch.testing.assert_close(corner_angles(rest, triangles).sum(dim=1), torch.full((2,), math.pi).double())


def test_gradients_of_the_shape_losses() -> None:
    draws = torch.Generator().manual_seed(0)
    points = torch.rand(2, 12, 2, dtype=torch.float64, generator=draws).requires_grad_()
    rest, triangles = torch.rand(12, 2, dtype=torch.float64, generator=draws), torch.tensor([[0, 3, 6], [6, 9, 0]])
    cubics = torch.tensor([[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9], [9, 10, 11, 0]])
    assert torch.autograd.gradcheck(lambda p: conformal(p, rest, triangles), points)
    assert torch.autograd.gradcheck(lambda p: xing(p, cubics), points)
    assert torch.autograd.gradcheck(lambda p: corners(p, cubics), points)


def test_crossing_is_lives() -> None:
    draws = torch.Generator().manual_seed(1)
    points, cubics = torch.rand(2, 40, 2, generator=draws), torch.arange(40).view(10, 4)
    for candidate, value in zip(points, xing(points, cubics), strict=True):
        total = 0.0
        for a, b, c, d in candidate.view(10, 4, 2).tolist():
            legs = [(q[0] - p[0], q[1] - p[1]) for p, q in ((a, b), (b, c), (c, d))]

            def sine(i: int, j: int, legs: list[tuple[float, float]] = legs) -> float:
                (x, y), (u, v) = legs[i], legs[j]
                return (x * v - y * u) / math.hypot(x, y) / math.hypot(u, v)

            total += max(0.0, -sine(0, 2)) if sine(0, 1) >= 0 else max(0.0, sine(0, 2))
        assert float(value) == pytest.approx(total / 10, rel=1e-4)


def test_pixels_near_outlines_count_as_in_live() -> None:
    line = torch.tensor([[4.5, 10.5], [10.5, 10.5], [20.5, 10.5], [27.5, 10.5]])
    weights = nearness(torch.stack([line, line + 100]), torch.tensor([[0, 1, 2, 3]]), (32, 32), 8.0)
    torch.testing.assert_close(weights[0, 0, 0, 10:20, 12], torch.tensor([8.0, 7, 6, 5, 4, 3, 2, 1, 0, 0]) / 8)
    assert not weights[1].any()
    pictures, target = torch.rand(2, 1, 3, 32, 32), torch.rand(1, 1, 3, 32, 32)
    expected = ((pictures - target).square().sum(dim=2) * weights[:, :, 0]).mean(dim=(1, 2, 3))
    torch.testing.assert_close(near_paths(pictures, target, weights), expected)


def test_corners_are_turns_at_joints() -> None:
    line = torch.tensor([[0.0, 0.0], [1, 0], [2, 0], [3, 0], [3, 1], [3, 2], [3, 3]])
    cubics = torch.tensor([[0, 1, 2, 3], [3, 4, 5, 6]])
    torch.testing.assert_close(corners(line[None], cubics), torch.tensor([1.0]))  # one joint, a right angle
    straight = torch.stack([torch.arange(7.0), torch.zeros(7)], dim=1)
    torch.testing.assert_close(corners(straight[None], cubics), torch.tensor([0.0]))
    assert float(corners(straight[None], cubics[:1])) == 0  # no joint at all


def test_tone_is_the_square_of_opencvs_blur(random_frames: Callable[..., Frames]) -> None:
    frames = random_frames(size=40)
    target = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(3))
    expected = []
    for picture in frames.rgb[:, 0]:
        difference = (picture - target[0]).permute(1, 2, 0).numpy()
        blurred = cv2.GaussianBlur(difference, (13, 13), 2.0, borderType=cv2.BORDER_REPLICATE)
        expected.append(float((blurred**2).mean()))
    torch.testing.assert_close(Tone(Target(target), 0.05)(frames, STEP), torch.tensor(expected), rtol=1e-4, atol=1e-8)
    small = F.interpolate(target, size=20, mode="bilinear", antialias=True, align_corners=False)
    assert Tone(Target(small), 0.05)(frames, STEP).isfinite().all()
    assert (tone(frames.rgb, target, 0.2) < tone(frames.rgb, target, 0.02)).all()
    torch.testing.assert_close(blur(torch.ones(1, 3, 9, 9), 2.0), torch.ones(1, 3, 9, 9))


def test_loudness(random_frames: Callable[..., Frames]) -> None:
    rgb = torch.tensor([0.5, 1.0, 0.75]).view(1, 1, 3, 1, 1).expand(1, 1, 3, 4, 4)
    torch.testing.assert_close(saturation(rgb), torch.tensor([(0 + 1 + 0.25) / 3]))
    frames = random_frames()
    torch.testing.assert_close(Saturation()(frames, STEP), saturation(frames.rgb))


def test_cosine_features_are_half_of_lpips_without_learned_weights() -> None:
    draws = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(2, 1, 5, 3, 3, generator=draws), torch.randn(1, 1, 5, 3, 3, generator=draws)
    lpips = (F.normalize(ours, dim=2) - F.normalize(theirs, dim=2)).square().sum(dim=2).mean(dim=(1, 2, 3))
    torch.testing.assert_close(2 * layer_features({"a": ours}, {"a": theirs}, {"a": 1.0}, "cosine"), lpips)


@pytest.mark.parametrize("name", ["conformal", "corners", "xing"])
def test_scenes_without_paths_are_refused(name: str, random_frames: Callable[..., Frames]) -> None:
    loss = LOSSES.find(name)()
    with pytest.raises(InputError, match=f"^{name} needs a drawing of paths; this scene has a mesh$"):
        loss(random_frames(), STEP)
    with pytest.raises(InputError, match=f"^{name} needs a drawing of paths; this scene has no geometry$"):
        loss(Frames(torch.ones(1, 1, 3, 8, 8), torch.ones(1, 1, 1, 8, 8)), STEP)


def test_angles_of_paths_without_rest_are_refused(random_frames: Callable[..., Frames]) -> None:
    frames = random_frames(paths=True)
    moving = replace(geometry_of(frames, Curves, "conformal"), rest=None)
    with pytest.raises(InputError, match="conformal needs paths that know their shape at rest"):
        Conformal()(replace(frames, geometry=moving), STEP)
