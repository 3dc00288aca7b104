"""Lines: where they are found, what they are worth, and that the loss pulls strokes onto them."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Step
from guidance.filters import blur, fitted
from guidance.losses import Lines, faint_too, line_map, lines
from guidance.target import Target
from limn.frames import Frames
from renderers.strokes import open_paths, rasterise

STEP = Step(0, 10)
WIDTH = 1.5 / 64


def frames_of(pictures: Tensor) -> Frames:
    return Frames(pictures[:, None], torch.ones_like(pictures[:, None, :1]))


def bar(place: float, size: int = 64, dark: float = 1.0) -> Tensor:
    """White with a vertical bar three pixels wide [1, 3, size, size]."""
    points = torch.tensor([[[[place, 12.0], [place, 24.0], [place, 36.0], [place, 52.0]]]])
    ink = 1 - rasterise(open_paths(points, (size, size), width=3.0))[0]
    return 1 - dark * ink


def test_a_map_is_the_difference_of_two_blurs() -> None:
    picture = torch.rand(2, 3, 80, 60, generator=torch.Generator().manual_seed(0))
    picture[..., :24, :] = picture[..., -24:, :] = picture[..., :24] = picture[..., -24:] = 0.5
    grey = picture.mean(dim=1, keepdim=True)
    expected = blur(grey, 1.6 * 4) - blur(grey, 4.0)
    found = line_map(picture, 4 / 80)
    assert found.shape == (2, 1, 20, 15)
    sampled = F.interpolate(expected, size=(20, 15), mode="bilinear", align_corners=False)
    torch.testing.assert_close(found, sampled, atol=2e-3, rtol=0)


def test_a_map_is_above_zero_in_dark_lines_and_zero_on_paper() -> None:
    found = line_map(bar(32), WIDTH)[0, 0]
    middle = found.shape[1] // 2
    assert found[found.shape[0] // 2, middle - 1 : middle + 1].min() > 0.05
    assert found[:, 0].abs().max() < 1e-4
    assert float(line_map(torch.full((1, 3, 32, 32), 0.3)).abs().max()) < 1e-5


@pytest.mark.parametrize("width", [0.001, 0.01, 0.1, 0.5])
def test_lines_of_any_width_are_finite(width: float) -> None:
    pictures = torch.rand(1, 3, 32, 24, generator=torch.Generator().manual_seed(0), requires_grad=True)
    found = line_map(pictures, width)
    found.square().sum().backward()
    assert found.isfinite().all()
    assert pictures.grad is not None
    assert pictures.grad.isfinite().all()
    assert found.shape[-2:] <= (32, 24)


def test_faint_lines_count_nearly_as_much() -> None:
    faint, strong = (float(faint_too(line_map(bar(32, dark=dark))).amax()) for dark in (0.25, 1.0))
    assert faint_too(torch.tensor([0.0, 0.03, -0.03])).tolist() == pytest.approx([0, 0.5, -0.5])
    assert strong < 2 * faint


def test_the_loss_is_one_minus_the_cosine() -> None:
    drawn, wanted = torch.rand(2, 2, 1, 4, 4), torch.rand(1, 1, 4, 4)
    by_hand = [
        sum(1 - float((d * wanted[0]).sum() / d.norm() / wanted.norm()) for d in views) / len(views) for views in drawn
    ]
    assert lines(drawn, wanted).tolist() == pytest.approx(by_hand, abs=1e-5)
    picture = bar(32)
    by_module = Lines(Target(picture))(frames_of(bar(30)), STEP)
    torch.testing.assert_close(by_module, lines(line_map(bar(30))[None], faint_too(line_map(picture))))


def test_the_right_place_is_best_and_paper_is_worth_one() -> None:
    judge = Lines(Target(bar(32)), WIDTH)
    there, near, far, blank = (
        float(judge(frames_of(picture), STEP)) for picture in (bar(32), bar(30), bar(20), torch.ones(1, 3, 64, 64))
    )
    assert there < 0.3 < near < far
    assert far > 0.9
    assert blank == pytest.approx(1, abs=1e-3)


def test_gradients_are_those_of_finite_differences() -> None:
    draws = torch.Generator().manual_seed(1)
    target, picture = torch.rand(1, 3, 20, 20, generator=draws), torch.rand(1, 3, 20, 20, generator=draws).double()
    judge = Lines(Target(target.double()), width=0.1)
    assert torch.autograd.gradcheck(
        lambda rgb: judge(frames_of(rgb), STEP), picture.requires_grad_(), atol=1e-6, rtol=1e-4
    )


@pytest.mark.parametrize(("place", "way"), [(29.0, 1), (35.0, -1)])
def test_a_stroke_is_pulled_onto_a_line_beside_it(place: float, way: int) -> None:
    points = torch.tensor([[[[place, 12.0], [place, 24.0], [place, 36.0], [place, 52.0]]]], requires_grad=True)
    Lines(Target(bar(32)), WIDTH)(
        frames_of(rasterise(open_paths(points, (64, 64), width=3.0))[0]), STEP
    ).sum().backward()
    assert points.grad is not None
    assert (-way * points.grad[..., 0]).sum() > 0.01


def test_pictures_are_resized_only_where_they_must_be() -> None:
    picture = torch.rand(1, 3, 8, 6)
    assert fitted(picture, 8, 6) is picture
    assert fitted(picture, 4, 3).shape == (1, 3, 4, 3)
    assert math.isclose(float(fitted(torch.full((1, 1, 9, 9), 0.25), 4, 5).mean()), 0.25, abs_tol=1e-6)
