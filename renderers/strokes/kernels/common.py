# mypy: ignore-errors
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
def along(ramp: wp.vec4, x: float, y: float):
    """How far a place lies along a gradient, not clamped; 0 where its ends coincide or are not finite."""
    dx = ramp[2] - ramp[0]
    dy = ramp[3] - ramp[1]
    square = dx * dx + dy * dy
    if square > 0.0 and square < 1.0e30:
        return ((x - ramp[0]) * dx + (y - ramp[1]) * dy) / square
    return 0.0


@wp.func
def paint_at(
    layer: int,
    x: float,
    y: float,
    colours: wp.array(dtype=wp.vec4),
    end_colours: wp.array(dtype=wp.vec4),
    ramps: wp.array(dtype=wp.vec4),
):
    """Straight colour of a layer at a place; drawings of solid paint have no ramps."""
    paint = colours[layer]
    if ramps.shape[0] > 0:
        paint = paint + (end_colours[layer] - paint) * wp.clamp(along(ramps[layer], x, y), 0.0, 1.0)
    return paint


@wp.func
def squared(line: wp.vec4):
    """Squared length of a line, never zero."""
    dx = line[2] - line[0]
    dy = line[3] - line[1]
    return wp.max(dx * dx + dy * dy, 1.0e-12)


@wp.func
def steepness(dy: float):
    """1 / dy, or 0 for a level line."""
    if wp.abs(dy) > 1.0e-6:
        return 1.0 / dy
    return 0.0


@wp.func
def reach_across(line: wp.vec4, steep: float, low: float, high: float, reach: float):
    """Smallest and largest x within `reach` of the part of the line that is within `reach` of low <= y <= high."""
    ta = (low - reach - line[1]) * steep
    tb = (high + reach - line[1]) * steep
    x0 = line[0]
    x1 = line[2]
    if steep != 0.0:
        x0 = line[0] + wp.clamp(ta, 0.0, 1.0) * (line[2] - line[0])
        x1 = line[0] + wp.clamp(tb, 0.0, 1.0) * (line[2] - line[0])
    return wp.vec2(wp.min(x0, x1) - reach, wp.max(x0, x1) + reach)


@wp.func
def slant(x: float, y: float):
    """The larger a and smaller b coordinate, without sign, of the unit vector along (x, y), and 1 / (a b)."""
    scale = 1.0 / wp.max(wp.sqrt(x * x + y * y), 1.0e-6)
    a = wp.max(wp.abs(x), wp.abs(y)) * scale
    b = wp.max(wp.min(wp.abs(x), wp.abs(y)) * scale, 1.0e-6)
    return wp.vec3(a, b, 1.0 / wp.max(a * b, 1.0e-12))


@wp.func
def edge(s: float, normal: wp.vec3):
    """Share of a pixel within an edge of a normal (see `slant`) that lies s beyond the pixel's centre."""
    t = wp.abs(s)
    rest = wp.max(0.5 * (normal[0] + normal[1]) - t, 0.0)
    share = 1.0 - 0.5 * rest * rest * normal[2]
    if t <= 0.5 * (normal[0] - normal[1]):
        share = 0.5 + t * normal[1] * normal[2]
    if s < 0.0:
        return 1.0 - share
    return share


@wp.func
def edge_adjoint(s: float, normal: wp.vec3):
    """Derivatives of ``edge`` by s and by the larger and smaller coordinate of the normal."""
    t = wp.abs(s)
    if t >= 0.5 * (normal[0] + normal[1]):
        return wp.vec3(0.0, 0.0, 0.0)
    if t <= 0.5 * (normal[0] - normal[1]):
        by_s = normal[1] * normal[2]
        return wp.vec3(by_s, -s * by_s * by_s, 0.0)
    slope = (0.5 * (normal[0] + normal[1]) - t) * normal[2]
    half = wp.sign(s) * 0.5 * slope
    return wp.vec3(slope, half * (slope * normal[1] - 1.0), half * (slope * normal[0] - 1.0))


@wp.func
def slant_adjoint(x: float, y: float, by_larger: float, by_smaller: float):
    """Derivatives by x and y of what depends on ``slant``: a turn of (x, y) trades one coordinate for the other."""
    square = wp.max(x * x + y * y, 1.0e-12)
    turn = by_smaller * wp.max(wp.abs(x), wp.abs(y)) - by_larger * wp.min(wp.abs(x), wp.abs(y))
    turn = turn / wp.sqrt(square)
    if (x * y < 0.0) != (wp.abs(y) > wp.abs(x)):
        turn = -turn
    return wp.vec2(-y, x) * (turn / square)
