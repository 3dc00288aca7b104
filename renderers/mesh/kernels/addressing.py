# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Which texels lie around a point of a texture map or of a cube map."""

import warp as wp

REPEAT = wp.constant(0)
CLAMP = wp.constant(1)
MIRROR = wp.constant(2)
ZERO = wp.constant(3)

NOWHERE = wp.constant(-1)


@wp.struct
class Layout:
    """How texels lie in memory and what is beyond the border.

    A cube map has six sides, one after the other: +x, -x, +y, -y, +z, -z. Any other map has one.
    """

    sides: int
    count: int  # of texels on a side, all levels
    wrap: int  # not used for cube maps
    nearest: int
    complete: int  # whether there are texels on all sides of every point


@wp.func
def wrapped(x: int, size: int, wrap: int):
    """Index of a texel within the map, or `NOWHERE`."""
    if x >= 0 and x < size:
        return x
    if wrap == CLAMP:
        return wp.clamp(x, 0, size - 1)
    if wrap == ZERO:
        return NOWHERE
    period = size
    if wrap == MIRROR:
        period = 2 * size
    rest = x % period
    if rest < 0:
        rest = rest + period
    if rest >= size:
        rest = 2 * size - 1 - rest
    return rest


@wp.func
def across_of(side: int):
    """The axis that runs across a side of a cube, and its direction."""
    axis = int(0)
    if side < 2:
        axis = 2
    direction = int(1)
    if side == 0 or side == 5:
        direction = -1
    return axis, direction


@wp.func
def down_of(side: int):
    """The axis that runs down a side of a cube, and its direction."""
    if side == 2:
        return 2, 1
    if side == 3:
        return 2, -1
    return 1, -1


@wp.func
def on_cube(side: int, x: int, y: int, size: int, start: int, count: int):
    """Index of a texel, which may lie beyond one edge of its side; `NOWHERE` beyond two.

    The cube is `size` from its middle to its sides. What lies beyond an edge is the row of the next side along it.
    """
    beyond_x = x < 0 or x >= size
    beyond_y = y < 0 or y >= size
    if beyond_x and beyond_y:
        return NOWHERE
    found = side
    column = x
    row = y
    if beyond_x or beyond_y:
        across, turn = across_of(side)
        down, flip = down_of(side)
        point = wp.vec3i(0, 0, 0)
        point[side // 2] = (size - 1) * (1 - 2 * (side % 2))
        point[across] = turn * wp.clamp(2 * x + 1 - size, -size, size)
        point[down] = flip * wp.clamp(2 * y + 1 - size, -size, size)
        axis = down
        if beyond_x:
            axis = across
        found = 2 * axis
        if point[axis] < 0:
            found = found + 1
        across, turn = across_of(found)
        down, flip = down_of(found)
        column = (turn * point[across] + size - 1) // 2
        row = (flip * point[down] + size - 1) // 2
    return found * count + start + row * size + column


@wp.func
def beside(coordinate: float, size: int, nearest: int):
    """The texel before a coordinate along one axis, and how far it lies beyond that; or the texel that it is in."""
    if nearest != 0:
        return int(wp.floor(coordinate * float(size))), 0.0
    x = coordinate * float(size) - 0.5
    below = wp.floor(x)
    return int(below), x - below


@wp.func
def texels_at(uv: wp.vec2, side: int, level: wp.vec3i, layout: Layout):
    """The four texels around a point (upper left and right, lower left and right), and how far between them it lies."""
    column, across = beside(uv[0], level[2], layout.nearest)
    row, down = beside(uv[1], level[1], layout.nearest)
    at = wp.vec4i(NOWHERE, NOWHERE, NOWHERE, NOWHERE)
    if layout.sides > 1:
        k = int(0)  # a loop compiles in less time than its four rounds
        while k < 4:
            at[k] = on_cube(side, column + k % 2, row + k // 2, level[2], level[0], layout.count)
            k += 1
    else:
        left = wrapped(column, level[2], layout.wrap)
        right = wrapped(column + 1, level[2], layout.wrap)
        upper = wrapped(row, level[1], layout.wrap)
        lower = wrapped(row + 1, level[1], layout.wrap)
        above = level[0] + upper * level[2]
        below = level[0] + lower * level[2]
        at = wp.vec4i(above + left, above + right, below + left, below + right)
        if layout.complete == 0 and layout.wrap == ZERO:
            if upper < 0 or left < 0:
                at[0] = NOWHERE
            if upper < 0 or right < 0:
                at[1] = NOWHERE
            if lower < 0 or left < 0:
                at[2] = NOWHERE
            if lower < 0 or right < 0:
                at[3] = NOWHERE
    return at, wp.vec2(across, down)
