"""Paper, layers and plots: what drawings lie on and how they leave for other tools."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import resvg_py
import torch
from PIL import Image
from stroke_scenes import psnr

from limn.errors import InputError
from pipelines import read_config
from renderers.strokes import Scene, Strokes, closed_shapes, open_strokes, parse_svg, rasterise, write_svg
from renderers.strokes.plot import pen_travel, plot_of
from renderers.strokes.sheet import Sheet

INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"


def scene(count: int = 12, size: tuple[int, int] = (60, 80), **changes: object) -> Scene:
    generator = torch.Generator().manual_seed(0)
    starts = torch.rand(2, count, 2, generator=generator) * torch.tensor([size[1], size[0]])
    return replace(open_strokes(starts, size, segments=2, radius=9, generator=generator), **changes)


def seen_by_resvg(svg: str, zoom: int = 4) -> np.ndarray:
    """RGBA [H, W, 4] in 0..1."""
    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))))
    return np.asarray(picture.convert("RGBA").reduce(zoom), float) / 255


def groups(svg: str) -> list[tuple[str, str]]:
    return [(g.get("id"), g.get(f"{INKSCAPE}label")) for g in ElementTree.fromstring(svg) if g.tag.endswith("}g")]


def test_without_paper_there_is_nothing_but_strokes(tmp_path: Path) -> None:
    strokes = Strokes(scene(), {"points": 1.0})
    strokes.lay_on(Sheet(None))
    assert torch.equal(strokes.render().rgb, Strokes(scene(), {}).render().rgb)  # losses see white
    strokes.artefacts(tmp_path, 1)
    for name in ("drawing.svg", "animation.svg"):
        assert "<rect" not in (tmp_path / name).read_text()
    with Image.open(tmp_path / "drawing.png") as drawn:
        ours = np.asarray(drawn, float) / 255
    theirs = seen_by_resvg((tmp_path / "drawing.svg").read_text())
    assert ours[..., 3].min() == 0
    assert np.abs(ours[..., 3] - theirs[..., 3]).mean() < 0.01
    assert ours[ours[..., 3] > 0][:, :3].max() < 0.02  # black, not grey, at soft edges


def test_free_paper_is_learnt(tmp_path: Path) -> None:
    strokes = Strokes(scene(), {})
    strokes.lay_on(Sheet(free=True))
    (group,) = strokes.parameter_groups()
    assert (group.name, list(group.parameters[0].shape)) == ("paper", [2, 3])
    blue = torch.tensor([0.2, 0.3, 0.9])
    optimiser = torch.optim.Adam(group.parameters, 0.1)
    for _ in range(120):
        optimiser.zero_grad()
        (strokes.render().rgb - blue[:, None, None]).square().mean().backward()
        optimiser.step()
        strokes.constrain()
    torch.testing.assert_close(strokes.paper[1].detach(), blue, atol=0.02, rtol=0)
    strokes.artefacts(tmp_path, 1)
    theirs = seen_by_resvg((tmp_path / "drawing.svg").read_text())
    ours = strokes.render().rgb[1, 0].detach().permute(1, 2, 0)
    assert psnr(ours, torch.from_numpy(theirs[..., :3]).float()) > 38


@pytest.mark.parametrize("backend", ["warp", "reference"])
def test_gradients_of_the_paper_are_finite_differences(backend: str) -> None:
    drawn = scene(4, (12, 16))
    paper = torch.rand(2, 3, generator=torch.Generator().manual_seed(1), requires_grad=True)
    weights = torch.rand(2, 3, 12, 16, generator=torch.Generator().manual_seed(2))

    def value(colour: torch.Tensor) -> torch.Tensor:
        return (rasterise(replace(drawn, paper=colour), backend=backend)[0] * weights).sum()

    (gradient,) = torch.autograd.grad(value(paper), paper)
    for place in ((0, 0), (1, 2)):
        step = torch.zeros(2, 3)
        step[place] = 0.05
        slope = (value(paper.detach() + step) - value(paper.detach() - step)) / 0.1
        assert float(gradient[place]) == pytest.approx(float(slope), rel=1e-3)


def test_millimetres_keep_the_proportions() -> None:
    svg = write_svg(scene(), millimetres=210)
    assert re.search(r'width="210mm" height="157.5mm" viewBox="0 0 80 60"', svg)
    assert parse_svg(svg).scene.size == (595, 794)  # at 96 pixels an inch


def test_layers_are_those_of_pens_where_there_are_few() -> None:
    drawn = scene(6)
    assert groups(write_svg(drawn)) == [("paper", "Paper"), ("strokes", "Strokes")]
    assert re.findall(r'<path id="([^"]*)"', write_svg(drawn)) == [f"stroke-0{n}" for n in range(1, 7)]
    two = drawn.stroke_colours.clone()
    two[:, 3:, 0] = 1.0
    assert groups(write_svg(replace(drawn, stroke_colours=two))) == [
        ("paper", "Paper"),
        ("strokes-000000-3-px", "Strokes #000000, 3 px"),
        ("strokes-ff0000-3-px", "Strokes #ff0000, 3 px"),
    ]
    each = torch.rand(drawn.stroke_colours.shape, generator=torch.Generator().manual_seed(0))
    assert groups(write_svg(replace(drawn, stroke_colours=each)))[1:] == [("strokes", "Strokes")]
    paths = drawn.topology.paths
    named = tuple(replace(path, layer="A & B" if index < 2 else "C") for index, path in enumerate(paths))
    topology = replace(drawn.topology, paths=named)
    assert groups(write_svg(replace(drawn, topology=topology)))[1:] == [("a-b", "A & B"), ("c", "C")]


def test_a_plot_moves_the_pen_less_and_shows_the_same() -> None:
    drawn = scene(40).candidate(1)
    plot = plot_of(drawn)
    assert pen_travel(plot) < 0.35 * pen_travel(drawn)
    torch.testing.assert_close(rasterise(plot)[0], rasterise(drawn)[0], atol=1e-3, rtol=0)
    assert "<rect" not in write_svg(plot)


def test_a_plot_of_few_strokes_is_nearly_the_shortest() -> None:
    drawn = scene(5).candidate(0)
    ends = drawn.points[0].view(5, -1, 2)[:, [0, -1]].numpy()

    def travel(order: tuple[int, ...], flips: int) -> float:
        pen, total = np.zeros(2), 0.0
        for place, number in enumerate(order):
            start, stop = ends[number][:: -1 if flips >> place & 1 else 1]
            total, pen = total + float(np.linalg.norm(start - pen)), stop
        return total

    best = min(travel(order, flips) for order in permutations(range(5)) for flips in range(32))
    assert pen_travel(plot_of(drawn)) <= 1.1 * best


def test_a_plot_keeps_the_order_of_what_shows_through_or_differs() -> None:
    drawn = scene(8).candidate(0)
    faint = drawn.stroke_colours.clone()
    faint[..., 3] = 0.5
    assert torch.equal(plot_of(replace(drawn, stroke_colours=faint)).points, drawn.points)
    colours = drawn.stroke_colours.clone()
    colours[:, ::2, 0] = 1.0
    plot = plot_of(replace(drawn, stroke_colours=colours))
    assert torch.equal(plot.stroke_colours, colours)


def test_a_plot_has_outlines_of_shapes() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = closed_shapes(torch.rand(1, 3, 2, generator=generator) * 40, (40, 40), generator=generator)
    svg = write_svg(plot_of(shapes))
    assert svg.count('stroke="#000000"') == 3
    assert not re.search(r'<path[^>]*fill="#', svg)


@pytest.mark.parametrize(
    ("paper", "sheet"), [("none", Sheet(None)), ("free", Sheet((0.5, 0.5, 0.5), free=True)), ("#ff0000", None)]
)
def test_papers_of_a_config(paper: str, sheet: Sheet | None) -> None:
    config = read_config({"recipe": "draw", "prompt": "a frog", "paper": paper})
    assert config.sheet() == (sheet or Sheet((1.0, 0.0, 0.0)))


@pytest.mark.parametrize("paper", ["wite", "#12", "rgba(1, 2, 3, 0.5)", ""])
def test_what_is_no_paper_is_one_line(paper: str) -> None:
    with pytest.raises(InputError, match=r"^config: paper: expected none, free or a colour such as white"):
        read_config({"recipe": "draw", "prompt": "a frog", "paper": paper})
