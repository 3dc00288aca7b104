"""Clips: whether they cut anything off. Nothing is cut here; a clip that does not cut needs no word."""

from __future__ import annotations

from collections.abc import Sequence

from renderers.strokes.svg.painter import Extent
from renderers.strokes.svg.shapes import SHAPES, shape_chains
from renderers.strokes.svg.transforms import Matrix, apply
from renderers.strokes.svg.values import Lengths, MalformedError
from renderers.strokes.svg.xml import Node

_BENT = {"style", "class", "transform", "clip-path", "display", "visibility", "systemLanguage"}


def box_of(clip: Node | None, matrix: Matrix, lengths: Lengths) -> list[complex] | None:
    """The corners in pixels of a <clipPath> that is one upright rectangle; None for others."""
    if clip is None or clip.tag != "clipPath" or clip.attributes.get("clipPathUnits") == "objectBoundingBox":
        return None
    shapes = clip.children
    if len(shapes) != 1 or shapes[0].tag not in SHAPES or _BENT & {*clip.attributes, *shapes[0].attributes}:
        return None
    try:
        chains, wrong = shape_chains(shapes[0], lengths)
    except MalformedError:
        return None
    placed = [[apply(matrix, point) for point in chain.points] for chain in chains if chain.closed]
    if wrong or len(chains) != 1 or not placed:
        return None
    corners = placed[0][::3]
    xs, ys = ({round(part, 3) for part in parts} for parts in zip(*((p.real, p.imag) for p in corners), strict=True))
    upright = len(corners) == 4 and len(xs) == len(ys) == 2
    straight = all(round(point.real, 3) in xs or round(point.imag, 3) in ys for point in placed[0])
    return corners if upright and straight else None


def beyond(extents: Sequence[Extent], corners: Sequence[complex]) -> bool:
    """True if something drawn may lie outside of the box around some corners, by more than a tenth of a pixel.

    Args:
        extents: left, right, top and bottom of what was drawn, in pixels.
        corners: of the box.
    """
    xs, ys = [corner.real for corner in corners], [corner.imag for corner in corners]
    least, most = (min(xs) - 0.1, min(ys) - 0.1), (max(xs) + 0.1, max(ys) + 0.1)
    return any(
        left < least[0] or top < least[1] or right > most[0] or bottom > most[1] for left, right, top, bottom in extents
    )
