"""The torch twin against central differences and against areas that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from stroke_scenes import BOTH, EVENODD, FILL, OPEN, graded, random_scene, smooth_loss, with_gradient

from renderers.strokes import Path, Scene, Subpath, Topology, rasterise
from renderers.strokes.reference import fill_coverage, stroke_coverage

CASES = {
    "stroke": random_scene([OPEN], (24, 24), 1, 1, 0.8, 4.0),
    "thin stroke": random_scene([OPEN], (24, 24), 1, 2, 0.8, 0.5),
    "fill": random_scene([FILL], (24, 24), 1, 3, 0.8),
    "evenodd": random_scene([EVENODD], (24, 24), 1, 4, 0.8),
    "layers": random_scene([FILL, BOTH], (16, 16), 1, 5, 0.8),
    "gradients": graded(random_scene([FILL, BOTH, EVENODD], (16, 16), 1, 6, 0.9), solid=0),
}


def value(scene: Scene) -> float:
    return float(smooth_loss(*rasterise(scene, backend="reference")))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_central_differences(name: str) -> None:
    scene = with_gradient(CASES[name], torch.float64)
    smooth_loss(*rasterise(scene, backend="reference")).backward()
    plain = replace(scene, **{tensor: getattr(scene, tensor).detach() for tensor in scene.tensors})
    for tensor in scene.tensors:
        gradient = getattr(scene, tensor).grad
        if gradient is None:
            continue
        measured = torch.zeros_like(gradient)
        for place in range(gradient.numel()):
            sides = []
            for step in (1e-5, -1e-5):
                moved = getattr(plain, tensor).clone()
                moved.view(-1)[place] += step
                sides.append(value(replace(plain, **{tensor: moved})))
            measured.view(-1)[place] = (sides[0] - sides[1]) / 2e-5
        assert (gradient - measured).norm() <= 1e-3 * measured.norm() + 1e-9, tensor


def square(x0: float, y0: float, x1: float, y1: float) -> torch.Tensor:
    corners = torch.tensor([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=torch.float64)
    return torch.stack([corners, corners.roll(-1, 0)], dim=1)


def test_fills_have_their_exact_area() -> None:
    seen = fill_coverage(square(3.25, 2.5, 9.5, 7.0), False, (12, 12))
    assert seen.sum() == pytest.approx(6.25 * 4.5)
    assert seen[2, 3] == pytest.approx(0.75 * 0.5)
    sliver = fill_coverage(square(5.3, 2.0, 5.4, 8.0), False, (12, 12))
    assert sliver.sum() == pytest.approx(0.6, abs=1e-5)


def test_fill_rules() -> None:
    twice = torch.cat([square(1, 1, 8, 8), square(3, 3, 6, 6)])
    assert fill_coverage(twice, False, (10, 10)).sum() == pytest.approx(49)
    assert fill_coverage(twice, True, (10, 10)).sum() == pytest.approx(49 - 9)
    hole = torch.cat([square(1, 1, 8, 8), square(3, 3, 6, 6).flip(1)])
    assert fill_coverage(hole, False, (10, 10)).sum() == pytest.approx(49 - 9)


@pytest.mark.parametrize("angle", [0.0, 0.3, 0.7854])
@pytest.mark.parametrize("width", [0.3, 1.0, 5.0])
def test_strokes_have_their_area(angle: float, width: float) -> None:
    along = torch.tensor([torch.tensor(angle).cos(), torch.tensor(angle).sin()], dtype=torch.float64) * 12
    middle = torch.tensor([20.2, 20.4], dtype=torch.float64)
    line = torch.stack([middle - along, middle + along])[None]
    seen = stroke_coverage(line, torch.tensor(width, dtype=torch.float64), (40, 40))
    assert seen.sum() == pytest.approx(24 * width + torch.pi * width**2 / 4, rel=0.03, abs=0.15)


def test_the_closing_line_of_an_open_path_is_filled_not_stroked() -> None:
    path = Path((Subpath(2),), stroked=True, filled=True)
    points = torch.tensor([[[4.0, 4.0], [10, 4], [14, 4], [20, 4], [20, 8], [20, 14], [20, 20]]])
    stroke, fill = torch.tensor([[[1.0, 0.0, 0.0, 1.0]]]), torch.tensor([[[0.0, 0.0, 1.0, 1.0]]])
    rgb, _ = rasterise(Scene(Topology((path,)), points, torch.full((1, 1), 2.0), stroke, fill, (24, 24)))
    assert rgb[0, :, 8, 17].tolist() == [0.0, 0.0, 1.0]
    assert not ((rgb[0, 0] > 0.9) & (rgb[0, 2] < 0.1))[10:14, 10:14].any()
