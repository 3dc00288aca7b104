"""Drawings that start at random: strokes, shapes and squares, as the registry of renderers makes them."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from limn.ranges import PenWidth, Reach
from renderers.registry import Canvas
from renderers.strokes.drawing import Strokes
from renderers.strokes.grid import rows_of_squares, square_grid
from renderers.strokes.initialise import closed_shapes, open_strokes

Count = Annotated[int, Field(ge=1, le=4096)]


def strokes(
    canvas: Canvas,
    count: Count = 64,
    segments: Annotated[int, Field(ge=1, le=64)] = 2,
    width: PenWidth = 3.0,
    max_width: PenWidth = 24.0,
    radius: Reach = 0.08,
) -> Strokes:
    """Open coloured strokes of free width.

    Args:
        canvas: what to draw on.
        count: number of strokes.
        segments: cubic segments in a stroke.
        width: of the strokes at the start, in pixels.
        max_width: greatest width of a stroke, in pixels.
        radius: reach of a stroke's first random walk, as a fraction of the canvas.
    """
    starts, colour = _places_and_colours(canvas, count)
    scene = open_strokes(
        starts,
        canvas.size,
        segments=segments,
        radius=radius * min(canvas.size),
        width=width,
        colour=colour,
        generator=canvas.generator,
    )
    return Strokes(scene, {"points": 1.0, "colour": 0.02, "width": 0.2}, width_range=(1.0, max(1.0, max_width)))


def shapes(
    canvas: Canvas,
    count: Count = 64,
    segments: Annotated[int, Field(ge=2, le=64)] = 4,
    radius: Reach = 0.08,
) -> Strokes:
    """Closed filled shapes without outline.

    Args:
        canvas: what to draw on.
        count: number of shapes.
        segments: cubic segments around a shape.
        radius: of a shape at the start, as a fraction of the canvas.
    """
    centres, colour = _places_and_colours(canvas, count)
    scene = closed_shapes(
        centres,
        canvas.size,
        segments=segments,
        radius=radius * min(canvas.size),
        colour=colour,
        generator=canvas.generator,
    )
    return Strokes(scene, {"points": 1.0, "colour": 0.02})


def squares(canvas: Canvas, columns: Annotated[int, Field(ge=1, le=512)] = 28) -> Strokes:
    """A grid of coloured squares: pixel art.

    Args:
        canvas: what to draw on.
        columns: squares in a row; their sides are whole pixels.

    Raises:
        InputError: no whole number of such squares fills the canvas.
    """
    rows = rows_of_squares(canvas.size, columns, "columns")
    colours = torch.rand(canvas.candidates, 3, rows, columns, generator=canvas.generator)
    return Strokes(square_grid(colours, canvas.size), {"colour": 0.05})


def _places_and_colours(canvas: Canvas, count: int) -> tuple[Tensor, Tensor]:
    """Random places around the middle of the canvas [S, P, 2] and colours that are not too faint [S, P, 4]."""
    height, width = canvas.size
    shape = (canvas.candidates, count)
    # Most of a picture happens in its middle.
    places = torch.tensor([width, height]) * (0.15 + 0.7 * torch.rand(*shape, 2, generator=canvas.generator))
    colours = torch.rand(*shape, 4, generator=canvas.generator)
    colours[..., 3] = 0.4 + 0.6 * colours[..., 3]
    return places, colours
