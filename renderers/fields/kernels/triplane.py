# mypy: ignore-errors
"""Bilinear interpolation in the planes XY, XZ and YZ, and the adjoint by the planes."""

import warp as wp

from limn.kernels import of_channels

wp.set_module_options({"enable_backward": False})


@wp.struct
class Square:
    """The cell of a plane that a point lies in."""

    row: int
    """Of the first vertex in the table."""
    x: float
    y: float
    """Place of the point in the cell, along columns and rows, 0..1."""


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
    square.row = (table * side + line) * side + column
    square.x = wp.clamp(x - float(column), 0.0, 1.0)
    square.y = wp.clamp(y - float(line), 0.0, 1.0)
    return square


@of_channels
def interpolate(vector):
    """Values of each plane at points."""

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
        value = table[at.row] * ((1.0 - at.x) * (1.0 - at.y))
        value += table[at.row + 1] * (at.x * (1.0 - at.y))
        value += table[at.row + side] * ((1.0 - at.x) * at.y)
        value += table[at.row + side + 1] * (at.x * at.y)
        values[thread] = value

    return kernel


@of_channels
def interpolate_adjoint(vector):
    """Derivatives by the planes."""

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
        row = share * rows + at.row
        by = by_values[3 * i + plane]
        wp.atomic_add(result, row, by * ((1.0 - at.x) * (1.0 - at.y)))
        wp.atomic_add(result, row + 1, by * (at.x * (1.0 - at.y)))
        wp.atomic_add(result, row + side, by * ((1.0 - at.x) * at.y))
        wp.atomic_add(result, row + side + 1, by * (at.x * at.y))

    return kernel
