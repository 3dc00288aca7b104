"""Strokes begin along the edges of a picture, apart from each other."""

import math

import pytest
import torch
from torch import Tensor

from guidance import Step
from guidance.losses import line_map
from pipelines.inputs.tracing import trace_strokes
from renderers.strokes import open_paths, rasterise

SIZE, RADIUS = 128, 40


@pytest.fixture
def disc() -> Tensor:
    y, x = torch.meshgrid(torch.arange(SIZE) - SIZE / 2, torch.arange(SIZE) - SIZE / 2, indexing="ij")
    return (1 - (RADIUS - x.hypot(y)).clamp(0, 1)).expand(1, 3, SIZE, SIZE)


def line_strength(picture: Tensor) -> Tensor:
    lines = torch.nn.functional.interpolate(line_map(picture), size=list(picture.shape[-2:]), mode="bicubic")[0, 0]
    return lines.clamp(min=0) / lines.max().clamp(min=1e-12)


def _trace(picture: Tensor, count: int, segments: int = 1, seed: int = 0, length: float = 40) -> Tensor:
    draws = Step(0, 1, seed).generator("strokes")
    lines = line_strength(picture)
    return trace_strokes(lines, torch.ones_like(lines), count, length, segments, draws)


def _ink(strokes: Tensor) -> Tensor:
    return 1 - rasterise(open_paths(strokes[None], (SIZE, SIZE), width=2.0))[0][0, 0]


@pytest.mark.parametrize("segments", [1, 2])
def test_strokes_lie_on_the_outline(disc: Tensor, segments: int) -> None:
    strokes = _trace(disc, 6, segments)
    assert strokes.shape == (6, 3 * segments + 1, 2)
    ends = strokes[:, ::3]
    assert ((ends - SIZE / 2).norm(dim=-1) - RADIUS).abs().max() < 4
    ink = _ink(strokes)
    assert ink[line_strength(disc) > 0.3].sum() > 0.9 * ink.sum()


def test_strokes_share_the_outline_among_them(disc: Tensor) -> None:
    whole = 2 * 2 * math.pi * (RADIUS - 1)
    assert _ink(_trace(disc, 10)).sum() > 0.75 * whole


def test_no_stroke_is_longer_than_told_nor_leaves_its_line(disc: Tensor) -> None:
    t = torch.linspace(0, 1, 50)[:, None, None]
    for length in (12.0, 60.0):
        a, b, c, d = _trace(disc, 8, length=length).unbind(dim=1)
        curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
        assert curve.diff(dim=0).norm(dim=-1).sum(dim=0).max() < 1.1 * length + 2
        assert ((curve - SIZE / 2).norm(dim=-1) - RADIUS).abs().max() < 6.5


def test_the_strongest_line_comes_first() -> None:
    picture = torch.ones(1, 3, SIZE, SIZE)
    picture[..., 20:108, 30:33] = 0.75
    picture[..., 20:108, 90:93] = 0.0
    assert (_trace(picture, 1)[..., 0] - 91.5).abs().max() < 2


def test_strokes_go_where_they_are_worth_most(disc: Tensor) -> None:
    lines = line_strength(disc)
    left = (torch.arange(SIZE) < SIZE / 2).float().expand(SIZE, SIZE)
    assert (trace_strokes(lines, left, 3, 40, 1, Step(0, 1).generator())[..., 0] < SIZE / 2 + 2).all()


def test_the_seed_decides(disc: Tensor) -> None:
    assert torch.equal(_trace(disc, 4), _trace(disc, 4))
    assert not torch.equal(_trace(disc, 4), _trace(disc, 4, seed=1))


def test_more_strokes_than_there_is_room_for(disc: Tensor) -> None:
    ends = _trace(disc, 60)[:, [0, -1]]
    assert ((ends - SIZE / 2).norm(dim=-1) - RADIUS).abs().max() < 9


def test_a_blank_picture_gets_strokes_too() -> None:
    assert _trace(torch.ones(1, 3, 64, 64), 3).isfinite().all()
