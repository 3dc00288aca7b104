"""Vanished paths, contours and grids."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from limn.step import Step
from renderers.strokes import (
    Reinitialisation,
    ReinitialisedStrokes,
    Scene,
    closed_shapes,
    contour_shapes,
    joined,
    open_strokes,
    rasterise,
    square_grid,
)
from renderers.strokes.bezier import polygon_lengths, signed_areas
from renderers.strokes.reinitialisation import vanished

SIZE = (48, 48)


def shapes(seed: int, candidates: int = 1, paths: int = 5) -> Scene:
    draws = torch.Generator().manual_seed(seed)
    colour = 0.5 + 0.5 * torch.rand(candidates, paths, 4, generator=draws)
    centres = 12 + 24 * torch.rand(candidates, paths, 2, generator=draws)
    return closed_shapes(centres, SIZE, radius=6.0, colour=colour, generator=draws)


def test_areas_and_lengths_are_those_of_flattened_curves() -> None:
    cubics = torch.rand(7, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    t = torch.linspace(0, 1, 4001, dtype=torch.float64)[:, None]
    for cubic, area, length in zip(cubics, signed_areas(cubics), polygon_lengths(cubics), strict=True):
        a, b, c, d = cubic
        curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
        x, y = curve.T
        assert float(area) == pytest.approx(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2), abs=1e-6)
        assert float(curve.diff(dim=0).norm(dim=1).sum()) <= float(length) + 1e-9
    circle = closed_shapes(torch.full((1, 1, 2), 24.0), SIZE, segments=8, generator=torch.Generator().manual_seed(1))
    around = circle.points[0, torch.tensor([[3 * k, 3 * k + 1, 3 * k + 2, (3 * k + 3) % 24] for k in range(8)])]
    assert float(signed_areas(around).sum()) == pytest.approx(float(rasterise(circle)[1].sum()), rel=1e-2)


def test_what_has_vanished() -> None:
    scene = shapes(0)
    assert not vanished(scene, 0.05, 4.0).any()
    fills, points = scene.fill_colours.clone(), scene.points.clone().view(1, 5, 12, 2)
    fills[0, 0, 3] = 0.01  # seen through
    points[0, 1] = points[0, 1].mean(dim=0) + 0.01 * (points[0, 1] - points[0, 1].mean(dim=0))  # a dot
    points[0, 2] += 100.0  # beside the canvas
    gone = vanished(replace(scene, fill_colours=fills, points=points.view(1, -1, 2)), 0.05, 4.0)
    assert gone.tolist() == [[True, True, True, False, False]]
    draws = torch.Generator().manual_seed(0)
    strokes = open_strokes(torch.full((1, 2, 2), 24.0), SIZE, radius=5.0, width=3.0, generator=draws)
    points = strokes.points.clone()
    points[0, 4:] = points[0, 4]
    assert vanished(replace(strokes, points=points), 0.05, 4.0).tolist() == [[False, True]]


class NoGrowth:
    """An optimiser's state that nothing is asked of."""

    def replace(self, parameter: nn.Parameter, values: Tensor, source: Tensor) -> None:
        raise AssertionError


def run(renderer: ReinitialisedStrokes, steps: range, total: int = 18) -> None:
    """Fades the second shape of the first candidate."""
    for index in steps:
        with torch.no_grad():
            renderer.fill_colours[0, 1, 3] -= 0.2
        renderer.constrain()
        renderer.after_step(Step(index, total, seed=5), NoGrowth())


def shapes_by(generator: torch.Generator) -> Scene:
    return shapes(int(torch.randint(2**31, (), generator=generator)))


def test_vanished_paths_begin_again_and_others_stay() -> None:
    asked: list[torch.Generator] = []

    def fresh(generator: torch.Generator, begins: Tensor, picture: Tensor) -> Scene:
        assert begins.tolist() == [False, True, False, False, False]
        assert torch.equal(picture, rasterise(renderer.scene())[0][0])
        asked.append(generator.clone_state())
        return shapes_by(generator)

    scene = joined([shapes(0), shapes(1), shapes(2)])
    reinitialisation = Reinitialisation(fresh, every=3, until=0.5, opacity=0.05, area=4.0)
    renderer = ReinitialisedStrokes(scene, {"points": 1.0, "colour": 0.1}, reinitialisation)
    run(renderer, range(5))
    assert asked == []
    run(renderer, range(5, 6))
    assert len(asked) == 1
    expected = shapes_by(asked[0])
    points = renderer.points.detach().view(3, 5, 12, 2)
    assert torch.equal(points[0, 1], expected.points.view(1, 5, 12, 2)[0, 1])
    assert torch.equal(renderer.fill_colours[0, 1].detach(), expected.fill_colours[0, 1])
    kept = [0, 2, 3, 4]
    assert torch.equal(points[0, kept], scene.points.view(3, 5, 12, 2)[0, kept])
    assert torch.equal(points[1:], scene.points.view(3, 5, 12, 2)[1:])
    run(renderer, range(6, 18))  # gone by step 12, which is too late
    assert len(asked) == 1


def test_who_is_left_keeps_drawing_its_own() -> None:
    def gone(kept: list[int]) -> Tensor:
        scene = joined([shapes(0), shapes(1), shapes(2)])
        scene.fill_colours[2, 1, 3] = 0.0
        wanted = Reinitialisation(lambda generator, *_: shapes_by(generator), 1, 1.0, 0.05, 4.0)
        renderer = ReinitialisedStrokes(scene, {"points": 0.1}, wanted)
        renderer.keep(kept)
        renderer.after_step(Step(3, 10, seed=5), NoGrowth())
        return renderer.points.detach()[-1]

    assert torch.equal(gone([2]), gone([0, 1, 2]))
    assert not torch.equal(gone([2]), shapes(2).points[0])


def test_contours_are_the_picture() -> None:
    picture = torch.ones(3, 64, 64)
    picture[:, 8:40, 8:40] = torch.tensor([0.9, 0.1, 0.1])[:, None, None]
    picture[:, 16:32, 16:32] = torch.tensor([0.1, 0.2, 0.9])[:, None, None]  # a counter of another colour
    picture[:, 44:60, 36:60] = torch.tensor([0.1, 0.7, 0.2])[:, None, None]
    scene = contour_shapes(picture, 6, segments=12, colours=4, generator=torch.Generator().manual_seed(0))
    rgb, _ = rasterise(scene)
    assert float((rgb[0] - picture).abs().mean()) < 0.03
    assert len(scene.topology.paths) == 6
    again = contour_shapes(picture, 6, segments=12, colours=4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(scene.points, again.points)


def test_a_blank_picture_has_shapes_too() -> None:
    scene = contour_shapes(torch.ones(3, 32, 32), 4, generator=torch.Generator().manual_seed(0))
    assert torch.isfinite(scene.points).all()


def test_a_grid_of_squares_has_no_seams() -> None:
    colours = torch.rand(2, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    rgb, alpha = rasterise(square_grid(colours, (32, 48)))
    torch.testing.assert_close(alpha, torch.ones(2, 1, 32, 48))
    torch.testing.assert_close(rgb, colours.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3), atol=1e-4, rtol=0)
