"""Stack: regions of a picture as shapes or strokes that lie on each other, the largest at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderers.strokes.crossings import crossing
from renderers.strokes.paint import Paint, gradient, solid
from renderers.strokes.regions import Regions
from renderers.strokes.scene import Path, Scene, Subpath, Topology

Mask = NDArray[np.uint8]

PAD = 3
"""How far shapes at the border reach beyond the canvas, in pixels of the small picture."""
FINE = 4
"""Masks are enlarged so much before their outline is taken."""
ROUGH = 0.7
"""How far an outline may be from its region at first, in pixels of the small picture."""


@dataclass(frozen=True)
class Mark:
    """A shape or a stroke that an optimisation may start from.

    Args:
        points: its control points in pixels [N, 2], 3 for each segment of a closed shape, one more in a stroke.
        paint: what it is painted with.
        width: of a stroke, in pixels.
    """

    points: Tensor
    paint: Paint
    width: float = 1.0


def stacked_shapes(regions: Regions, segments: int, graded: bool) -> list[Mark]:
    """Regions as closed shapes, the lowest first: the first covers the canvas, and all reach below those above them.

    So no ground shows between neighbours, and borders that lie below others need few points.

    Args:
        regions: of the picture.
        segments: of a shape, at most.
        graded: paint with linear gradients instead of solid colours.
    """
    labels = np.pad(regions.labels, PAD, mode="edge")
    filled = [_without_holes((labels == label).astype(np.uint8)) for label in range(regions.count)]
    order = sorted(range(regions.count), key=lambda label: -int(filled[label].sum()))
    heights = np.argsort(order)[labels]
    reach = max(1, round(0.5 * (labels.size / regions.count) ** 0.5))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    marks = []
    for height, label in enumerate(order):
        own = (labels == label).astype(np.uint8)
        mask = own | (cv2.dilate(own, kernel) & (heights > height)) if height else np.ones_like(own)
        points = _shape(mask.astype(np.uint8), segments, regions.scale)
        if points is not None:
            paint = gradient if graded else solid
            marks.append(Mark(points, paint(*regions.pixels(label))))
    return marks


def region_shape(regions: Regions, label: int, segments: int, paint: Paint) -> Mark | None:
    """One region as a closed shape of a number of segments; None if it is too thin."""
    mask = _without_holes((np.pad(regions.labels, PAD, mode="edge") == label).astype(np.uint8))
    points = _shape(mask, segments, regions.scale, exactly=True)
    return None if points is None else Mark(points, paint)


def region_stroke(regions: Regions, label: int, segments: int, paint: Paint) -> Mark:
    """One region as a straight stroke along its longer axis, about as wide as the region."""
    places, _ = regions.pixels(label)
    middle = places.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov(places.T, bias=True) + np.eye(2) * regions.scale**2 / 12)
    across, along = np.sqrt(12 * spread)  # sides of a rectangle of this spread
    reach = max(along - across, 0.2 * across) / 2 * axes[:, 1]
    steps = np.linspace(-1, 1, 3 * segments + 1)[:, None]
    return Mark(torch.from_numpy(middle + steps * reach).float(), paint, float(across))


def scene_of(marks: Sequence[Mark], size: tuple[int, int], closed: bool, graded: bool) -> Scene:
    """Marks as a drawing of one candidate, the first at the bottom.

    Args:
        marks: what is drawn.
        size: height and width of the canvas.
        closed: True for filled shapes, False for strokes.
        graded: whether it has gradients.
    """
    paths = [Path((Subpath(len(mark.points) // 3, closed),), stroked=not closed, filled=closed) for mark in marks]

    def rows(values: list[object]) -> Tensor:
        return torch.tensor([values], dtype=torch.float32)

    colours = rows([mark.paint.colour for mark in marks])
    return Scene(
        topology=Topology(tuple(paths)),
        points=torch.cat([mark.points for mark in marks])[None],
        widths=rows([mark.width for mark in marks]),
        stroke_colours=colours,
        fill_colours=colours.clone(),
        size=size,
        gradient_ends=rows([mark.paint.ends for mark in marks]) if graded else None,
        gradient_colours=rows([mark.paint.end_colour for mark in marks]) if graded else None,
    )


def _without_holes(mask: Mask) -> Mask:
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, -1))


def _shape(mask: Mask, segments: int, scale: float, exactly: bool = False) -> Tensor | None:
    """Control points around the largest part of a padded mask that do not cross; None if there is none."""
    large = cv2.resize(255 * mask, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_NEAREST)
    soft = cv2.GaussianBlur(large, (0, 0), 0.6 * FINE, borderType=cv2.BORDER_REPLICATE)
    outlines, _ = cv2.findContours((soft > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)[:, 0]
    rough = ROUGH * FINE
    while rough < len(outline):
        knots = _spread(outline, segments) if exactly else cv2.approxPolyDP(outline, rough, True)[:, 0]
        if 3 <= len(knots) <= segments:
            points = scale * closed_curve(torch.from_numpy((knots + 0.5) / FINE - PAD).float())
            if not crossing(Topology((Path((Subpath(len(knots), True),), False, True),)), points[None]).any():
                return points
        if exactly or len(knots) < 3:
            break
        rough *= 1.25
    return _ellipse(outline, segments if exactly else 4, scale)


def closed_curve(knots: Tensor) -> Tensor:
    """Control points [3 n, 2] of a closed curve through knots [n, 2]; it is sharp where it turns by 90 degrees."""
    arriving, leaving = knots - knots.roll(1, 0), knots.roll(-1, 0) - knots
    before, after = (leg.norm(dim=1, keepdim=True).clamp_min(1e-6) for leg in (arriving, leaving))
    tangent = torch.nn.functional.normalize(arriving + leaving, dim=1)
    smooth = (arriving * leaving).sum(dim=1, keepdim=True) > 0
    outgoing = knots + torch.where(smooth, tangent * after, leaving) / 3
    incoming = knots - torch.where(smooth, tangent * before, arriving) / 3
    return torch.stack([knots, outgoing, incoming.roll(-1, 0)], dim=1).flatten(0, 1)


def _spread(outline: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Points of an outline at equal distances."""
    places = np.linspace(0, len(outline), count, endpoint=False).astype(int)
    return np.asarray(outline[places])


def _ellipse(outline: NDArray[np.int32], segments: int, scale: float) -> Tensor:
    """The ellipse with the spread of an outline."""
    spread, axes = np.linalg.eigh(np.cov(outline.T, bias=True) + 0.25 * np.eye(2))
    angles = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    knots = outline.mean(axis=0) + (circle * np.sqrt(2 * spread)) @ axes.T
    return scale * closed_curve(torch.from_numpy((knots + 0.5) / FINE - PAD).float())
