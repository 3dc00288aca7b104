# mypy: ignore-errors
"""Trilinear interpolation in a grid of vertices, with gradients in space, and the adjoint by the grid."""

from typing import Any

import warp as wp

from limn.kernels import of_channels

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.struct
class Cell:
    """The cell of a point: its first row in the table, steps to the next row and layer, and the point's place in it."""

    row: int
    up: int
    back: int
    place: wp.vec3
    rate: wp.vec3
    """Change of the place per unit of space; 0 on an axis on which the point is outside of the box."""


@wp.func
def cell_of(point: wp.vec3, owner: int, sides: wp.vec3i):
    """`sides`: vertices along x, y and z. The vertices at the ends lie on the faces of the box -1..1."""
    cell = Cell()
    cell.up = sides[0]
    cell.back = sides[0] * sides[1]
    half = wp.vec3(float(sides[0] - 1), float(sides[1] - 1), float(sides[2] - 1)) * 0.5
    at = wp.cw_mul(point + wp.vec3(1.0), half)
    x = wp.clamp(int(at[0]), 0, sides[0] - 2)
    y = wp.clamp(int(at[1]), 0, sides[1] - 2)
    z = wp.clamp(int(at[2]), 0, sides[2] - 2)
    place = at - wp.vec3(float(x), float(y), float(z))
    cell.place = wp.vec3(wp.clamp(place[0], 0.0, 1.0), wp.clamp(place[1], 0.0, 1.0), wp.clamp(place[2], 0.0, 1.0))
    cell.rate = half
    for axis in range(3):
        if wp.abs(point[axis]) > 1.0:
            cell.rate[axis] = 0.0
    cell.row = ((owner * sides[2] + z) * sides[1] + y) * sides[0] + x
    return cell


@wp.func
def add(result: wp.array(dtype=Any), row: int, value: Any, low: int, high: int):
    """Adds to a row if it is owned."""
    if row >= low and row < high:
        wp.atomic_add(result, row, value)


@of_channels
def interpolate(vector):
    """Values at points."""

    def kernel(
        first: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        sides: wp.vec3i,
        table: wp.array(dtype=vector),
        values: wp.array(dtype=vector),
    ):
        """One thread per point."""
        i = first + wp.tid()
        cell = cell_of(points[i], owner[i], sides)
        row = cell.row
        x = cell.place[0]
        a = wp.lerp(table[row], table[row + 1], x)
        row += cell.up
        b = wp.lerp(table[row], table[row + 1], x)
        row += cell.back
        d = wp.lerp(table[row], table[row + 1], x)
        row -= cell.up
        c = wp.lerp(table[row], table[row + 1], x)
        values[i] = wp.lerp(wp.lerp(a, b, cell.place[1]), wp.lerp(c, d, cell.place[1]), cell.place[2])

    return kernel


@of_channels
def interpolate_adjoint(vector):
    """Derivatives by the table, from those by the values."""

    def kernel(
        first: int,
        low: int,
        high: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        sides: wp.vec3i,
        by_values: wp.array(dtype=vector),
        result: wp.array(dtype=vector),
    ):
        """One thread per point. Owned rows: of the table."""
        i = first + wp.tid()
        cell = cell_of(points[i], owner[i], sides)
        row = cell.row
        if row + cell.back + cell.up + 1 < low or row >= high:
            return
        x = cell.place[0]
        y = cell.place[1]
        by = by_values[i]
        far = by * cell.place[2]
        by -= far
        part = by * (1.0 - y)
        add(result, row, part * (1.0 - x), low, high)
        add(result, row + 1, part * x, low, high)
        row += cell.up
        part = by * y
        add(result, row, part * (1.0 - x), low, high)
        add(result, row + 1, part * x, low, high)
        row += cell.back
        part = far * y
        add(result, row, part * (1.0 - x), low, high)
        add(result, row + 1, part * x, low, high)
        row -= cell.up
        part = far * (1.0 - y)
        add(result, row, part * (1.0 - x), low, high)
        add(result, row + 1, part * x, low, high)

    return kernel


@of_channels
def differentiate(vector):
    """Values at points, and their derivatives along x, y and z."""
    triples = wp.types.matrix((vector._length_, 3), wp.float32)

    def kernel(
        first: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        sides: wp.vec3i,
        table: wp.array(dtype=vector),
        values: wp.array(dtype=vector),
        gradients: wp.array(dtype=triples),
    ):
        """One thread per point."""
        i = first + wp.tid()
        cell = cell_of(points[i], owner[i], sides)
        x = cell.place[0]
        y = cell.place[1]
        z = cell.place[2]
        row = cell.row
        da = table[row + 1] - table[row]
        a = table[row] + da * x
        row += cell.up
        db = table[row + 1] - table[row]
        b = table[row] + db * x
        row += cell.back
        dd = table[row + 1] - table[row]
        d = table[row] + dd * x
        row -= cell.up
        dc = table[row + 1] - table[row]
        c = table[row] + dc * x
        near = wp.lerp(a, b, y)
        change = wp.lerp(c, d, y) - near
        values[i] = near + change * z
        along = wp.lerp(wp.lerp(da, db, y), wp.lerp(dc, dd, y), z)
        rate = cell.rate
        gradient = wp.outer(along, wp.vec3(rate[0], 0.0, 0.0))
        gradient += wp.outer(wp.lerp(b - a, d - c, z), wp.vec3(0.0, rate[1], 0.0))
        gradient += wp.outer(change, wp.vec3(0.0, 0.0, rate[2]))
        gradients[i] = gradient

    return kernel


@of_channels
def differentiate_adjoint(vector):
    """Derivatives by the table, from those by the values and by their derivatives in space."""
    triples = wp.types.matrix((vector._length_, 3), wp.float32)

    def kernel(
        first: int,
        low: int,
        high: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        sides: wp.vec3i,
        by_values: wp.array(dtype=vector),
        by_gradients: wp.array(dtype=triples),
        result: wp.array(dtype=vector),
    ):
        """One thread per point. Owned rows: of the table."""
        i = first + wp.tid()
        cell = cell_of(points[i], owner[i], sides)
        row = cell.row
        if row + cell.back + cell.up + 1 < low or row >= high:
            return
        by = by_values[i]
        for corner in range(8):
            weight = wp.vec3(1.0) - cell.place
            slope = -cell.rate
            at = row
            if corner & 1:
                weight[0] = cell.place[0]
                slope[0] = cell.rate[0]
                at += 1
            if corner & 2:
                weight[1] = cell.place[1]
                slope[1] = cell.rate[1]
                at += cell.up
            if corner & 4:
                weight[2] = cell.place[2]
                slope[2] = cell.rate[2]
                at += cell.back
            slope[0] *= weight[1] * weight[2]
            slope[1] *= weight[2] * weight[0]
            slope[2] *= weight[0] * weight[1]
            pull = by * (weight[0] * weight[1] * weight[2]) + by_gradients[i] @ slope
            add(result, at, pull, low, high)

    return kernel
