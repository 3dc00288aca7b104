"""Regions, the paint and the shapes that they become, and outlines that stay simple."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from outlines import self_crossings
from stroke_scenes import EVENODD, FILL, OPEN, draw, psnr, random_scene
from torch import Tensor

from renderers.strokes import Path, Scene, Subpath, Topology, closed_shapes, crossing, rasterise
from renderers.strokes.crossings import uncrossed
from renderers.strokes.growth import grown, resting
from renderers.strokes.paint import Paint, gradient, solid
from renderers.strokes.regions import find_regions
from renderers.strokes.reinitialisation import vanished
from renderers.strokes.stack import closed_curve, scene_of, stacked_shapes

SIZE = (48, 64)


def blocks() -> Tensor:
    """A red ground, a blue block on its right and a green disc over both [3, 48, 64]."""
    y, x = torch.meshgrid(torch.arange(SIZE[0]) + 0.5, torch.arange(SIZE[1]) + 0.5, indexing="ij")
    picture = torch.tensor([0.8, 0.1, 0.1])[:, None, None].repeat(1, *SIZE)
    picture[:, :, 40:] = torch.tensor([0.1, 0.2, 0.9])[:, None, None]
    return torch.where((x - 38) ** 2 + (y - 24) ** 2 < 100, torch.tensor([0.2, 0.7, 0.3])[:, None, None], picture)


def test_regions_of_flat_colours_are_found_exactly() -> None:
    picture = blocks()
    regions = find_regions(picture, 3)
    assert regions.count == 3
    for label in range(3):
        places, colours = regions.pixels(label)
        assert np.ptp(colours, axis=0).max() < 1e-6
        columns, rows = places.astype(int).T
        assert torch.allclose(picture[:, rows, columns].T.double(), torch.from_numpy(colours))


def test_a_stack_shows_the_picture_and_leaves_no_ground() -> None:
    picture = blocks()
    marks = stacked_shapes(find_regions(picture, 3), 12, graded=True)
    scene = scene_of(marks, SIZE, closed=True, graded=True)
    assert psnr(draw(scene), picture) > 25
    assert rasterise(scene)[1].min() > 0.999
    assert not crossing(scene.topology, scene.points).any()
    assert max(path.subpaths[0].segments for path in scene.topology.paths) <= 12


def test_the_paint_of_a_gradient_is_that_gradient() -> None:
    draws = np.random.default_rng(0)
    places = draws.uniform(0, 40, (400, 2))
    made = Paint((0.2, 0.4, 0.9, 1.0), (0.8, 0.3, 0.1, 1.0), ((-10.0, -5.0), (50.0, 45.0)))
    found = gradient(places, made.at(places))
    assert np.abs(found.at(places) - made.at(places)).max() < 1e-2
    assert np.allclose(solid(places, made.at(places)).colour[:3], made.at(places).mean(axis=0))
    flat = gradient(places, np.full((400, 3), 0.25))
    assert np.allclose(flat.at(places), 0.25)


def shape(knots: list[tuple[float, float]]) -> tuple[Topology, Tensor]:
    return Topology((Path((Subpath(len(knots), True),), False, True),)), closed_curve(torch.tensor(knots))[None]


CASES = {
    "square": ([(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)], False),
    "bow": ([(10.0, 10.0), (30.0, 30.0), (30.0, 10.0), (10.0, 30.0)], True),
    "needle": ([(10.0, 10.0), (40.0, 11.0), (10.0, 12.0)], True),
    "star": ([(20.0, 5.0), (24.0, 16.0), (36.0, 16.0), (27.0, 23.0), (20.0, 36.0), (13.0, 23.0), (4.0, 16.0)], False),
    "touching": ([(5.0, 5.0), (35.0, 5.0), (35.0, 20.0), (20.0, 5.01), (5.0, 20.0)], True),
}


@pytest.mark.parametrize("name", CASES)
def test_what_crosses_itself(name: str) -> None:
    knots, expected = CASES[name]
    for moved in (knots, [(y, x) for x, y in knots], [(x + 100, y + 900) for x, y in knots]):
        topology, points = shape(moved)
        assert crossing(topology, points).tolist() == [[expected]]


def test_crossings_are_those_of_finely_divided_outlines() -> None:
    scene = random_scene([FILL, OPEN, EVENODD] * 40, (64, 64), 2, 3, 0.3)
    found = crossing(scene.topology, scene.points)
    for candidate in range(2):
        truly = self_crossings(scene.candidate(candidate))
        assert not found[candidate, 1::3].any()
        assert truly
        assert set(truly) <= set(torch.nonzero(found[candidate]).flatten().tolist())
    circles = closed_shapes(torch.rand(1, 50, 2) * 64, (64, 64), segments=5, generator=torch.Generator().manual_seed(0))
    assert not crossing(circles.topology, circles.points).any()


def test_a_step_that_crosses_is_taken_back_where_it_does() -> None:
    draws = torch.Generator().manual_seed(0)
    circles = closed_shapes(16 + 32 * torch.rand(2, 30, 2, generator=draws), (64, 64), segments=6, generator=draws)
    before = circles.points
    after = before + 3 * torch.randn(before.shape, generator=draws)
    assert crossing(circles.topology, after).any()
    found = uncrossed(circles.topology, after, before)
    assert not crossing(circles.topology, found).any()
    moved = (found != before).any(dim=-1).float().mean()
    assert 0.3 < moved <= 1
    calm = before + 0.01
    assert torch.equal(uncrossed(circles.topology, calm, before), calm)


def test_paths_begin_where_the_error_is_largest() -> None:
    picture = blocks()
    paths = [Path((Subpath(8, True),), False, True)] * 3
    ground = torch.tensor([0.8, 0.1, 0.1])[:, None, None].expand_as(picture)
    begins = torch.tensor([False, True, True])
    scene = grown(paths, picture, ground, begins, graded=True)
    assert vanished(scene, 0.02, 4.0).tolist() == [[True, False, False]]
    assert not crossing(scene.topology, scene.points).any()
    over = replace(scene, background=(0.8, 0.1, 0.1))
    assert psnr(draw(over), picture) > psnr(ground, picture) + 10
    assert torch.allclose(scene.fill_colours[0, 1, :3], torch.tensor([0.1, 0.2, 0.9]), atol=0.02)
    strokes = grown([Path((Subpath(2),))] * 3, picture, ground, begins, graded=False)
    assert vanished(strokes, 0.02, 4.0).tolist() == [[True, False, False]]
    assert psnr(draw(replace(strokes, background=(0.8, 0.1, 0.1))), picture) > psnr(ground, picture) + 3


def test_what_rests_is_not_there() -> None:
    marks = [resting(path) for path in (FILL, FILL)]
    scene: Scene = scene_of(marks, (24, 24), closed=True, graded=False)
    assert vanished(scene, 0.02, 4.0).all()
    assert not crossing(scene.topology, scene.points).any()
    assert not rasterise(scene)[1].any()
