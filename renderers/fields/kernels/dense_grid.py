# mypy: ignore-errors
"""Trilinear interpolation in a grid of vertices, with gradients in space, and the adjoints by the grid."""

import warp as wp

from limn.kernels import of_channels
from renderers.fields.kernels.rows import bilinear, mixed, spread

wp.set_module_options({"enable_backward": False})


@wp.struct
class Cell:
    """The cell that a point lies in."""

    near: wp.vec4i
    """Rows of the four vertices of the lower layer in the table; x changes first, then y."""
    far: wp.vec4i
    """Rows of those of the upper layer."""
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
    row = ((owner * sides[2] + z) * sides[1] + y) * sides[0] + x
    cell.near = wp.vec4i(row, row + 1, row + sides[0], row + sides[0] + 1)
    cell.far = cell.near + wp.vec4i(sides[0] * sides[1])
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
    mix = mixed(vector)

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
        weights = bilinear(cell.place[0], cell.place[1])
        z = cell.place[2]
        values[i] = mix(table, cell.near, (1.0 - z) * weights) + mix(table, cell.far, z * weights)

    return kernel


@of_channels
def interpolate_adjoint(vector):
    """Derivatives by the table, from those by the values."""
    add = spread(vector)

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
        weights = bilinear(cell.place[0], cell.place[1])
        z = cell.place[2]
        if layer >= low:
            add(result, cell.near, (1.0 - z) * weights, by_values[i])
        if layer + 1 < high:
            add(result, cell.far, z * weights, by_values[i])

    return kernel


@wp.func
def bilinear_x(x: float, y: float):
    """Derivatives of the weights by x."""
    return wp.vec4(y - 1.0, 1.0 - y, -y, y)


@wp.func
def bilinear_y(x: float, y: float):
    """Derivatives of the weights by y."""
    return wp.vec4(x - 1.0, -x, 1.0 - x, x)


@of_channels
def differentiate(vector):
    """Values at points, and their derivatives along x, y and z."""
    triples = wp.types.matrix((vector._length_, 3), wp.float32)
    mix = mixed(vector)

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
        rate = rates_at(points[i], sides)
        near = mix(table, cell.near, bilinear(x, y))
        far = mix(table, cell.far, bilinear(x, y))
        by_x = rate[0] * bilinear_x(x, y)
        by_y = rate[1] * bilinear_y(x, y)
        along_x = wp.lerp(mix(table, cell.near, by_x), mix(table, cell.far, by_x), z)
        along_y = wp.lerp(mix(table, cell.near, by_y), mix(table, cell.far, by_y), z)
        values[i] = wp.lerp(near, far, z)
        gradient = wp.outer(along_x, wp.vec3(1.0, 0.0, 0.0))
        gradient += wp.outer(along_y, wp.vec3(0.0, 1.0, 0.0))
        gradients[i] = gradient + wp.outer(far - near, wp.vec3(0.0, 0.0, rate[2]))

    return kernel


@of_channels
def differentiate_adjoint(vector):
    """Derivatives by the table, from those by the values and by their derivatives in space."""
    triples = wp.types.matrix((vector._length_, 3), wp.float32)
    add = spread(vector)

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
        layer = layer_of(points[i], owner[i], sides)
        if layer + 1 < low or layer >= high:
            return
        cell = cell_of(points[i], owner[i], sides)
        x = cell.place[0]
        y = cell.place[1]
        rate = rates_at(points[i], sides)
        by = by_gradients[i]
        along_x = by @ wp.vec3(rate[0], 0.0, 0.0)
        along_y = by @ wp.vec3(0.0, rate[1], 0.0)
        along_z = by @ wp.vec3(0.0, 0.0, rate[2])
        if layer >= low:
            part = 1.0 - cell.place[2]
            add(result, cell.near, bilinear(x, y), part * by_values[i] - along_z)
            add(result, cell.near, part * bilinear_x(x, y), along_x)
            add(result, cell.near, part * bilinear_y(x, y), along_y)
        if layer + 1 < high:
            part = cell.place[2]
            add(result, cell.far, bilinear(x, y), part * by_values[i] + along_z)
            add(result, cell.far, part * bilinear_x(x, y), along_x)
            add(result, cell.far, part * bilinear_y(x, y), along_y)

    return kernel
