# mypy: ignore-errors
# ruff: noqa: UP018, RUF046, SIM102
"""The adjoint of coverage: from fragments to lines to control points and widths."""

import warp as wp

from renderers.strokes.kernels.common import REACH, edge_adjoint, reach_across, slant, slant_adjoint, squared, steepness

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def fragment_at(x: int, y: int, box: wp.vec4i, first: int, cells: wp.array(dtype=wp.int32)):
    """The layer's fragment at a pixel of its box, or -1."""
    run = cells[first + (y // 8 - box[1]) * (box[2] - box[0]) + x // 8 - box[0]]
    if run < 0:
        return -1
    return run * 64 + (y % 8) * 8 + x % 8


@wp.func
def stroke_adjoint(
    index: int,
    line: wp.vec4,
    half: float,
    box: wp.vec4i,
    first: int,
    height: int,
    width: int,
    cells: wp.array(dtype=wp.int32),
    coverage: wp.array(dtype=float),
    nearest: wp.array(dtype=wp.int32),
    coverage_adjoint: wp.array(dtype=float),
):
    """Derivatives by the line's two ends and by half the width; the closest point's parameter counts as constant."""
    ax = float(0.0)
    ay = float(0.0)
    bx = float(0.0)
    by = float(0.0)
    wide = float(0.0)
    reach = half + REACH
    dx = line[2] - line[0]
    dy = line[3] - line[1]
    inverse = 1.0 / squared(line)
    steep = steepness(dy)
    side = slant(dx, dy)
    low = wp.max(wp.min(line[1], line[3]) - reach - 0.5, 0.0)
    high = wp.min(wp.max(line[1], line[3]) + reach - 0.5, float(wp.min(box[3] * 8, height) - 1))
    for row in range(int(wp.ceil(wp.min(low, 1.0e6))), int(wp.floor(wp.max(high, -1.0))) + 1):
        y = float(row) + 0.5
        ends = reach_across(line, steep, y, y, reach)
        begin = int(wp.ceil(wp.clamp(ends[0] - 0.5, 0.0, 1.0e6)))
        end = int(wp.floor(wp.clamp(ends[1] - 0.5, -1.0, float(wp.min(box[2] * 8, width) - 1))))
        for column in range(begin, end + 1):
            fragment = fragment_at(column, row, box, first, cells)
            if fragment >= 0:
                if nearest[fragment] == index and coverage[fragment] > 0.0:
                    x = float(column) + 0.5
                    u = wp.clamp(((x - line[0]) * dx + (y - line[1]) * dy) * inverse, 0.0, 1.0)
                    ex = line[0] + u * dx - x
                    ey = line[1] + u * dy - y
                    distance = wp.sqrt(ex * ex + ey * ey)
                    if distance > half - REACH:
                        capped = u == 0.0 or u == 1.0
                        vx = dx
                        vy = dy
                        normal = side
                        if capped:
                            vx = ex
                            vy = ey
                            normal = slant(ex, ey)
                        weight = coverage_adjoint[fragment]
                        outer = edge_adjoint(half - distance, normal)
                        inner = edge_adjoint(half + distance, normal)
                        wide = wide + weight * (outer[0] + inner[0])
                        pull = weight * (inner[0] - outer[0]) / wp.max(distance, 1.0e-6)
                        turn = weight * slant_adjoint(vx, vy, outer[1] + inner[1], outer[2] + inner[2])
                        mx = pull * ex
                        my = pull * ey
                        if capped:
                            mx = mx + turn[0]
                            my = my + turn[1]
                        else:
                            ax = ax - turn[0]
                            ay = ay - turn[1]
                            bx = bx + turn[0]
                            by = by + turn[1]
                        ax = ax + mx * (1.0 - u)
                        ay = ay + my * (1.0 - u)
                        bx = bx + mx * u
                        by = by + my * u
    return wp.vec4(ax, ay, bx, by), wide


@wp.func
def fill_adjoint(
    line: wp.vec4,
    box: wp.vec4i,
    first: int,
    height: int,
    width: int,
    cells: wp.array(dtype=wp.int32),
    nearest: wp.array(dtype=wp.int32),
    coverage_adjoint: wp.array(dtype=float),
):
    """Derivatives by the line's two ends: the flux of its motion through every pixel (Reynolds' transport theorem)."""
    near = float(0.0)
    far = float(0.0)
    dx = line[2] - line[0]
    dy = line[3] - line[1]
    low = wp.max(wp.min(line[1], line[3]), 0.0)
    high = wp.min(wp.max(line[1], line[3]), float(height))
    level = wp.abs(dy) < 1.0e-6
    top = int(wp.floor(wp.min(low, 1.0e6)))
    bottom = int(wp.ceil(wp.max(high, -1.0)))
    if level and line[1] >= 0.0:
        bottom = top + 1
    for row in range(top, wp.min(bottom, height)):
        ta = float(0.0)
        tb = float(1.0)
        if not level:
            t0 = (float(row) - line[1]) / dy
            t1 = (float(row) + 1.0 - line[1]) / dy
            ta = wp.clamp(wp.min(t0, t1), 0.0, 1.0)
            tb = wp.clamp(wp.max(t0, t1), 0.0, 1.0)
        xa = line[0] + ta * dx
        xb = line[0] + tb * dx
        begin = wp.max(wp.min(xa, xb), 0.0)
        end = wp.min(wp.max(xa, xb), float(width))
        upright = wp.abs(dx) < 1.0e-6
        left = int(wp.floor(wp.min(begin, 1.0e6)))
        right = int(wp.ceil(wp.max(end, -1.0)))
        if upright and xa >= 0.0:
            right = left + 1
        for column in range(left, wp.min(right, width)):
            t0 = ta
            t1 = tb
            if not upright:
                t2 = (float(column) - line[0]) / dx
                t3 = (float(column) + 1.0 - line[0]) / dx
                t0 = wp.clamp(wp.min(t2, t3), ta, tb)
                t1 = wp.clamp(wp.max(t2, t3), ta, tb)
            if t1 > t0:
                fragment = fragment_at(column, row, box, first, cells)
                if fragment >= 0 and nearest[fragment] != 0:
                    weight = coverage_adjoint[fragment] * float(nearest[fragment]) * (t1 - t0)
                    middle = 0.5 * (t0 + t1)
                    near = near + weight * (1.0 - middle)
                    far = far + weight * middle
    return wp.vec4(-dy * near, dx * near, -dy * far, dx * far)


@wp.kernel
def geometry_adjoint(
    first: int,
    lines: wp.array(dtype=wp.vec4),
    line_ends: wp.array(dtype=wp.int32),
    cubic_layers: wp.array(dtype=wp.vec2i),
    boxes: wp.array(dtype=wp.vec4i),
    cell_ends: wp.array(dtype=wp.int32),
    reaches: wp.array(dtype=float),
    layer_count: int,
    height: int,
    width: int,
    cells: wp.array(dtype=wp.int32),
    coverage: wp.array(dtype=float),
    nearest: wp.array(dtype=wp.int32),
    coverage_adjoint: wp.array(dtype=float),
    cubic_adjoint: wp.array(dtype=wp.vec2),
    reach_adjoint: wp.array(dtype=float),
):
    """One thread per candidate and cubic: derivatives by its four control points and by half its path's width."""
    i = first + wp.tid()
    s = i // cubic_layers.shape[0]
    owners = cubic_layers[i % cubic_layers.shape[0]]
    start = int(0)
    if i > 0:
        start = line_ends[i - 1]
    end = line_ends[i]
    pa = wp.vec2(0.0, 0.0)
    pb = wp.vec2(0.0, 0.0)
    pc = wp.vec2(0.0, 0.0)
    pd = wp.vec2(0.0, 0.0)
    wide = float(0.0)
    for kind in range(2):
        if owners[kind] >= 0:
            layer = s * layer_count + owners[kind]
            box = boxes[layer]
            cell = cell_ends[layer] - (box[2] - box[0]) * (box[3] - box[1])
            if box[2] > box[0]:
                for j in range(start, end):
                    pull = wp.vec4(0.0, 0.0, 0.0, 0.0)
                    if kind == 0:
                        pull = fill_adjoint(lines[j], box, cell, height, width, cells, nearest, coverage_adjoint)
                    else:
                        pull, more = stroke_adjoint(
                            j,
                            lines[j],
                            reaches[layer],
                            box,
                            cell,
                            height,
                            width,
                            cells,
                            coverage,
                            nearest,
                            coverage_adjoint,
                        )
                        wide = wide + more
                    near = wp.vec2(pull[0], pull[1])
                    far = wp.vec2(pull[2], pull[3])
                    t = float(j - start) / float(end - start)
                    r = 1.0 - t
                    v = float(j - start + 1) / float(end - start)
                    w = 1.0 - v
                    pa = pa + near * (r * r * r) + far * (w * w * w)
                    pb = pb + near * (3.0 * r * r * t) + far * (3.0 * w * w * v)
                    pc = pc + near * (3.0 * r * t * t) + far * (3.0 * w * v * v)
                    pd = pd + near * (t * t * t) + far * (v * v * v)
    cubic_adjoint[i * 4] = pa
    cubic_adjoint[i * 4 + 1] = pb
    cubic_adjoint[i * 4 + 2] = pc
    cubic_adjoint[i * 4 + 3] = pd
    reach_adjoint[i] = wide
