"""Plots: drawings for machines that move a pen or a knife along lines."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderers.strokes.scene import Path, Scene, Topology

PASSES = 8
"""Of 2-opt, at most; each looks at all pairs of strokes."""

Ends = NDArray[np.float64]
"""Where the pen goes down and up, for each stroke [n, 2, 2]."""


def plot_of(scene: Scene) -> Scene:
    """A drawing as a plotter draws it: without paper, fills as their outlines, in an order that moves the pen little.

    Strokes that are painted one after the other with one opaque colour may change places and directions, as that shows
    nowhere. Nearest neighbours come first, then 2-opt (Croes 1958) shortens the way.

    Args:
        scene: one candidate on the CPU.
    """
    drawn = _outlined(scene)
    ends, pen = _ends(drawn), np.zeros(2)
    order: list[int] = []
    turned: list[bool] = []
    for (_, opaque), run in groupby(range(len(ends)), lambda index: _paint(drawn, index)):
        numbers = np.array(list(run))
        way, flips = _tour(ends[numbers], pen) if opaque else (np.arange(len(numbers)), np.zeros(len(numbers), bool))
        order += numbers[way].tolist()
        turned += flips.tolist()
        pen = ends[order[-1], 0 if turned[-1] else 1]
    return _reordered(drawn, order, turned)


def pen_travel(scene: Scene) -> float:
    """How far the pen moves in the air between the paths of one candidate, from the upper left corner on, in pixels."""
    ends = _ends(scene)
    before = np.concatenate([np.zeros((1, 2)), ends[:-1, 1]])
    return float(np.linalg.norm(ends[:, 0] - before, axis=1).sum())


def _outlined(scene: Scene) -> Scene:
    """Strokes as they are, fills as strokes of a pixel in their colour, on no paper."""
    filled = torch.tensor([not path.stroked for path in scene.topology.paths])
    return replace(
        scene,
        topology=Topology(tuple(replace(path, stroked=True, filled=False) for path in scene.topology.paths)),
        widths=torch.where(filled, 1.0, scene.widths),
        stroke_colours=torch.where(filled[:, None], scene.fill_colours, scene.stroke_colours),
        background=None,
        paper=None,
        gradient_ends=None,
        gradient_colours=None,
    )


def _paint(scene: Scene, index: int) -> tuple[tuple[int, ...], bool]:
    """What paths have in common that may change places, and whether it is opaque."""
    colour = (scene.stroke_colours[0, index] * 255).round().int().tolist()
    return tuple(colour), colour[3] == 255


def _ends(scene: Scene) -> Ends:
    points = scene.points[0].double().numpy()
    found = []
    for first, path in zip(scene.topology.path_starts, scene.topology.paths, strict=True):
        after, last = first + path.points, path.subpaths[-1]
        found.append([points[first], points[after - last.points if last.closed else after - 1]])
    return np.array(found).reshape(-1, 2, 2)


def _tour(ends: Ends, pen: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """An order of strokes from where the pen is, and which of them are drawn from their other end."""
    order, turned, left = [], [], np.ones(len(ends), bool)
    here = pen
    for _ in ends:
        away = np.where(left[:, None], np.linalg.norm(ends - here, axis=2), np.inf)
        number, flipped = divmod(int(away.argmin()), 2)
        order.append(number)
        turned.append(bool(flipped))
        left[number], here = False, ends[number, 1 - flipped]
    way, flips = np.array(order), np.array(turned)
    laid = np.where(flips[:, None, None], ends[way][:, ::-1], ends[way])
    for _ in range(PASSES):
        if not _shortened(laid, way, flips, pen):
            break
    return way, flips


def _shortened(laid: Ends, way: NDArray[np.int64], flips: NDArray[np.bool_], pen: NDArray[np.float64]) -> bool:
    """Reverses parts of a tour where that shortens it, in place; False where none does."""
    found = False
    for first in range(len(way)):
        start, stop = laid[:, 0], laid[first:, 1]
        before = pen if first == 0 else laid[first - 1, 1]
        after = np.concatenate([start[first + 1 :], stop[-1:]])  # the last move ends where the pen is
        now = np.linalg.norm(start[first] - before) + np.linalg.norm(after - stop, axis=1)
        then = np.linalg.norm(stop - before, axis=1) + np.linalg.norm(after - start[first], axis=1)
        then[-1] = np.linalg.norm(stop[-1] - before)
        last = int((then - now).argmin())
        if then[last] < now[last] - 1e-6:
            part = slice(first, first + last + 1)
            way[part], flips[part] = way[part][::-1].copy(), ~flips[part][::-1]
            laid[part] = laid[part][::-1, ::-1].copy()
            found = True
    return found


def _reordered(scene: Scene, order: list[int], turned: list[bool]) -> Scene:
    paths, starts = scene.topology.paths, scene.topology.path_starts
    points, drawn = [], []
    for index, backwards in zip(order, turned, strict=True):
        own = scene.points[0, starts[index] : starts[index] + paths[index].points]
        points.append(_reversed(own, paths[index]) if backwards else own)
        subpaths = paths[index].subpaths
        drawn.append(replace(paths[index], subpaths=subpaths[::-1] if backwards else subpaths))
    return replace(
        scene,
        topology=Topology(tuple(drawn)),
        points=torch.cat(points)[None],
        widths=scene.widths[:, order],
        stroke_colours=scene.stroke_colours[:, order],
        fill_colours=scene.fill_colours[:, order],
    )


def _reversed(points: Tensor, path: Path) -> Tensor:
    """The control points of a path that is drawn from its other end."""
    parts = torch.split(points, [subpath.points for subpath in path.subpaths])
    backwards = [
        torch.cat([part[:1], part[1:].flip(0)]) if subpath.closed else part.flip(0)
        for part, subpath in zip(parts, path.subpaths, strict=True)
    ]
    return torch.cat(backwards[::-1])
