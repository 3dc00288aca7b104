# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Silhouettes between neighbouring pixels, blending across them, and the adjoints.

Every pixel has two pairs: with its neighbour to the right (axis 0) and below (axis 1). Of a pair with a silhouette,
`found` holds e = 3 * triangle + corner opposite to the edge where the pixel itself shows the nearer surface, else
-2 - e; -1 where there is none. `shares` holds where the edge crosses, counted from the middle towards the farther
surface: where it is negative the nearer pixel is blended with the farther one's colour, else the farther with the
nearer's.
"""

import warp as wp

from renderers.mesh.kernels.common import centre_x, centre_y, edge, shear

WALK = wp.constant(32)

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def third(face: wp.vec3i, a: int, b: int):
    """The corner of a triangle that is neither a nor b."""
    if face[0] != a and face[0] != b:
        return face[0]
    if face[1] != a and face[1] != b:
        return face[1]
    return face[2]


@wp.func
def silhouette(
    start: int,
    base: int,
    x: float,
    y: float,
    far_x: float,
    far_y: float,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    neighbours: wp.array(dtype=wp.vec3i),
):
    """The edge (3 * triangle + corner) in which the surface ends on the way between two pixels, or -1."""
    t = int(start)
    found = int(-1)
    more = int(WALK)
    while more > 0:
        more -= 1
        face = faces[t]
        pa = clip[base + face[0]]
        pb = clip[base + face[1]]
        pc = clip[base + face[2]]
        a = shear(pa, x, y)
        b = shear(pb, x, y)
        c = shear(pc, x, y)
        inside = wp.vec3(edge(b, c), edge(c, a), edge(a, b))
        a2 = shear(pa, far_x, far_y)
        b2 = shear(pb, far_x, far_y)
        c2 = shear(pc, far_x, far_y)
        outside = wp.vec3(edge(b2, c2), edge(c2, a2), edge(a2, b2))
        sign = wp.sign(inside[0] * a[2] + inside[1] * b[2] + inside[2] * c[2])
        nearest = float(1.0e30)
        corner = int(-1)
        for k in range(3):
            here = inside[k] * sign
            there = outside[k] * sign
            if there < 0.0 and there < here:
                crossing = here / (here - there)
                if crossing < nearest:
                    nearest = crossing
                    corner = k
        if corner < 0:
            more = 0
        else:
            beyond = neighbours[t][corner]
            left = b
            right = c
            p = face[1]
            q = face[2]
            if corner == 1:
                left = c
                right = a
                p = face[2]
                q = face[0]
            elif corner == 2:
                left = a
                right = b
                p = face[0]
                q = face[1]
            ends = bool(True)
            if beyond >= 0:
                point = shear(clip[base + third(faces[beyond], p, q)], x, y)
                ends = wp.dot(wp.cross(left, right), point) * sign >= 0.0
            if ends:
                found = t * 3 + corner
                more = 0
            t = beyond
    return found


@wp.kernel
def find(
    first: int,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    neighbours: wp.array(dtype=wp.vec3i),
    vertices: int,
    height: int,
    width: int,
    layers: int,
    triangle: wp.array(dtype=wp.int32),
    depth: wp.array(dtype=float),
    found: wp.array(dtype=wp.int32),
    shares: wp.array(dtype=float),
):
    """One thread per pixel: the silhouettes of its two pairs."""
    i = first + wp.tid()
    n = i // (height * width)
    row = (i // width) % height
    column = i % width
    here = i + n * (layers - 1) * height * width
    for axis in range(2):
        code = int(-1)
        share = float(0.0)
        exists = column + 1 < width
        there = here + 1
        if axis == 1:
            exists = row + 1 < height
            there = here + width
        if exists:
            own = triangle[here]
            other = triangle[there]
            if own != other:
                swap = own < 0 or (other >= 0 and depth[there] < depth[here])
                x = centre_x(column, width)
                y = centre_y(row, height)
                far_x = centre_x(column + 1 - axis, width)
                far_y = centre_y(row + axis, height)
                if swap:
                    own = other
                    x = far_x
                    y = far_y
                    far_x = centre_x(column, width)
                    far_y = centre_y(row, height)
                e = silhouette(own, n * vertices, x, y, far_x, far_y, clip, faces, neighbours)
                if e >= 0:
                    pa = clip[n * vertices + faces[e // 3][(e + 1 - e // 3 * 3) % 3]]
                    pb = clip[n * vertices + faces[e // 3][(e + 2 - e // 3 * 3) % 3]]
                    a = shear(pa, x, y)
                    b = shear(pb, x, y)
                    along = wp.abs(a[1] * b[2] - a[2] * b[1]) / float(width)
                    up = wp.abs(a[2] * b[0] - a[0] * b[2]) / float(height)
                    if (axis == 0 and along >= up) or (axis == 1 and up > along):
                        inside = edge(a, b)
                        share = inside / (inside - edge(shear(pa, far_x, far_y), shear(pb, far_x, far_y))) - 0.5
                        code = e
                        if swap:
                            code = -2 - e
        found[i * 2 + axis] = code
        shares[i * 2 + axis] = share


@wp.func
def blend_into(code: int, share: float, second: int):
    """How much a pixel takes from the other one of its pair: 0 unless it is the one that is blended."""
    near = (code >= 0) == (second == 0)
    if near == (share < 0.0):
        return wp.abs(share)
    return 0.0


@wp.func
def taken(
    i: int,
    side: int,
    column: int,
    row: int,
    height: int,
    width: int,
    found: wp.array(dtype=wp.int32),
    shares: wp.array(dtype=float),
):
    """Number of the pixel's neighbour on a side (right, below, left, above) and how much the pixel takes and gives."""
    other = i + 1
    exists = column + 1 < width
    if side == 1:
        other = i + width
        exists = row + 1 < height
    elif side == 2:
        other = i - 1
        exists = column > 0
    elif side == 3:
        other = i - width
        exists = row > 0
    take = float(0.0)
    give = float(0.0)
    if exists:
        pair = wp.min(i, other) * 2 + side % 2
        code = found[pair]
        if code != -1:
            take = blend_into(code, shares[pair], side // 2)
            give = blend_into(code, shares[pair], 1 - side // 2)
    return other, take, give


@wp.kernel
def blend(
    first: int,
    colour: wp.array(dtype=float),
    channels: int,
    height: int,
    width: int,
    found: wp.array(dtype=wp.int32),
    shares: wp.array(dtype=float),
    result: wp.array(dtype=float),
):
    """One thread per pixel."""
    i = first + wp.tid()
    k = int(0)
    while k < channels:
        result[i * channels + k] = colour[i * channels + k]
        k += 1
    row = (i // width) % height
    column = i % width
    for side in range(4):
        other, take, _give = taken(i, side, column, row, height, width, found, shares)
        if take > 0.0:
            k = int(0)
            while k < channels:
                change = take * (colour[other * channels + k] - colour[i * channels + k])
                result[i * channels + k] = result[i * channels + k] + change
                k += 1


@wp.kernel
def colour_adjoint(
    first: int,
    channels: int,
    height: int,
    width: int,
    found: wp.array(dtype=wp.int32),
    shares: wp.array(dtype=float),
    adjoint: wp.array(dtype=float),
    result: wp.array(dtype=float),
):
    """One thread per pixel."""
    i = first + wp.tid()
    k = int(0)
    while k < channels:
        result[i * channels + k] = adjoint[i * channels + k]
        k += 1
    row = (i // width) % height
    column = i % width
    for side in range(4):
        other, take, give = taken(i, side, column, row, height, width, found, shares)
        if take > 0.0 or give > 0.0:
            k = int(0)
            while k < channels:
                change = give * adjoint[other * channels + k] - take * adjoint[i * channels + k]
                result[i * channels + k] = result[i * channels + k] + change
                k += 1


@wp.kernel
def edge_adjoint(
    first: int,
    low: int,
    high: int,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    colour: wp.array(dtype=float),
    vertices: int,
    channels: int,
    height: int,
    width: int,
    found: wp.array(dtype=wp.int32),
    shares: wp.array(dtype=float),
    adjoint: wp.array(dtype=float),
    result: wp.array(dtype=wp.vec4),
):
    """One thread per pixel. Owned rows: vertices of every picture."""
    i = first + wp.tid()
    for axis in range(2):
        code = found[i * 2 + axis]
        if code != -1:
            e = code
            if code < 0:
                e = -2 - code
            base = (i // (height * width)) * vertices
            face = faces[e // 3]
            corner = e - e // 3 * 3
            ia = base + face[(corner + 1) % 3]
            ib = base + face[(corner + 2) % 3]
            own_a = ia >= low and ia < high
            own_b = ib >= low and ib < high
            if own_a or own_b:
                row = (i // width) % height
                column = i % width
                x = centre_x(column, width)
                y = centre_y(row, height)
                far_x = centre_x(column + 1 - axis, width)
                far_y = centre_y(row + axis, height)
                near = i
                far = i + 1
                if axis == 1:
                    far = i + width
                if code < 0:
                    far = near
                    near = i + 1
                    if axis == 1:
                        near = i + width
                    x = far_x
                    y = far_y
                    far_x = centre_x(column, width)
                    far_y = centre_y(row, height)
                # Towards the farther pixel the edge adds the nearer colour to whichever pixel it lies in.
                target = far
                if shares[i * 2 + axis] < 0.0:
                    target = near
                pull = float(0.0)
                k = int(0)
                while k < channels:
                    difference = colour[near * channels + k] - colour[far * channels + k]
                    pull = pull + adjoint[target * channels + k] * difference
                    k += 1
                a = shear(clip[ia], x, y)
                b = shear(clip[ib], x, y)
                a2 = shear(clip[ia], far_x, far_y)
                b2 = shear(clip[ib], far_x, far_y)
                inside = edge(a, b)
                outside = edge(a2, b2)
                pull = pull / ((inside - outside) * (inside - outside))
                g = -pull * outside
                g2 = pull * inside
                if own_a:
                    w = -x * g * b[1] + y * g * b[0] - far_x * g2 * b2[1] + far_y * g2 * b2[0]
                    wp.atomic_add(result, ia, wp.vec4(g * b[1] + g2 * b2[1], -g * b[0] - g2 * b2[0], 0.0, w))
                if own_b:
                    w = x * g * a[1] - y * g * a[0] + far_x * g2 * a2[1] - far_y * g2 * a2[0]
                    wp.atomic_add(result, ib, wp.vec4(-g * a[1] - g2 * a2[1], g * a[0] + g2 * a2[0], 0.0, w))
