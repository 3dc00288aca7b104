"""Ordered strokes: training steps draw prefixes, and prefixes come to be drawings."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from stroke_scenes import BOTH, CLOSED, FILL, OPEN, graded, random_scene
from torch import Tensor

from limn.step import Step
from renderers.strokes import Strokes, Topology, closed_shapes, rasterise
from renderers.strokes.prefixes import drawn_lengths, prefix

PATHS = [OPEN, FILL, BOTH, CLOSED, OPEN]


def test_a_prefix_shows_its_paths_alone() -> None:
    scene = graded(random_scene(PATHS, (40, 48), 2, seed=1))
    rgb, alpha = rasterise(prefix(scene, torch.tensor([2, 4])))
    for candidate, length in enumerate((2, 4)):
        points = sum(path.points for path in PATHS[:length])
        first = replace(
            scene,
            topology=Topology(tuple(PATHS[:length])),
            points=scene.points[:, :points],
            **{name: getattr(scene, name)[:, :length] for name in scene.tensors[1:]},
        )
        expected = rasterise(first)
        assert torch.allclose(rgb[candidate], expected[0][candidate], rtol=0, atol=1e-6)
        assert torch.allclose(alpha[candidate], expected[1][candidate], rtol=0, atol=1e-6)


def test_hidden_paths_have_no_gradient() -> None:
    strokes = Strokes(random_scene([OPEN] * 6, (32, 32)), {"points": 1.0, "width": 0.1, "colour": 0.01})
    assert strokes.order()
    step = next(step for step in (Step(n, 99) for n in range(99)) if lengths(step) == 3)
    strokes.render(step=step).rgb.square().sum().backward()
    points, widths, colours = (parameter.grad for parameter in strokes.parameters())
    assert points is not None and widths is not None and colours is not None
    assert points[0, : 3 * OPEN.points].any() and not points[0, 3 * OPEN.points :].any()
    assert widths[0, :3].all() and not widths[0, 3:].any()
    assert colours[0, :3].all() and not colours[0, 3:].any()


def lengths(step: Step) -> int:
    return int(drawn_lengths(6, torch.tensor([0]), step))


def test_half_of_the_steps_draw_all_and_short_prefixes_are_more_frequent() -> None:
    found = torch.tensor([lengths(Step(n, 2000)) for n in range(2000)]).bincount(minlength=7) / 2000
    assert found[0] == 0
    share = torch.linspace(0, -1.5, 6).exp()
    assert torch.allclose(found[1:6], 0.5 * (share / share.sum())[:5], rtol=0, atol=0.03)


def test_every_candidate_has_its_own_prefix_whoever_else_is_left() -> None:
    strokes = Strokes(random_scene([OPEN] * 8, (32, 32), 4), {"points": 1.0})
    strokes.order()
    step = Step(3, 10)
    assert len(set(drawn_lengths(8, strokes.candidate_ids, step).tolist())) > 1
    before = strokes.render(step=step).rgb
    strokes.keep([1, 3])
    assert torch.equal(strokes.render(step=step).rgb, before[[1, 3]])


@pytest.mark.parametrize("step", [None, Step(3, 10, training=False)])
def test_an_evaluation_draws_all(step: Step | None) -> None:
    scene = random_scene([OPEN] * 8, (32, 32), 2)
    strokes = Strokes(scene, {"points": 1.0})
    strokes.order()
    assert torch.equal(strokes.render(step=step).rgb[:, 0], rasterise(scene)[0])


def test_ordered_shapes_are_a_better_drawing_by_their_first() -> None:
    x, y = torch.meshgrid(torch.linspace(-1, 1, 32), torch.linspace(-1, 1, 32), indexing="xy")
    target = torch.stack([x > -0.5, y > -0.5, x * x + y * y < 0.3]).float()
    plain, ordered = errors_of_prefixes(target, order=False), errors_of_prefixes(target, order=True)
    assert (torch.tensor(ordered[3:6]) < 0.8 * torch.tensor(plain[3:6])).all()


def errors_of_prefixes(target: Tensor, order: bool) -> list[float]:
    """Mean squared error of the first 1, 2, 3... shapes of six that learned a picture."""
    draws = torch.Generator().manual_seed(4)
    places = 32 * (0.15 + 0.7 * torch.rand(1, 6, 2, generator=draws))
    colours = torch.rand(1, 6, 4, generator=draws)
    scene = closed_shapes(places, (32, 32), radius=6.0, colour=colours, generator=draws)
    strokes = Strokes(scene, {"points": 0.5, "colour": 0.03})
    if order:
        strokes.order()
    adam = torch.optim.Adam([{"params": g.parameters, "lr": g.learning_rate} for g in strokes.parameter_groups()])
    for index in range(150):
        loss = (strokes.render(step=Step(index, 150)).rgb[:, 0] - target).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        strokes.constrain()
    scene = strokes.scene().candidate(0)
    pictures = [rasterise(prefix(scene, torch.tensor([length])))[0] for length in range(7)]
    return [float((picture - target).square().mean()) for picture in pictures]
