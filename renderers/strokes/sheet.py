"""Sheet: what a drawing lies on, and how it is written for tools and plotters."""

from __future__ import annotations

from dataclasses import dataclass

from renderers.strokes.scene import WHITE


@dataclass(frozen=True)
class Sheet:
    """What a drawing lies on.

    Args:
        colour: sRGB of the paper in 0..1; None for no paper.
        free: whether the colour of the paper is optimised; it begins with ``colour``.
        millimetres: width of the sheet; SVG files are in pixels when None.
        plot: whether a file for a plotter is written beside the drawing.
    """

    colour: tuple[float, float, float] | None = WHITE
    free: bool = False
    millimetres: float | None = None
    plot: bool = False
