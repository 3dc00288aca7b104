# mypy: ignore-errors
# ruff: noqa: UP018
"""Which triangle is nearest at each pixel."""

import warp as wp

from renderers.mesh.kernels.common import centre_x, centre_y, ordered

MARGIN = wp.constant(0.01)  # pixels; more than projections are wrong by

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def include(box: wp.vec4, p: wp.vec4):
    """A box in clip space's units that also holds a point; everything where the point is not in front."""
    if p[3] < 1.0e-12:
        return wp.vec4(-1.0, -1.0, 1.0, 1.0)
    x = p[0] / p[3]
    y = p[1] / p[3]
    return wp.vec4(wp.min(box[0], x), wp.min(box[1], y), wp.max(box[2], x), wp.max(box[3], y))


@wp.func
def include_near(box: wp.vec4, p: wp.vec4, q: wp.vec4):
    """A box that also holds where an edge crosses the near plane."""
    a = p[2] + p[3]
    b = q[2] + q[3]
    if (a < 0.0) != (b < 0.0):
        return include(box, p + (q - p) * (a / (a - b)))
    return box


@wp.kernel
def enclose(
    first: int,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    ranges: wp.array(dtype=wp.vec2i),
    threads: int,
    vertices: int,
    height: int,
    width: int,
    boxes: wp.array(dtype=wp.vec4i),
):
    """`threads` per picture, one for each of its triangles: the pixels [x0, y0, x1, y1) that it may cover.

    `ranges`: the first triangle of each picture, and how many follow. `vertices`: of a picture, 0 where all have the
    same.
    """
    i = first + wp.tid()
    n = i // threads
    k = i - n * threads
    if k >= ranges[n][1]:
        boxes[i] = wp.vec4i(0, 0, 0, 0)
        return
    base = n * vertices
    face = faces[ranges[n][0] + k]
    a = clip[base + face[0]]
    b = clip[base + face[1]]
    c = clip[base + face[2]]
    box = wp.vec4(2.0, 2.0, -2.0, -2.0)
    if a[2] + a[3] >= 0.0:
        box = include(box, a)
    if b[2] + b[3] >= 0.0:
        box = include(box, b)
    if c[2] + c[3] >= 0.0:
        box = include(box, c)
    box = include_near(box, a, b)
    box = include_near(box, b, c)
    box = include_near(box, c, a)
    found = wp.vec4i(0, 0, 0, 0)
    if box[0] <= 1.0 and box[1] <= 1.0 and box[2] >= -1.0 and box[3] >= -1.0 and wp.isfinite(a + b + c):
        across = 0.5 * float(width)
        down = 0.5 * float(height)
        x0 = int(wp.ceil((wp.max(box[0], -1.0) + 1.0) * across - 0.5 - MARGIN))
        x1 = int(wp.floor((wp.min(box[2], 1.0) + 1.0) * across - 0.5 + MARGIN)) + 1
        y0 = int(wp.ceil((1.0 - wp.min(box[3], 1.0)) * down - 0.5 - MARGIN))
        y1 = int(wp.floor((1.0 - wp.max(box[1], -1.0)) * down - 0.5 + MARGIN)) + 1
        found = wp.vec4i(wp.max(x0, 0), wp.max(y0, 0), wp.min(x1, width), wp.min(y1, height))
    boxes[i] = found


@wp.func
def before(p: wp.vec4, q: wp.vec4):
    """An order of positions."""
    if p[0] != q[0]:
        return p[0] < q[0]
    if p[1] != q[1]:
        return p[1] < q[1]
    return p[3] < q[3]


@wp.func
def top_left(p: wp.vec4, q: wp.vec4):
    """Positive where the edge function grows to the right or, for level edges, down."""
    right = p[1] * q[3] - p[3] * q[1]
    if right != 0.0:
        return right
    return p[0] * q[3] - p[3] * q[0]


@wp.func
def lesser(a: float, b: float):
    """The lesser of two numbers; Warp's own also looks whether they are numbers, several times slower."""
    if a < b:
        return a
    return b


@wp.kernel
def cover(
    first: int,
    low: int,
    high: int,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    ranges: wp.array(dtype=wp.vec2i),
    threads: int,
    boxes: wp.array(dtype=wp.vec4i),
    vertices: int,
    height: int,
    width: int,
    layer: int,
    layers: int,
    keys: wp.array(dtype=wp.int64),
):
    """Threads as in `enclose`. Owned rows: of pixels. `keys`: depth and triangle, the least wins."""
    i = first + wp.tid()
    box = boxes[i]
    if box[0] < box[2]:
        n = i // threads
        y0 = wp.max(box[1], low - n * height)
        y1 = wp.min(box[3], high - n * height)
        if y0 < y1:
            t = ranges[n][0] + i - n * threads
            # Every triangle of an edge sees it from the same end, so that its values differ in nothing but the sign.
            face = faces[t]
            a = clip[n * vertices + face[0]]
            b = clip[n * vertices + face[1]]
            c = clip[n * vertices + face[2]]
            if before(b, a):
                swapped = a
                a = b
                b = swapped
            if before(c, b):
                swapped = b
                b = c
                c = swapped
            if before(b, a):
                swapped = a
                a = b
                b = swapped
            corner = top_left(b, c)
            middle = -top_left(a, c)
            last = top_left(a, b)
            row = int(y0)
            while row < y1:
                y = centre_y(row, height)
                ay = a[1] - y * a[3]
                by = b[1] - y * b[3]
                cy = c[1] - y * c[3]
                base = ((n * layers + layer) * height + row) * width
                column = int(box[0])
                while column < box[2]:
                    x = centre_x(column, width)
                    ax = a[0] - x * a[3]
                    bx = b[0] - x * b[3]
                    cx = c[0] - x * c[3]
                    ea = bx * cy - by * cx
                    eb = ay * cx - ax * cy
                    ec = ax * by - ay * bx
                    least = lesser(ea, lesser(eb, ec))
                    most = -lesser(-ea, lesser(-eb, -ec))
                    if least >= 0.0 or most <= 0.0:
                        turn = wp.sign(ea + eb + ec)
                        inside = bool(True)
                        if least == 0.0 or most == 0.0:
                            if ea == 0.0:
                                inside = corner * turn > 0.0
                            if eb == 0.0:
                                inside = inside and middle * turn > 0.0
                            if ec == 0.0:
                                inside = inside and last * turn > 0.0
                        z = (ea * a[2] + eb * b[2] + ec * c[2]) * turn
                        w = (ea * a[3] + eb * b[3] + ec * c[3]) * turn
                        if inside and w > 0.0 and wp.abs(z) <= w:
                            bits = wp.int64(ordered(wp.cast(z / w, wp.int32)))
                            key = (bits << wp.int64(32)) | wp.int64(t)
                            if layer == 0 or key > keys[base - height * width + column]:
                                wp.atomic_min(keys, base + column, key)
                    column += 1
                row += 1
