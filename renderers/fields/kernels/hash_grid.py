# mypy: ignore-errors
"""Multi-resolution hash grid: features of all levels at points, and the adjoint by the table."""

import warp as wp

from limn.kernels import of_channels
from renderers.fields.kernels.rows import bilinear, mixed, spread

wp.set_module_options({"enable_backward": False})

PRIME_Y = wp.constant(wp.uint32(2654435761))
PRIME_Z = wp.constant(wp.uint32(805459861))


@wp.struct
class Corner:
    """The first corner of a cell of a level; y and z are multiplied for the hash, or by rows and layers of vertices."""

    x: wp.uint32
    y: wp.uint32
    z: wp.uint32
    step_y: wp.uint32
    step_z: wp.uint32
    place: wp.vec3
    """Of the point in the cell, 0..1; bent where interpolation is smooth."""


@wp.func
def corner_of(point: wp.vec3, scale: float, level: wp.vec4i, smooth: int):
    """`level`: resolution, rows, first row, whether it is hashed."""
    side = level[0]
    at = wp.vec3()
    for axis in range(3):
        # Half a cell further, so that the vertices of levels do not fall together.
        at[axis] = wp.clamp(0.5 * point[axis] + 0.5, 0.0, 1.0) * scale + 0.5
    # Clamped as integers, so that what is not a number lies in the grid, too.
    x = wp.clamp(int(at[0]), 0, side - 1)
    y = wp.clamp(int(at[1]), 0, side - 1)
    z = wp.clamp(int(at[2]), 0, side - 1)
    corner = Corner()
    corner.step_y = wp.uint32(side)
    corner.step_z = wp.uint32(side * side)
    if level[3] != 0:
        corner.step_y = PRIME_Y
        corner.step_z = PRIME_Z
    corner.x = wp.uint32(x)
    corner.y = wp.uint32(y) * corner.step_y
    corner.z = wp.uint32(z) * corner.step_z
    place = at - wp.vec3(float(x), float(y), float(z))
    if smooth != 0:
        place = wp.cw_mul(wp.cw_mul(place, place), wp.vec3(3.0) - 2.0 * place)
    corner.place = place
    return corner


@wp.func
def row_of(x: wp.uint32, y: wp.uint32, z: wp.uint32, level: wp.vec4i):
    """The row of a vertex in the table of a candidate; y and z are multiplied already."""
    size = wp.uint32(level[1])
    index = x ^ y ^ z
    if level[3] != 0:
        index = index & (size - wp.uint32(1))
    else:
        index = x + y + z
        if index >= size:  # the far end of a level wraps around
            index = index - size
    return level[2] + int(index)


@wp.func
def rows_of(corner: Corner, z: wp.uint32, level: wp.vec4i, offset: int):
    """Rows of the four vertices of a cell at one z in the whole table; x changes first, then y."""
    right = corner.x + wp.uint32(1)
    y = corner.y + corner.step_y
    rows = wp.vec4i(row_of(corner.x, corner.y, z, level), row_of(right, corner.y, z, level), 0, 0)
    rows[2] = row_of(corner.x, y, z, level)
    rows[3] = row_of(right, y, z, level)
    return rows + wp.vec4i(offset)


@wp.struct
class Cell:
    """The cell of a level that a point lies in."""

    near: wp.vec4i
    """Rows of its four vertices at the lower z in the whole table; x changes first, then y."""
    far: wp.vec4i
    """Rows of those at the upper z."""
    weights: wp.vec4
    """Of the four by x and y."""
    z: float
    """Of the point in the cell, 0..1."""


@wp.func
def cell_of(point: wp.vec3, scale: float, level: wp.vec4i, smooth: int, offset: int):
    """`offset`: the first row of the candidate."""
    corner = corner_of(point, scale, level, smooth)
    cell = Cell()
    cell.near = rows_of(corner, corner.z, level, offset)
    cell.far = rows_of(corner, corner.z + corner.step_z, level, offset)
    cell.weights = bilinear(corner.place[0], corner.place[1])
    cell.z = corner.place[2]
    return cell


@of_channels
def encode(vector):
    """Features of open levels."""
    mix = mixed(vector)

    def kernel(
        first: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        scales: wp.array(dtype=float),
        levels: wp.array(dtype=wp.vec4i),
        smooth: int,
        rows: int,
        table: wp.array(dtype=vector),
        features: wp.array(dtype=vector),
    ):
        """Threads: open level, point, so that the rows of a level stay in the cache. `rows`: of each candidate."""
        thread = first + wp.tid()
        number = thread // points.shape[0]
        i = thread - number * points.shape[0]
        cell = cell_of(points[i], scales[number], levels[number], smooth, owner[i] * rows)
        near = mix(table, cell.near, (1.0 - cell.z) * cell.weights)
        features[i * scales.shape[0] + number] = near + mix(table, cell.far, cell.z * cell.weights)

    return kernel


@of_channels
def encode_adjoint(vector):
    """Derivatives by the table."""
    add = spread(vector)

    def kernel(
        first: int,
        points: wp.array(dtype=wp.vec3),
        owner: wp.array(dtype=wp.int32),
        scales: wp.array(dtype=float),
        levels: wp.array(dtype=wp.vec4i),
        smooth: int,
        rows: int,
        by_features: wp.array(dtype=vector),
        result: wp.array(dtype=vector),
    ):
        """Threads: open level, point. Parts: levels, which share no row."""
        thread = first + wp.tid()
        number = thread // points.shape[0]
        i = thread - number * points.shape[0]
        cell = cell_of(points[i], scales[number], levels[number], smooth, owner[i] * rows)
        by = by_features[i * scales.shape[0] + number]
        add(result, cell.near, (1.0 - cell.z) * cell.weights, by)
        add(result, cell.far, cell.z * cell.weights, by)

    return kernel
