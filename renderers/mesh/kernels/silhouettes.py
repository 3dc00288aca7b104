# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Silhouettes between neighbouring pixels.

Every pixel has two pairs: with its neighbour to the right (axis 0) and below (axis 1). Of a pair with a silhouette,
`found` holds e = 3 * triangle + corner opposite to the edge where the pixel itself shows the nearer surface, else
-2 - e; -1 where there is none. `shares` holds where the edge crosses, counted from the middle towards the farther
surface: where it is negative the nearer pixel is blended with the farther one's colour, else the farther with the
nearer's.
"""

import warp as wp

from renderers.mesh.kernels.common import centre_x, centre_y, edge, shear

WALK = wp.constant(32)

wp.set_module_options({"enable_backward": False})


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
    end: int,
    base: int,
    x: float,
    y: float,
    far_x: float,
    far_y: float,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    neighbours: wp.array(dtype=wp.vec3i),
):
    """The edge (3 * triangle + corner) in which the surface ends on the way between two pixels, or -1.

    `start` and `end`: the triangles that the pixels show.
    """
    t = int(start)
    found = int(-1)
    more = int(WALK)
    while more > 0 and t != end:
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
                xing = here / (here - there)
                if xing < nearest:
                    nearest = xing
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
    found: wp.array(dtype=wp.vec2i),
    shares: wp.array(dtype=wp.vec2),
):
    """One thread per pixel: the silhouettes of its two pairs."""
    i = first + wp.tid()
    n = i // (height * width)
    row = (i // width) % height
    column = i % width
    here = i + n * (layers - 1) * height * width
    codes = wp.vec2i(-1, -1)
    crossings = wp.vec2(0.0, 0.0)
    for axis in range(2):
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
                    other = triangle[here]
                    x = far_x
                    y = far_y
                    far_x = centre_x(column, width)
                    far_y = centre_y(row, height)
                e = silhouette(own, other, n * vertices, x, y, far_x, far_y, clip, faces, neighbours)
                if e >= 0:
                    pa = clip[n * vertices + faces[e // 3][(e + 1 - e // 3 * 3) % 3]]
                    pb = clip[n * vertices + faces[e // 3][(e + 2 - e // 3 * 3) % 3]]
                    a = shear(pa, x, y)
                    b = shear(pb, x, y)
                    along = wp.abs(a[1] * b[2] - a[2] * b[1]) / float(width)
                    up = wp.abs(a[2] * b[0] - a[0] * b[2]) / float(height)
                    if (axis == 0 and along >= up) or (axis == 1 and up > along):
                        inside = edge(a, b)
                        outside = edge(shear(pa, far_x, far_y), shear(pb, far_x, far_y))
                        crossings[axis] = inside / (inside - outside) - 0.5
                        codes[axis] = e
                        if swap:
                            codes[axis] = -2 - e
    found[i] = codes
    shares[i] = crossings
