"""The rasteriser's forward and backward pass: kernels and their arguments, in order."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import warp as wp
from torch import Tensor

from limn.launch import arrays, launch, launch_sliced
from renderers.strokes import kernels
from renderers.strokes.tables import running_total, subdivisions

TILE = 8
PIXELS = TILE * TILE
FAR = 1e9

GRAINS = {"cover": 4096, "composite": 8192, "colour": 8192, "geometry": 128}
"""Least work for a slice of its own, some milliseconds. After their own work torch's threads spin for that long on the
cores that slices would run on, so small drawings are faster on one core."""


class RasterInput(NamedTuple):
    """A scene as the kernels read it.

    Args:
        points: control points [S, N, 2].
        widths: stroke widths [S, P].
        colours: straight colour of every layer [S, K, 4].
        end_colours, ramps: see `layer_paints` [S, K or 0, 4].
        cubics, cubic_layers, uses, layers: the tables of `RasterTables`.
        height, width: canvas in pixels.
        background: sRGB.
    """

    points: Tensor
    widths: Tensor
    colours: Tensor
    end_colours: Tensor
    ramps: Tensor
    cubics: Tensor
    cubic_layers: Tensor
    uses: Tensor
    layers: Tensor
    height: int
    width: int
    background: list[float]

    @property
    def paint(self) -> tuple[Any, ...]:
        """Colours, end colours and ramps as kernels read them."""
        return arrays(*(tensor.flatten(0, 1) for tensor in (self.colours, self.end_colours, self.ramps)))

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        return -(-self.height // TILE), -(-self.width // TILE)

    @property
    def layer_count(self) -> int:
        """Paint layers of all candidates."""
        return self.points.shape[0] * self.layers.shape[0]

    @property
    def cubic_count(self) -> int:
        """Cubics of all candidates."""
        return self.points.shape[0] * self.cubics.shape[0]


class State(NamedTuple):
    """What the backward pass needs from the forward pass."""

    lines: Tensor
    line_ends: Tensor
    boxes: Tensor
    cell_ends: Tensor
    reaches: Tensor
    cells: Tensor
    run_ends: Tensor
    run_layers: Tensor
    run_tiles: Tensor
    order: Tensor
    tile_starts: Tensor
    inked: Tensor
    coverage: Tensor
    nearest: Tensor
    through: Tensor


def forward_pass(given: RasterInput) -> tuple[Tensor, Tensor, State]:
    """Draws: sRGB over the background [S, 3, H, W], coverage [S, 1, H, W] and the state."""
    points, widths, *_, layers, height, width, background = given
    cubics = given.cubics
    device, candidates, (rows, columns) = points.device, points.shape[0], given.tiles

    def ints(*shape: int) -> Tensor:
        return torch.empty(shape, dtype=torch.int32, device=device)

    def floats(*shape: int) -> Tensor:
        return torch.empty(shape, dtype=torch.float32, device=device)

    # Kernels need finite numbers; what was not finite is moved too far away to be drawn.
    points = torch.nan_to_num(points, FAR, FAR, -FAR).clamp_(-FAR, FAR)
    widths = torch.nan_to_num(widths, 0.0, FAR)
    line_ends, line_count = running_total(subdivisions(points, cubics).flatten())
    lines = floats(line_count, 4)
    a_points, a_cubics, a_lines, a_line_ends = arrays(points.view(-1, 2), cubics, lines, line_ends)
    flattened = (a_points, a_cubics, a_line_ends, points.shape[1], cubics.shape[0], a_lines)
    launch(kernels.flatten, given.cubic_count, flattened, device)

    spans, boxes = ints(given.layer_count, 2), ints(given.layer_count, 4)
    cell_counts, reaches = ints(given.layer_count), floats(given.layer_count)
    a_layers, a_widths, a_spans, a_boxes = arrays(layers, widths.view(-1), spans, boxes)
    a_counts, a_reaches = arrays(cell_counts, reaches)
    measured = (a_lines, a_line_ends, a_layers, a_widths, widths.shape[1], cubics.shape[0], height, width)
    launch(kernels.measure, given.layer_count, (*measured, a_spans, a_boxes, a_counts, a_reaches), device)

    cell_ends, cell_count = running_total(cell_counts)
    cells = torch.zeros(cell_count, dtype=torch.int32, device=device)
    a_cell_ends, a_cells = arrays(cell_ends, cells)
    marked = (a_lines, a_layers, a_spans, a_boxes, a_cell_ends, a_reaches, a_cells)
    launch(kernels.mark, given.layer_count, marked, device)

    run_ends, run_count = running_total(cells)
    run_layers, run_tiles = ints(run_count), ints(run_count)
    a_run_ends, a_run_layers, a_run_tiles = arrays(run_ends, run_layers, run_tiles)
    collected = (a_boxes, a_cell_ends, layers.shape[0], rows, columns, a_run_ends, a_cells, a_run_layers, a_run_tiles)
    launch(kernels.collect, given.layer_count, collected, device)

    coverage, nearest, through = floats(run_count * PIXELS), ints(run_count * PIXELS), floats(run_count * PIXELS)
    a_coverage, a_nearest, a_through = arrays(coverage, nearest, through)
    covered = (a_lines, a_layers, a_spans, a_reaches, a_run_layers, a_run_tiles, rows, columns, a_coverage, a_nearest)
    launch_sliced(kernels.cover, run_count, GRAINS["cover"], covered, device)

    order = torch.argsort(run_tiles, stable=True)
    runs = torch.bincount(run_tiles + 1, minlength=candidates * rows * columns + 1)
    tile_starts = torch.cumsum(runs, 0, dtype=torch.int32)
    inked = runs[1:].nonzero().flatten().to(torch.int32)
    paper = torch.tensor(background, device=device).view(3, 1, 1)
    rgb, alpha = paper.repeat(candidates, 1, height, width), torch.zeros(candidates, 1, height, width, device=device)
    a_inked, a_starts, a_order = arrays(inked, tile_starts, order)
    composited = (
        a_inked,
        a_starts,
        a_order,
        a_run_layers,
        *given.paint,
        wp.vec3(*background),
        height,
        width,
        rows,
        columns,
    )
    composited = (*composited, a_coverage, a_through, *arrays(rgb.view(-1), alpha.view(-1)))
    launch_sliced(kernels.composite, len(inked) * TILE, GRAINS["composite"], composited, device)

    state = State(
        lines=lines,
        line_ends=line_ends,
        boxes=boxes,
        cell_ends=cell_ends,
        reaches=reaches,
        cells=cells,
        run_ends=run_ends,
        run_layers=run_layers,
        run_tiles=run_tiles,
        order=order,
        tile_starts=tile_starts,
        inked=inked,
        coverage=coverage,
        nearest=nearest,
        through=through,
    )
    return rgb, alpha, state


def backward_pass(given: RasterInput, state: State, rgb_adjoint: Tensor, alpha_adjoint: Tensor) -> tuple[Tensor, ...]:
    """Derivatives of a loss by points, widths, colours, end colours and ramps, from those by the two pictures."""
    points, widths, colours, _, _, _, cubic_layers, uses, layers, height, width, background = given
    device, (rows, columns) = points.device, given.tiles
    fragments = len(state.coverage)
    opacity_adjoint = torch.empty(fragments, device=device)
    runs = fragments // PIXELS
    run_adjoint = torch.empty(runs, 4, device=device)
    run_end_adjoint, run_ramp_adjoint = torch.empty(2, runs if given.ramps.shape[1] else 0, 4, device=device)
    cubic_adjoint = torch.empty(given.cubic_count * 4, 2, device=device)
    reach_adjoint = torch.empty(given.cubic_count, device=device)

    lines, line_ends, boxes, cell_ends, reaches, cells, run_ends, run_layers, run_tiles, *rest = arrays(*state)
    order, starts, inked, coverage, nearest, through = rest
    a_rgb, a_alpha = arrays(rgb_adjoint.contiguous().view(-1), alpha_adjoint.contiguous().view(-1))
    a_opacity, *a_runs = arrays(opacity_adjoint, run_adjoint, run_end_adjoint, run_ramp_adjoint)
    composited: tuple[Any, ...] = (
        inked,
        starts,
        order,
        run_layers,
        *given.paint,
        wp.vec3(*background),
        height,
        width,
        rows,
        columns,
    )
    composited += (coverage, through, a_rgb, a_alpha, a_opacity)
    launch_sliced(kernels.composite_adjoint, len(state.inked) * TILE, GRAINS["composite"], composited, device)

    coloured = (
        run_layers,
        run_tiles,
        *given.paint,
        height,
        width,
        rows,
        columns,
        coverage,
        through,
        a_opacity,
        a_rgb,
        *a_runs,
    )
    launch_sliced(kernels.paint_adjoint, runs, GRAINS["colour"], coloured, device)
    a_cubic_layers, a_cubic, a_reach = arrays(cubic_layers, cubic_adjoint, reach_adjoint)
    moved: tuple[Any, ...] = (
        lines,
        line_ends,
        a_cubic_layers,
        boxes,
        cell_ends,
        reaches,
        layers.shape[0],
        height,
        width,
    )
    moved += (cells, coverage, nearest, a_opacity, a_cubic, a_reach)
    launch_sliced(kernels.geometry_adjoint, given.cubic_count, GRAINS["geometry"], moved, device)

    points_adjoint, widths_adjoint = torch.empty_like(points), torch.zeros_like(widths)
    paint_adjoints = [torch.empty_like(tensor) for tensor in (colours, given.end_colours, given.ramps)]
    a_layers, a_uses, a_points = arrays(layers, uses, points_adjoint.view(-1, 2))
    summed: tuple[Any, ...] = (a_layers, cell_ends, run_ends, widths.shape[1], cubic_layers.shape[0], *a_runs, a_reach)
    summed += (*arrays(*(tensor.flatten(0, 1) for tensor in paint_adjoints)), *arrays(widths_adjoint.view(-1)))
    launch(kernels.gather_layers, given.layer_count, summed, device)
    corners = (a_uses, cubic_layers.shape[0] * 4, a_cubic, a_points)
    launch(kernels.gather_points, points.shape[0] * points.shape[1], corners, device)
    return points_adjoint, widths_adjoint, *paint_adjoints
