# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Coverage of every fragment by its stroke or fill."""

import warp as wp

from renderers.strokes.kernels.common import REACH, edge, reach_across, slant, squared, steepness

FAR = wp.constant(1.0e30)

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def cover_stroke(
    lines: wp.array(dtype=wp.vec4),
    span: wp.vec2i,
    half: float,
    x0: int,
    y0: int,
    base: int,
    coverage: wp.array(dtype=float),
    nearest: wp.array(dtype=wp.int32),
):
    """Coverage of a stroke: the area of the pixel within two straight edges through the ends of its width."""
    for p in range(base, base + 64):
        coverage[p] = FAR
        nearest[p] = -1
    reach = half + REACH
    left = float(x0) + 0.5
    top = float(y0) + 0.5
    for j in range(span[0], span[1]):
        line = lines[j]
        high = wp.max(line[1], line[3]) + reach - top
        low = wp.min(line[1], line[3]) - reach - top
        right = wp.max(line[0], line[2]) + reach - left
        if high >= 0.0 and low <= 7.0 and right >= 0.0 and wp.min(line[0], line[2]) - reach - left <= 7.0:
            dx = line[2] - line[0]
            dy = line[3] - line[1]
            inverse = 1.0 / squared(line)
            steep = steepness(dy)
            for row in range(int(wp.ceil(wp.max(low, 0.0))), int(wp.min(high, 7.0)) + 1):
                y = top + float(row)
                ends = reach_across(line, steep, y, y, reach)
                begin = int(wp.ceil(wp.clamp(ends[0] - left, 0.0, 8.0)))
                for column in range(begin, int(wp.floor(wp.clamp(ends[1] - left, -1.0, 7.0))) + 1):
                    ex = left + float(column) - line[0]
                    ey = y - line[1]
                    u = wp.clamp((ex * dx + ey * dy) * inverse, 0.0, 1.0)
                    ex = ex - u * dx
                    ey = ey - u * dy
                    square = ex * ex + ey * ey
                    p = base + row * 8 + column
                    if square < coverage[p]:
                        coverage[p] = square
                        nearest[p] = j
    last = int(-1)
    line = wp.vec4()
    side = wp.vec3()
    inverse = float(0.0)
    for p in range(base, base + 64):
        share = float(0.0)
        if nearest[p] >= 0:
            distance = wp.sqrt(coverage[p])
            if distance < half - REACH:
                share = float(1.0)
            elif distance < half + REACH:
                if nearest[p] != last:
                    last = nearest[p]
                    line = lines[last]
                    side = slant(line[2] - line[0], line[3] - line[1])
                    inverse = 1.0 / squared(line)
                ex = left + float(p % 8) - line[0]
                ey = top + float((p - base) // 8) - line[1]
                u = (ex * (line[2] - line[0]) + ey * (line[3] - line[1])) * inverse
                normal = side
                if u <= 0.0:
                    normal = slant(ex, ey)
                elif u >= 1.0:
                    normal = slant(ex + line[0] - line[2], ey + line[1] - line[3])
                share = edge(half - distance, normal)
                if half + distance < REACH:
                    share = share + edge(half + distance, normal) - 1.0
        coverage[p] = wp.max(share, 0.0)


@wp.func
def cover_fill(
    lines: wp.array(dtype=wp.vec4),
    span: wp.vec2i,
    kind: int,
    x0: int,
    y0: int,
    base: int,
    coverage: wp.array(dtype=float),
    nearest: wp.array(dtype=wp.int32),
):
    """Coverage of a fill: the winding number's integral over the pixel, folded by the fill rule."""
    for p in range(base, base + 64):
        coverage[p] = 0.0
    left = float(x0)
    top = float(y0)
    for j in range(span[0], span[1]):
        line = lines[j]
        high = wp.max(line[1], line[3]) - top
        low = wp.min(line[1], line[3]) - top
        if high > 0.0 and low < 8.0 and high > low and wp.min(line[0], line[2]) < left + 8.0:
            slope = (line[2] - line[0]) / (line[3] - line[1])
            sign = wp.sign(line[3] - line[1])
            for row in range(int(wp.max(low, 0.0)), wp.min(int(wp.ceil(high)), 8)):
                ya = wp.max(low, float(row))
                yb = wp.min(high, float(row) + 1.0)
                xa = line[0] - left + (ya + top - line[1]) * slope
                xb = line[0] - left + (yb + top - line[1]) * slope
                begin = wp.min(xa, xb)
                end = wp.max(xa, xb)
                p = base + row * 8
                if end <= 0.0:
                    coverage[p] = coverage[p] + sign * (yb - ya)
                elif begin < 8.0:
                    end = wp.max(end, begin + 1.0e-6)
                    rate = sign * (yb - ya) / (end - begin)  # of the rounded width, or upright edges cast streaks
                    if begin < 0.0:
                        coverage[p] = coverage[p] - rate * begin
                        begin = float(0.0)
                    for column in range(int(begin), wp.min(int(wp.ceil(end)), 8)):
                        xl = wp.max(begin, float(column))
                        xr = wp.min(end, float(column) + 1.0)
                        part = rate * (xr - xl)
                        here = part * (float(column) + 1.0 - 0.5 * (xl + xr))
                        coverage[p + column] = coverage[p + column] + here
                        if column < 7:
                            coverage[p + column + 1] = coverage[p + column + 1] + part - here
    for row in range(8):
        total = float(0.0)
        for p in range(base + row * 8, base + row * 8 + 8):
            total = total + coverage[p]
            rest = total
            if kind == 2:
                rest = total - 2.0 * wp.floor(0.5 * total + 0.5)
            fold = int(0)
            if rest > 0.0 and rest <= 1.0:
                fold = 1
            elif rest < 0.0 and rest >= -1.0:
                fold = -1
            coverage[p] = wp.min(wp.abs(rest), 1.0)
            nearest[p] = fold


@wp.kernel
def cover(
    first: int,
    lines: wp.array(dtype=wp.vec4),
    layers: wp.array(dtype=wp.vec4i),
    spans: wp.array(dtype=wp.vec2i),
    reaches: wp.array(dtype=float),
    run_layers: wp.array(dtype=wp.int32),
    run_tiles: wp.array(dtype=wp.int32),
    tile_rows: int,
    tile_columns: int,
    coverage: wp.array(dtype=float),
    nearest: wp.array(dtype=wp.int32),
):
    """One thread per run; `nearest`: the closest line of a stroke, the fold's derivative (-1, 0, 1) of a fill."""
    run = first + wp.tid()
    i = run_layers[run]
    tile = run_tiles[run] % (tile_rows * tile_columns)
    x0 = (tile % tile_columns) * 8
    y0 = (tile // tile_columns) * 8
    kind = layers[i % layers.shape[0]][1]
    if kind == 0:
        cover_stroke(lines, spans[i], reaches[i], x0, y0, run * 64, coverage, nearest)
    else:
        cover_fill(lines, spans[i], kind, x0, y0, run * 64, coverage, nearest)
