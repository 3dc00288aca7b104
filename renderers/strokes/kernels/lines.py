# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Lines and tiles: cubics to straight lines, and which tiles each layer touches."""

import warp as wp

from renderers.strokes.kernels.common import REACH, bezier, reach_across, steepness

LIMIT = wp.constant(1.0e6)  # pixels; a path that goes further is not drawn
FAR = wp.constant(1.0e30)

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.kernel
def flatten(
    points: wp.array(dtype=wp.vec2),
    cubics: wp.array(dtype=wp.vec4i),
    line_ends: wp.array(dtype=wp.int32),
    point_count: int,
    cubic_count: int,
    lines: wp.array(dtype=wp.vec4),
):
    """One thread per candidate and cubic."""
    i = wp.tid()
    base = (i // cubic_count) * point_count
    index = cubics[i % cubic_count]
    a = points[base + index[0]]
    b = points[base + index[1]]
    c = points[base + index[2]]
    d = points[base + index[3]]
    first = int(0)
    if i > 0:
        first = line_ends[i - 1]
    end = line_ends[i]
    last = a
    for j in range(first, end):
        point = d
        if j < end - 1:
            point = bezier(a, b, c, d, float(j - first + 1) / float(end - first))
        lines[j] = wp.vec4(last[0], last[1], point[0], point[1])
        last = point


@wp.kernel
def measure(
    lines: wp.array(dtype=wp.vec4),
    line_ends: wp.array(dtype=wp.int32),
    layers: wp.array(dtype=wp.vec4i),
    widths: wp.array(dtype=float),
    path_count: int,
    cubic_count: int,
    height: int,
    width: int,
    spans: wp.array(dtype=wp.vec2i),
    boxes: wp.array(dtype=wp.vec4i),
    cell_counts: wp.array(dtype=wp.int32),
    reaches: wp.array(dtype=float),
):
    """One thread per candidate and layer: its lines, its tiles [x0, y0, x1, y1), how far its ink reaches."""
    i = wp.tid()
    s = i // layers.shape[0]
    layer = layers[i % layers.shape[0]]
    start = s * cubic_count + layer[2]
    first = int(0)
    if start > 0:
        first = line_ends[start - 1]
    end = line_ends[s * cubic_count + layer[3] - 1]
    reach = float(0.0)
    if layer[1] == 0:
        reach = 0.5 * wp.max(widths[s * path_count + layer[0]], 0.0)
    low = wp.vec2(FAR, FAR)
    high = wp.vec2(-FAR, -FAR)
    for j in range(first, end):
        line = lines[j]
        low = wp.vec2(wp.min(low[0], wp.min(line[0], line[2])), wp.min(low[1], wp.min(line[1], line[3])))
        high = wp.vec2(wp.max(high[0], wp.max(line[0], line[2])), wp.max(high[1], wp.max(line[1], line[3])))
    margin = reach
    if layer[1] == 0:
        margin = reach + REACH
    low = low - wp.vec2(margin, margin)
    high = high + wp.vec2(margin, margin)
    box = wp.vec4i(0, 0, 0, 0)
    sane = reach < LIMIT and low[0] > -LIMIT and low[1] > -LIMIT and high[0] < LIMIT and high[1] < LIMIT
    drawn = layer[1] > 0 or reach > 0.0
    if sane and drawn and low[0] < float(width) and low[1] < float(height) and high[0] > 0.0 and high[1] > 0.0:
        box = wp.vec4i(
            int(wp.max(low[0], 0.0)) // 8,
            int(wp.max(low[1], 0.0)) // 8,
            int(wp.min(high[0], float(width) - 0.5)) // 8 + 1,
            int(wp.min(high[1], float(height) - 0.5)) // 8 + 1,
        )
    spans[i] = wp.vec2i(first, end)
    boxes[i] = box
    cell_counts[i] = (box[2] - box[0]) * (box[3] - box[1])
    reaches[i] = reach


@wp.kernel
def mark(
    lines: wp.array(dtype=wp.vec4),
    layers: wp.array(dtype=wp.vec4i),
    spans: wp.array(dtype=wp.vec2i),
    boxes: wp.array(dtype=wp.vec4i),
    cell_ends: wp.array(dtype=wp.int32),
    reaches: wp.array(dtype=float),
    cells: wp.array(dtype=wp.int32),
):
    """One thread per candidate and layer: 1 in every cell that becomes a run."""
    i = wp.tid()
    box = boxes[i]
    columns = box[2] - box[0]
    rows = box[3] - box[1]
    if columns > 0:
        first = cell_ends[i] - columns * rows
        if layers[i % layers.shape[0]][1] > 0:
            for j in range(first, cell_ends[i]):
                cells[j] = 1
        else:
            span = spans[i]
            reach = reaches[i] + REACH
            for j in range(span[0], span[1]):
                line = lines[j]
                top = int(wp.clamp(wp.floor((wp.min(line[1], line[3]) - reach) / 8.0), -1.0, 1.0e6))
                bottom = int(wp.clamp(wp.floor((wp.max(line[1], line[3]) + reach) / 8.0), -1.0, 1.0e6))
                for y in range(wp.max(top, box[1]), wp.min(bottom + 1, box[3])):
                    ends = reach_across(line, steepness(line[3] - line[1]), float(y) * 8.0, float(y) * 8.0 + 8.0, reach)
                    left = int(wp.clamp(wp.floor(ends[0] / 8.0), -1.0, 1.0e6))
                    right = int(wp.clamp(wp.floor(ends[1] / 8.0), -1.0, 1.0e6))
                    for x in range(wp.max(left, box[0]), wp.min(right + 1, box[2])):
                        cells[first + (y - box[1]) * columns + x - box[0]] = 1


@wp.kernel
def collect(
    boxes: wp.array(dtype=wp.vec4i),
    cell_ends: wp.array(dtype=wp.int32),
    layer_count: int,
    tile_rows: int,
    tile_columns: int,
    run_ends: wp.array(dtype=wp.int32),
    cells: wp.array(dtype=wp.int32),
    run_layers: wp.array(dtype=wp.int32),
    run_tiles: wp.array(dtype=wp.int32),
):
    """One thread per candidate and layer: numbers the runs; `cells` then holds the run of each cell, or -1."""
    i = wp.tid()
    box = boxes[i]
    columns = box[2] - box[0]
    count = columns * (box[3] - box[1])
    first = cell_ends[i] - count
    for j in range(count):
        if cells[first + j] == 0:
            cells[first + j] = -1
        else:
            run = run_ends[first + j] - 1
            tile = (box[1] + j // columns) * tile_columns + box[0] + j % columns
            cells[first + j] = run
            run_layers[run] = i
            run_tiles[run] = (i // layer_count) * tile_rows * tile_columns + tile
