"""Strokes begin along the edges of a picture, apart from each other."""

import pytest
import torch
from torch import Tensor

from guidance import Step
from pipelines.saliency import edge_map
from pipelines.tracing import trace_strokes
from renderers.strokes import open_paths, rasterise

SIZE, RADIUS = 128, 40


@pytest.fixture
def disc() -> Tensor:
    y, x = torch.meshgrid(torch.arange(SIZE) - SIZE / 2, torch.arange(SIZE) - SIZE / 2, indexing="ij")
    return (1 - (RADIUS - x.hypot(y)).clamp(0, 1)).expand(1, 3, SIZE, SIZE)


def _trace(picture: Tensor, count: int, segments: int = 1, seed: int = 0) -> Tensor:
    draws = Step(0, 1, seed).generator("strokes")
    edges = edge_map(picture)
    return trace_strokes(picture, torch.ones_like(edges), edges, count, 40, segments, draws)


@pytest.mark.parametrize("segments", [1, 2])
def test_strokes_lie_on_the_outline(disc: Tensor, segments: int) -> None:
    strokes = _trace(disc, 6, segments)
    assert strokes.shape == (6, 3 * segments + 1, 2)
    ends = strokes[:, ::3]
    assert ((ends - SIZE / 2).norm(dim=-1) - RADIUS).abs().max() < 6
    ink = 1 - rasterise(open_paths(strokes[None], (SIZE, SIZE), width=2.0))[0][0, 0]
    assert ink[edge_map(disc) > 0].sum() > 0.6 * ink.sum()
    assert ink.sum() > 2 * 100  # more than a third of the way around


def test_the_seed_decides(disc: Tensor) -> None:
    assert torch.equal(_trace(disc, 4), _trace(disc, 4))
    assert not torch.equal(_trace(disc, 4), _trace(disc, 4, seed=1))


def test_more_strokes_than_there_is_room_for(disc: Tensor) -> None:
    ends = _trace(disc, 60)[:, [0, -1]]
    assert ((ends - SIZE / 2).norm(dim=-1) - RADIUS).abs().max() < 6


def test_a_blank_picture_gets_strokes_too() -> None:
    assert _trace(torch.ones(1, 3, 64, 64), 3).isfinite().all()
