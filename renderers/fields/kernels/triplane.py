# mypy: ignore-errors
"""Bilinear interpolation in the planes XY, XZ and YZ, and the adjoint by the planes."""

import warp as wp

from limn.kernels import of_channels
from renderers.fields.kernels.rows import bilinear, mixed, spread

wp.set_module_options({"enable_backward": False})


@wp.struct
class Square:
    """The cell of a plane that a point lies in."""

    rows: wp.vec4i
    """Of its four vertices in the table."""
    weights: wp.vec4


@wp.func
def square_of(point: wp.vec3, plane: int, table: int, side: int):
    """`plane`: 0 for XY, 1 for XZ, 2 for YZ. `table`: number of the plane among those of all candidates."""
    half = 0.5 * float(side - 1)
    x = (point[plane // 2] + 1.0) * half
    y = (point[(plane + 3) // 2] + 1.0) * half
    # Clamped as integers, so that what is not a number lies in the plane, too.
    column = wp.clamp(int(x), 0, side - 2)
    line = wp.clamp(int(y), 0, side - 2)
    square = Square()
    row = (table * side + line) * side + column
    square.rows = wp.vec4i(row, row + 1, row + side, row + side + 1)
    square.weights = bilinear(wp.clamp(x - float(column), 0.0, 1.0), wp.clamp(y - float(line), 0.0, 1.0))
    return square


@of_channels
def interpolate(vector):
    """Values of each plane at points."""
    mix = mixed(vector)

    def kernel(
        first: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        side: int,
        table: wp.array(dtype=vector),
        values: wp.array(dtype=vector),
    ):
        """Threads: point, plane."""
        thread = first + wp.tid()
        i = thread // 3
        plane = thread - 3 * i
        at = square_of(points[i], plane, 3 * owner[i] + plane, side)
        values[thread] = mix(table, at.rows, at.weights)

    return kernel


@of_channels
def interpolate_adjoint(vector):
    """Derivatives by the planes."""
    add = spread(vector)

    def kernel(
        first: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        side: int,
        each: int,
        rows: int,
        by_values: wp.array(dtype=vector),
        result: wp.array(dtype=vector),
    ):
        """Threads: share of the points, plane, point. Parts: shares, each with a table of its own, by planes."""
        thread = first + wp.tid()
        part = thread // each
        share = part // 3
        plane = part - 3 * share
        i = thread - (part - share) * each
        if i >= points.shape[0]:
            return
        at = square_of(points[i], plane, 3 * owner[i] + plane, side)
        add(result, at.rows + wp.vec4i(share * rows), at.weights, by_values[3 * i + plane])

    return kernel
