"""Scenes to start an optimisation from; all random numbers come from the given generator."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from renderers.strokes.scene import WHITE, Path, Scene, Subpath, Topology

Colour = tuple[float, float, float, float]


def open_strokes(
    starts: Tensor,
    size: tuple[int, int],
    *,
    segments: int = 1,
    radius: float = 11.2,
    width: float = 3.0,
    colour: Colour | Tensor = (0.0, 0.0, 0.0, 1.0),
    background: tuple[float, float, float] = WHITE,
    generator: torch.Generator,
) -> Scene:
    """Short open strokes: from its start each stroke takes a random walk from control point to control point.

    Args:
        starts: first control point of every stroke in pixels [S, P, 2].
        size: height and width of the canvas in pixels.
        segments: cubics in a stroke, at least 1.
        radius: largest step of the walk along x and along y, in pixels.
        width: full stroke width in pixels.
        colour: straight sRGB and opacity in 0..1, one for all or one each [S, P, 4].
        background: sRGB colour of the paper.
        generator: source of the random numbers.

    Returns:
        The scene.

    Source: CLIPasso (Vinker et al. 2022), painter_params.
    """
    candidates, paths, _ = starts.shape
    steps = _uniform((candidates, paths, 3 * segments, 2), generator, starts) * radius
    points = torch.cat([starts[:, :, None], starts[:, :, None] + steps.cumsum(2)], dim=2)
    return open_paths(points, size, width=width, colour=colour, background=background)


def open_paths(
    points: Tensor,
    size: tuple[int, int],
    *,
    width: float | Tensor = 3.0,
    colour: Colour | Tensor = (0.0, 0.0, 0.0, 1.0),
    background: tuple[float, float, float] = WHITE,
) -> Scene:
    """Open strokes through given control points.

    Args:
        points: of every stroke in pixels [S, P, 3 * segments + 1, 2].
        size: height and width of the canvas in pixels.
        width: full stroke width in pixels, one for all or one each [P].
        colour: straight sRGB and opacity in 0..1, one for all or one each [S, P, 4].
        background: sRGB colour of the paper.

    Returns:
        The scene.
    """
    path = Path((Subpath((points.shape[2] - 1) // 3),))
    return _scene(path, points, size, width, colour, background)


def shared_widths(widths: Sequence[float], count: int) -> Tensor:
    """The width of each stroke where several widths share the strokes: the thinner, the more strokes have it.

    Args:
        widths: in pixels, in the order in which strokes take them.
        count: P, how many strokes.

    Returns:
        [P].
    """
    each = torch.tensor(widths)
    ends = (count * (1 / each).cumsum(0) / (1 / each).sum()).round().long()
    return torch.repeat_interleave(each, ends.diff(prepend=ends.new_zeros(1)))


def closed_shapes(
    centres: Tensor,
    size: tuple[int, int],
    *,
    segments: int = 4,
    radius: float = 10.0,
    colour: Colour | Tensor = (0.0, 0.0, 0.0, 1.0),
    background: tuple[float, float, float] = WHITE,
    generator: torch.Generator,
) -> Scene:
    """Filled blobs without stroke: circles turned at random whose corners lie at 3/4 to 5/4 of the radius.

    Args:
        centres: middle of every shape in pixels [S, P, 2].
        size: height and width of the canvas in pixels.
        segments: cubics around a shape, at least 2.
        radius: mean radius in pixels.
        colour: straight sRGB and opacity in 0..1, one for all or one each [S, P, 4].
        background: sRGB colour of the paper.
        generator: source of the random numbers.

    Returns:
        The scene.
    """
    if segments < 2:
        raise ValueError(f"a closed shape needs at least 2 segments, not {segments}")
    shape = (*centres.shape[:2], segments)
    turn = _uniform((*centres.shape[:2], 1), generator, centres) * math.pi
    angle = turn + torch.arange(segments, dtype=centres.dtype, device=centres.device) * (2 * math.pi / segments)
    corner = torch.stack([angle.cos(), angle.sin()], dim=-1)
    tangent = torch.stack([-angle.sin(), angle.cos()], dim=-1) * (4 / 3 * math.tan(math.pi / (2 * segments)))
    distance = radius * (1 + 0.25 * _uniform(shape, generator, centres))[..., None]
    leaving, arriving = (corner + tangent) * distance, ((corner - tangent) * distance).roll(-1, dims=2)
    points = torch.stack([corner * distance, leaving, arriving], dim=3).flatten(2, 3) + centres[:, :, None]
    path = Path((Subpath(segments, closed=True),), stroked=False, filled=True)
    return _scene(path, points, size, 1.0, colour, background)


def _uniform(shape: tuple[int, ...], generator: torch.Generator, like: Tensor) -> Tensor:
    """Numbers in -1..1."""
    numbers = torch.rand(shape, generator=generator, dtype=like.dtype, device=generator.device)
    return (2 * numbers - 1).to(like.device)


def _scene(
    path: Path,
    points: Tensor,
    size: tuple[int, int],
    width: float | Tensor,
    colour: Colour | Tensor,
    background: tuple[float, float, float],
) -> Scene:
    """Many paths of one kind; ``points`` [S, P, points of a path, 2]."""
    candidates, paths = points.shape[:2]
    colours = torch.as_tensor(colour, dtype=points.dtype, device=points.device).expand(candidates, paths, 4)
    return Scene(
        topology=Topology((path,) * paths),
        points=points.reshape(candidates, -1, 2),
        widths=torch.as_tensor(width, dtype=points.dtype, device=points.device).expand(candidates, paths).clone(),
        stroke_colours=colours.clone(),
        fill_colours=colours.clone(),
        size=size,
        background=background,
    )
