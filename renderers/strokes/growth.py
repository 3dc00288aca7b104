"""Growth: shapes and strokes that begin where a drawing is farthest from its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from renderers.strokes.paint import gradient, solid
from renderers.strokes.regions import find_regions, shrunk
from renderers.strokes.scene import Path, Scene
from renderers.strokes.stack import Mark, region_shape, region_stroke, scene_of

OUTSIDE = -8.0
"""Where paths lie that have not begun, in pixels."""


def resting(path: Path) -> Mark:
    """A path that has not begun: a dot beside the canvas.

    Args:
        path: its kind.
    """
    turns = 2 * torch.pi * torch.arange(path.points) / path.points
    paint = solid(np.full((1, 2), OUTSIDE), np.zeros((1, 3)))
    return Mark(OUTSIDE + 0.1 * torch.stack([turns.cos(), turns.sin()], dim=1), paint)


def grown(paths: Sequence[Path], target: Tensor, picture: Tensor, begins: Tensor, graded: bool) -> Scene:
    """Paths that begin where they lower the squared error most, the larger ones below.

    The error is divided into regions; a path begins as one of those whose best paint takes away most of it.

    Args:
        paths: of the drawing, all closed and filled or all open strokes.
        target: what the drawing should be [3, H, W].
        picture: what it is [3, H, W].
        begins: which paths begin, bool [P]; the others rest.
        graded: paint with linear gradients instead of solid colours.

    Returns:
        One candidate of the same topology.

    Source: Ma et al., LIVE, 2022, section 3.1 (initialisation in the largest component of the error).
    """
    size, paint = (target.shape[1], target.shape[2]), gradient if graded else solid
    regions = find_regions(target - picture.cpu(), max(2 * len(paths), 64))
    wanted, error = replace(regions, colours=shrunk(target)), regions.colours
    found = []
    for label in range(regions.count):
        places, colours = wanted.pixels(label)
        best = paint(places, colours)
        gain = np.square(error[regions.labels == label]).sum() - np.square(best.at(places) - colours).sum()
        found.append((gain, len(places), label, best))
    number = int(begins.sum())
    chosen = sorted(sorted(found, key=lambda one: -one[0])[:number], key=lambda one: -one[1])
    marks = [resting(path) for path in paths]
    for slot, (gain, _, label, best) in zip(torch.nonzero(begins).flatten().tolist(), chosen, strict=False):
        segments = paths[slot].subpaths[0].segments
        if paths[slot].filled:
            begun = region_shape(regions, label, segments, best)
        else:
            begun = region_stroke(regions, label, segments, best)
        marks[slot] = begun if begun is not None and gain > 0 else marks[slot]
    return scene_of(marks, size, closed=paths[0].filled, graded=graded)
