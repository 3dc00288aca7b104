# mypy: ignore-errors
# ruff: noqa: UP018
"""Functions that several kernels share."""

import warp as wp

REACH = wp.constant(0.75)  # pixels; a little more than sqrt(1/2), where a pixel stops seeing an edge

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def bezier(a: wp.vec2, b: wp.vec2, c: wp.vec2, d: wp.vec2, t: float):
    """Point of a cubic."""
    s = 1.0 - t
    return a * (s * s * s) + b * (3.0 * s * s * t) + c * (3.0 * s * t * t) + d * (t * t * t)


@wp.func
def reach_across(line: wp.vec4, low: float, high: float, reach: float):
    """Smallest and largest x within `reach` of the part of the line that is within `reach` of low <= y <= high."""
    t0 = float(0.0)
    t1 = float(1.0)
    dy = line[3] - line[1]
    if wp.abs(dy) > 1.0e-6:
        ta = (low - reach - line[1]) / dy
        tb = (high + reach - line[1]) / dy
        t0 = wp.clamp(wp.min(ta, tb), 0.0, 1.0)
        t1 = wp.clamp(wp.max(ta, tb), 0.0, 1.0)
    x0 = line[0] + t0 * (line[2] - line[0])
    x1 = line[0] + t1 * (line[2] - line[0])
    return wp.vec2(wp.min(x0, x1) - reach, wp.max(x0, x1) + reach)


@wp.func
def position(line: wp.vec4, x: float, y: float):
    """Parameter in 0..1 of the line's point that is closest to (x, y)."""
    dx = line[2] - line[0]
    dy = line[3] - line[1]
    return wp.clamp(((x - line[0]) * dx + (y - line[1]) * dy) / wp.max(dx * dx + dy * dy, 1.0e-12), 0.0, 1.0)


@wp.func
def edge(s: float, a: float, b: float):
    """Share of a pixel within an edge of normal (a, b), a >= b >= 0, that lies s beyond the pixel's centre."""
    t = wp.abs(s)
    rest = wp.max(0.5 * (a + b) - t, 0.0)
    share = 1.0 - rest * rest / (2.0 * a * wp.max(b, 1.0e-6))
    if t <= 0.5 * (a - b):
        share = 0.5 + t / a
    if s < 0.0:
        return 1.0 - share
    return share


@wp.func
def edge_adjoint(s: float, a: float, b: float):
    """Derivatives of ``edge`` by s, a and b."""
    t = wp.abs(s)
    sign = wp.sign(s)
    rest = wp.max(0.5 * (a + b) - t, 0.0)
    area = a * wp.max(b, 1.0e-6)
    by_a = sign * (0.5 * rest * rest / (area * a) - 0.5 * rest / area)
    by_b = sign * (0.5 * rest * rest / (area * wp.max(b, 1.0e-6)) - 0.5 * rest / area)
    by_s = rest / area
    if t <= 0.5 * (a - b):
        by_s = 1.0 / a
        by_a = -s / (a * a)
        by_b = float(0.0)
    return wp.vec3(by_s, by_a, by_b)


@wp.func
def slant(x: float, y: float):
    """The larger and the smaller coordinate, without sign, of the unit vector along (x, y)."""
    length = wp.max(wp.sqrt(x * x + y * y), 1.0e-6)
    return wp.vec2(wp.max(wp.abs(x), wp.abs(y)) / length, wp.min(wp.abs(x), wp.abs(y)) / length)


@wp.func
def slant_adjoint(x: float, y: float, by_larger: float, by_smaller: float):
    """Derivatives by x and y of what depends on ``slant``: a turn of (x, y) trades one coordinate for the other."""
    square = wp.max(x * x + y * y, 1.0e-12)
    turn = by_smaller * wp.max(wp.abs(x), wp.abs(y)) - by_larger * wp.min(wp.abs(x), wp.abs(y))
    turn = turn / wp.sqrt(square)
    if (x * y < 0.0) != (wp.abs(y) > wp.abs(x)):
        turn = -turn
    return wp.vec2(-y, x) * (turn / square)
