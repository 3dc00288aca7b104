"""Strokes, the renderer: groups, limits, artefacts, checkpoints, and that it learns."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from stroke_scenes import BOTH, FILL, OPEN, psnr, random_scene, resvg

from renderers import InputError, Strokes, closed_shapes, open_strokes, path_data, svg_animated, write_svg

RATES = {"points": 1.0, "width": 0.1, "colour": 0.01}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_groups_hold_what_has_a_rate_and_is_seen() -> None:
    strokes = Strokes(random_scene([OPEN, BOTH], (32, 32), 2), RATES)
    groups = {group.name: (len(group.parameters), group.learning_rate) for group in strokes.parameter_groups()}
    assert groups == {"points": (1, 1.0), "width": (1, 0.1), "colour": (2, 0.01)}
    assert strokes.candidates == 2
    fixed = Strokes(random_scene([FILL], (32, 32)), {"colour": 0.01, "width": 1.0})
    assert [(group.name, len(group.parameters)) for group in fixed.parameter_groups()] == [("colour", 1)]
    assert {name for name, _ in fixed.named_parameters()} == {"fill_colours"}


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(InputError, match="learning_rates: strokes have no 'widht', expected width"):
        Strokes(random_scene([OPEN], (32, 32)), {"widht": 1.0})


def test_every_parameter_gets_a_gradient() -> None:
    strokes = Strokes(random_scene([BOTH] * 3, (32, 32), 2), RATES)
    frames = strokes.render()
    assert frames.rgb.shape == (2, 1, 3, 32, 32)
    assert frames.alpha.shape == (2, 1, 1, 32, 32)
    frames.rgb.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in strokes.parameters())
    assert strokes.render(size=(16, 48)).rgb.shape == (2, 1, 3, 16, 48)


def test_constrain_clamps_what_is_optimised() -> None:
    strokes = Strokes(random_scene([BOTH], (32, 32)), RATES, width_range=(1.0, 4.0))
    with torch.no_grad():
        for parameter in strokes.parameters():
            parameter.mul_(100).sub_(20)
    before = strokes.points.clone()
    strokes.constrain()
    assert 1 <= strokes.widths.min() <= strokes.widths.max() <= 4
    assert 0 <= strokes.stroke_colours.min() <= strokes.fill_colours.max() <= 1
    assert torch.equal(strokes.points, before)


def test_artefacts_are_what_was_rendered(tmp_path: Path) -> None:
    strokes = Strokes(random_scene([FILL, OPEN, OPEN], (128, 100), 2), RATES)
    svg, png, animation = (artefact.path for artefact in strokes.artefacts(tmp_path / "new", candidate=1))
    rendered = strokes.render().rgb[1, 0].detach()
    pixels = torch.from_numpy(np.asarray(Image.open(png)).copy()).permute(2, 0, 1) / 255
    assert (pixels - rendered).abs().max() <= 0.5 / 255 + 1e-6
    assert psnr(rendered, resvg(svg.read_text())) > 38
    assert svg.read_text() == write_svg(strokes.scene(), 1)
    assert animation.read_text() == svg_animated(strokes.scene(), 1)


def test_state_goes_through_a_state_dict() -> None:
    strokes = Strokes(random_scene([OPEN, FILL], (32, 32), 2, seed=1), {"points": 1.0})
    other = Strokes(random_scene([OPEN, FILL], (32, 32), 2, seed=2), {"points": 1.0})
    other.load_state_dict(strokes.state_dict())
    assert set(strokes.state_dict()) == {"points", "widths", "stroke_colours", "fill_colours", "candidate_ids"}
    assert torch.equal(other.render().rgb, strokes.render().rgb)


def test_strokes_learn_a_picture() -> None:
    target = Strokes(random_scene([FILL, OPEN], (48, 48), seed=3), {}).render().rgb
    strokes = Strokes(random_scene([FILL, OPEN], (48, 48), seed=4), RATES)
    adam = torch.optim.Adam([{"params": g.parameters, "lr": g.learning_rate} for g in strokes.parameter_groups()])
    losses = []
    for _ in range(60):
        loss = (strokes.render().rgb - target).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        strokes.constrain()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_open_strokes_walk_from_their_starts() -> None:
    starts = torch.rand(2, 5, 2) * 64
    scene = open_strokes(starts, (64, 64), segments=2, radius=3.0, width=2.0, generator=generator())
    points = scene.points.view(2, 5, 7, 2)
    assert torch.equal(points[:, :, 0], starts)
    assert points.diff(dim=2).abs().max() <= 3.0
    assert torch.equal(
        scene.points, open_strokes(starts, (64, 64), segments=2, radius=3.0, generator=generator()).points
    )
    assert scene.stroke_colours[1, 4].tolist() == [0, 0, 0, 1]


def test_closed_shapes_are_blobs_around_their_centres() -> None:
    colours = torch.rand(2, 5, 4)
    scene = closed_shapes(torch.full((2, 5, 2), 32.0), (64, 64), radius=10, colour=colours, generator=generator())
    distances = (scene.points.view(2, 5, 12, 2)[:, :, ::3] - 32).norm(dim=-1)
    assert 7.5 <= distances.min() < distances.max() <= 12.5
    assert torch.equal(scene.fill_colours, colours)
    with pytest.raises(ValueError, match="at least 2 segments"):
        closed_shapes(torch.zeros(1, 1, 2), (8, 8), segments=1, generator=generator())


def test_the_animated_svg_ends_as_the_drawing() -> None:
    scene = random_scene([OPEN, FILL, OPEN], (64, 64))
    text = svg_animated(scene, seconds=3.0)
    assert re.findall(r"animation:(\w+) 1s linear (\d)s", text) == [("draw", "0"), ("show", "1"), ("draw", "2")]
    assert all(data in text for data in path_data(scene))
    assert torch.equal(resvg(text), resvg(write_svg(scene)))
