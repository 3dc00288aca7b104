# mypy: ignore-errors
"""Trilinear interpolation in a grid of vertices, with gradients in space, and the adjoints by the grid."""

from typing import Any

import warp as wp

from limn.kernels import of_channels

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.struct
class Cell:
    """The cell that a point lies in."""

    row: int
    """Of the first vertex in the table."""
    up: int
    back: int
    """From a row to that of the next vertex along y and along z."""
    place: wp.vec3
    """Of the point in the cell, 0..1."""


@wp.func
def layer_of(point: wp.vec3, owner: int, sides: wp.vec3i):
    """The layer of the cell's first vertex: its number along z, those of earlier candidates before it."""
    z = int((point[2] + 1.0) * (float(sides[2] - 1) * 0.5))
    return owner * sides[2] + wp.clamp(z, 0, sides[2] - 2)


@wp.func
def cell_of(point: wp.vec3, owner: int, sides: wp.vec3i):
    """`sides`: vertices along x, y and z. Those at the ends lie on the faces of the box -1..1."""
    at = wp.cw_mul(point + wp.vec3(1.0), rates(sides))
    # Clamped as integers, so that what is not a number lies in the grid, too.
    x = wp.clamp(int(at[0]), 0, sides[0] - 2)
    y = wp.clamp(int(at[1]), 0, sides[1] - 2)
    z = wp.clamp(int(at[2]), 0, sides[2] - 2)
    cell = Cell()
    cell.up = sides[0]
    cell.back = sides[0] * sides[1]
    cell.row = ((owner * sides[2] + z) * sides[1] + y) * sides[0] + x
    cell.place = wp.vec3(
        wp.clamp(at[0] - float(x), 0.0, 1.0),
        wp.clamp(at[1] - float(y), 0.0, 1.0),
        wp.clamp(at[2] - float(z), 0.0, 1.0),
    )
    return cell


@wp.func
def rates(sides: wp.vec3i):
    """Cells per unit of space."""
    return wp.vec3(float(sides[0] - 1), float(sides[1] - 1), float(sides[2] - 1)) * 0.5


@wp.func
def rates_at(point: wp.vec3, sides: wp.vec3i):
    """Cells per unit of space where values change along an axis, 0 where the point lies outside of the box on it."""
    rate = rates(sides)
    for axis in range(3):
        if wp.abs(point[axis]) > 1.0:
            rate[axis] = 0.0
    return rate


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
        b = cell.place
        a = wp.vec3(1.0) - b
        # One sum of products: compilers make vector instructions of that, not of nested interpolations.
        row = cell.row
        value = table[row] * (a[0] * a[1] * a[2])
        value += table[row + 1] * (b[0] * a[1] * a[2])
        row += cell.up
        value += table[row] * (a[0] * b[1] * a[2])
        value += table[row + 1] * (b[0] * b[1] * a[2])
        row += cell.back
        value += table[row] * (a[0] * b[1] * b[2])
        value += table[row + 1] * (b[0] * b[1] * b[2])
        row -= cell.up
        value += table[row] * (a[0] * a[1] * b[2])
        value += table[row + 1] * (b[0] * a[1] * b[2])
        values[i] = value

    return kernel


@wp.func
def add_to_layer(result: wp.array(dtype=Any), row: int, up: int, place: wp.vec3, by: Any):
    """Adds to the four vertices of a cell that have the same z."""
    x = place[0]
    y = place[1]
    wp.atomic_add(result, row, by * ((1.0 - x) * (1.0 - y)))
    wp.atomic_add(result, row + 1, by * (x * (1.0 - y)))
    wp.atomic_add(result, row + up, by * ((1.0 - x) * y))
    wp.atomic_add(result, row + up + 1, by * (x * y))


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
        """One thread per point. Owned rows: layers of the table."""
        i = first + wp.tid()
        layer = layer_of(points[i], owner[i], sides)
        if layer + 1 < low or layer >= high:
            return
        cell = cell_of(points[i], owner[i], sides)
        by = by_values[i]
        if layer >= low:
            add_to_layer(result, cell.row, cell.up, cell.place, by * (1.0 - cell.place[2]))
        if layer + 1 < high:
            add_to_layer(result, cell.row + cell.back, cell.up, cell.place, by * cell.place[2])

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
        ab = table[row + 1] - table[row]
        a = table[row] + ab * x
        row += cell.up
        cd = table[row + 1] - table[row]
        c = table[row] + cd * x
        row += cell.back
        gh = table[row + 1] - table[row]
        g = table[row] + gh * x
        row -= cell.up
        ef = table[row + 1] - table[row]
        e = table[row] + ef * x
        near = wp.lerp(a, c, y)
        along_z = wp.lerp(e, g, y) - near
        along_y = wp.lerp(c - a, g - e, z)
        along_x = wp.lerp(wp.lerp(ab, cd, y), wp.lerp(ef, gh, y), z)
        values[i] = near + along_z * z
        rate = rates_at(points[i], sides)
        gradient = wp.outer(along_x, wp.vec3(rate[0], 0.0, 0.0))
        gradient += wp.outer(along_y, wp.vec3(0.0, rate[1], 0.0))
        gradients[i] = gradient + wp.outer(along_z, wp.vec3(0.0, 0.0, rate[2]))

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
        """One thread per point. Owned rows: layers of the table."""
        i = first + wp.tid()
        first_layer = layer_of(points[i], owner[i], sides)
        if first_layer + 1 < low or first_layer >= high:
            return
        cell = cell_of(points[i], owner[i], sides)
        rate = rates_at(points[i], sides)
        for corner in range(8):
            weight = wp.vec3(1.0) - cell.place
            slope = -rate
            layer = first_layer
            row = cell.row
            if corner & 1:
                weight[0] = cell.place[0]
                slope[0] = rate[0]
                row += 1
            if corner & 2:
                weight[1] = cell.place[1]
                slope[1] = rate[1]
                row += cell.up
            if corner & 4:
                weight[2] = cell.place[2]
                slope[2] = rate[2]
                row += cell.back
                layer += 1
            if layer >= low and layer < high:
                slope[0] *= weight[1] * weight[2]
                slope[1] *= weight[2] * weight[0]
                slope[2] *= weight[0] * weight[1]
                by = by_values[i] * (weight[0] * weight[1] * weight[2]) + by_gradients[i] @ slope
                wp.atomic_add(result, row, by)

    return kernel
