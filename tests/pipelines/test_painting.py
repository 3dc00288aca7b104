"""Paintings: brush strokes that begin where and as the picture has it."""

from __future__ import annotations

import torch
from torch import Tensor

from pipelines.inputs.painting import paint_strokes
from renderers.strokes import open_paths, rasterise, shared_widths


def striped(angle: float, size: tuple[int, int] = (48, 64)) -> Tensor:
    """Wide stripes of two colours along a direction [3, H, W]."""
    y, x = torch.meshgrid(torch.arange(size[0]) + 0.5, torch.arange(size[1]) + 0.5, indexing="ij")
    across = -x * torch.sin(torch.tensor(angle)) + y * torch.cos(torch.tensor(angle))
    one, other = torch.tensor([0.9, 0.2, 0.1]), torch.tensor([0.1, 0.3, 0.8])
    return torch.where((across % 24 < 12)[None], one[:, None, None], other[:, None, None])


def painted(picture: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
    """The strokes [P, 4, 2] and the picture that they are [3, H, W]."""
    points, colours = paint_strokes(picture, widths.tolist(), 1, torch.Generator().manual_seed(0))
    opaque = torch.cat([colours, torch.ones(len(colours), 1)], dim=1)
    scene = open_paths(points[None], (picture.shape[1], picture.shape[2]), width=widths, colour=opaque[None])
    return points, rasterise(scene)[0][0]


def test_strokes_follow_the_lines_of_the_picture() -> None:
    for angle in (0.0, 0.6, 1.4):
        points, _ = painted(striped(angle), torch.full((24,), 5.0))
        chords = points[:, -1] - points[:, 0]
        long = chords.norm(dim=1) > 10
        along = torch.tensor([torch.cos(torch.tensor(angle)), torch.sin(torch.tensor(angle))])
        assert long.sum() > 12
        assert ((chords[long] @ along).abs() / chords[long].norm(dim=1)).median() > 0.97


def test_a_painting_is_near_to_its_picture_and_nearer_with_finer_strokes() -> None:
    picture = striped(0.6)
    _, coarse = painted(picture, torch.full((20,), 16.0))
    _, both = painted(picture, torch.cat([torch.full((20,), 16.0), torch.full((60,), 5.0)]))
    errors = [float((one - picture).square().mean()) for one in (torch.ones_like(picture), coarse, both)]
    assert errors[1] < 0.4 * errors[0]
    assert errors[2] < 0.6 * errors[1]


def test_it_paints_small_and_blank_pictures() -> None:
    for picture in (torch.ones(3, 16, 16), torch.zeros(3, 16, 40)):
        points, drawn = painted(picture, torch.tensor([30.0, 8.0, 0.5]))
        assert points.isfinite().all()
        assert drawn.isfinite().all()


def test_thinner_widths_have_more_of_the_strokes() -> None:
    assert shared_widths([6, 3, 1.5], 14).tolist() == [6.0] * 2 + [3.0] * 4 + [1.5] * 8
    assert shared_widths([4.0], 3).tolist() == [4.0] * 3
    for count in range(1, 20):
        found = shared_widths([9, 2, 5, 1], count)
        assert len(found) == count
        assert found[-1] == 1
    wide = open_paths(torch.rand(1, 2, 4, 2) * 30, (32, 32), width=torch.tensor([5.0, 1.0]))
    assert wide.widths.tolist() == [[5.0, 1.0]]
