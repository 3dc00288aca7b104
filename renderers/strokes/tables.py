"""The integer tables of a topology that rasterisers read, made once per topology and device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from renderers.strokes.scene import Path, Scene, Topology

STROKE, NONZERO, EVENODD = 0, 1, 2


@dataclass(frozen=True)
class RasterTables:
    """Paint layers, the lowest first: each is the fill or the stroke of one path. All tables are int32.

    Args:
        cubics: control points of every cubic [C, 4]. The cubics of a path are adjacent; those that only close an open
            subpath for filling come last.
        cubic_layers: the fill layer and the stroke layer of every cubic, -1 for none [C, 2].
        uses: for each control point the corners of cubics (4 * cubic + 0..3) that it is, -1 for none [N, 4].
        layers: path, kind (STROKE, NONZERO, EVENODD), first cubic and end of cubics [K, 4].
        colours: row of each layer's colour in the stroke colours followed by the fill colours, int64 [K].
    """

    cubics: Tensor
    cubic_layers: Tensor
    uses: Tensor
    layers: Tensor
    colours: Tensor


@lru_cache(maxsize=64)
def tables_of(topology: Topology, device: torch.device) -> RasterTables:
    """The tables of a topology."""
    cubics: list[tuple[int, int, int, int]] = []
    owners: list[tuple[int, int]] = []
    layers: list[tuple[int, int, int, int]] = []
    colours: list[int] = []
    for index, (path, start) in enumerate(zip(topology.paths, topology.path_starts, strict=True)):
        drawn, closing = _path_cubics(path, start)
        first, end = len(cubics), len(cubics) + len(drawn)
        fill = stroke = -1
        if path.filled:
            fill = len(layers)
            layers.append((index, EVENODD if path.rule == "evenodd" else NONZERO, first, end + len(closing)))
            colours.append(len(topology.paths) + index)
        if path.stroked:
            stroke = len(layers)
            layers.append((index, STROKE, first, end))
            colours.append(index)
        cubics += drawn + closing
        owners += [(fill, stroke)] * len(drawn) + [(fill, -1)] * len(closing)

    def table(rows: object, columns: int) -> Tensor:
        return torch.tensor(rows, dtype=torch.int32, device=device).reshape(-1, columns)

    uses: list[list[int]] = [[] for _ in range(topology.points)]
    for corner, point in enumerate(index for cubic in cubics for index in cubic):
        uses[point].append(corner)
    return RasterTables(
        table(cubics, 4),
        table(owners, 2),
        table([(corners + [-1] * 4)[:4] for corners in uses], 4),
        table(layers, 4),
        torch.tensor(colours, dtype=torch.int64, device=device),
    )


def _path_cubics(path: Path, start: int) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]]:
    """Control point indices of a path's own cubics and of those that close its open subpaths for filling."""
    drawn, closing = [], []
    for subpath in path.subpaths:
        for segment in range(subpath.segments):
            a, b, c, d = (start + 3 * segment + i for i in range(4))
            drawn.append((a, b, c, start if subpath.closed and segment == subpath.segments - 1 else d))
        if path.filled and not subpath.closed:
            last = start + subpath.points - 1
            closing.append((last, last, start, start))
        start += subpath.points
    return drawn, closing


def layer_paints(tables: RasterTables, scene: Scene) -> tuple[Tensor, Tensor, Tensor]:
    """What every layer is painted with.

    Returns:
        Colours [S, K, 4]; where the scene has gradients, the colours at their ends and the ends (x0, y0, x1, y1), which
        coincide for strokes [S, K, 4], otherwise nothing [S, 0, 4].
    """

    def of_layers(strokes: Tensor, fills: Tensor) -> Tensor:
        return torch.cat([strokes, fills], dim=1).index_select(1, tables.colours)

    colours = of_layers(scene.stroke_colours, scene.fill_colours)
    if scene.gradient_ends is None or scene.gradient_colours is None:
        nothing = colours.new_zeros(scene.candidates, 0, 4)
        return colours, nothing, nothing
    ends = scene.gradient_ends.flatten(2)
    return colours, of_layers(scene.stroke_colours, scene.gradient_colours), of_layers(torch.zeros_like(ends), ends)


def subdivisions(points: Tensor, cubics: Tensor, tolerance: float = 0.05) -> Tensor:
    """How many straight lines each cubic is divided into, so that none is further from it than a tolerance.

    Args:
        points: control points in pixels [S, N, 2].
        cubics: indices of control points [C, 4].
        tolerance: in pixels.

    Returns:
        Counts in 1..256, int32 [S, C].

    Source: n = sqrt(3/4 * d / tolerance) with d the largest second difference (Wang's bound for cubics).
    """
    with torch.no_grad():
        p = points.index_select(1, cubics.flatten()).view(points.shape[0], -1, 4, 2)
        bends = (p[:, :, :2] - 2 * p[:, :, 1:3] + p[:, :, 2:]).square().sum(-1).amax(-1)
        count = (bends.sqrt_() * (0.75 / tolerance)).sqrt_().ceil_()
        return torch.nan_to_num_(count, nan=1.0).clamp_(1, 256).to(torch.int32)


def running_total(counts: Tensor) -> tuple[Tensor, int]:
    """Inclusive sums, and the last of them."""
    ends = torch.cumsum(counts, 0, dtype=torch.int32)
    return ends, int(ends[-1]) if len(ends) else 0
