# mypy: ignore-errors
"""Where on its triangle each pixel is, and the adjoint of that."""

import warp as wp

from renderers.mesh.kernels.common import centre_x, centre_y, edge, ordered, shear

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

NOTHING = wp.constant(wp.int64(0x7F7F7F7F7F7F7F7F))  # above the keys of all depths, one byte repeated


@wp.kernel
def resolve(
    first: int,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    vertices: int,
    height: int,
    width: int,
    layers: int,
    keys: wp.array(dtype=wp.int64),
    triangle: wp.array(dtype=wp.int32),
    weights: wp.array(dtype=wp.vec2),
    depth: wp.array(dtype=float),
    steps: wp.array(dtype=wp.vec4),
):
    """One thread per pixel of every layer."""
    i = first + wp.tid()
    key = keys[i]
    if key == NOTHING:
        triangle[i] = -1
        weights[i] = wp.vec2(0.0, 0.0)
        depth[i] = 1.0
        steps[i] = wp.vec4(0.0, 0.0, 0.0, 0.0)
        return
    t = int(key & wp.int64(0xFFFFFFFF))
    face = faces[t]
    base = (i // (layers * height * width)) * vertices
    x = centre_x(i % width, width)
    y = centre_y((i // width) % height, height)
    a = shear(clip[base + face[0]], x, y)
    b = shear(clip[base + face[1]], x, y)
    c = shear(clip[base + face[2]], x, y)
    ea = edge(b, c)
    eb = edge(c, a)
    scale = 1.0 / (ea + eb + edge(a, b))
    right = wp.vec3(b[1] * c[2] - b[2] * c[1], c[1] * a[2] - c[2] * a[1], a[1] * b[2] - a[2] * b[1])
    up = wp.vec3(b[2] * c[0] - b[0] * c[2], c[2] * a[0] - c[0] * a[2], a[2] * b[0] - a[0] * b[2])
    wa = ea * scale
    wb = eb * scale
    across = right[0] + right[1] + right[2]
    rise = up[0] + up[1] + up[2]
    sx = scale * 2.0 / float(width)
    sy = -scale * 2.0 / float(height)
    triangle[i] = t
    weights[i] = wp.vec2(wa, wb)
    depth[i] = wp.cast(ordered(wp.int32(key >> wp.int64(32))), wp.float32)
    steps[i] = wp.vec4(
        sx * (right[0] - wa * across), sy * (up[0] - wa * rise), sx * (right[1] - wb * across), sy * (up[1] - wb * rise)
    )


@wp.kernel
def clip_adjoint(
    first: int,
    low: int,
    high: int,
    clip: wp.array(dtype=wp.vec4),
    faces: wp.array(dtype=wp.vec3i),
    vertices: int,
    height: int,
    width: int,
    layers: int,
    triangle: wp.array(dtype=wp.int32),
    adjoint: wp.array(dtype=wp.vec2),
    result: wp.array(dtype=wp.vec4),
):
    """One thread per pixel of every layer. Owned rows: vertices of every picture."""
    i = first + wp.tid()
    t = triangle[i]
    if t < 0:
        return
    weight = adjoint[i]
    if weight[0] == 0.0 and weight[1] == 0.0:
        return
    face = faces[t]
    base = (i // (layers * height * width)) * vertices
    ia = base + face[0]
    ib = base + face[1]
    ic = base + face[2]
    own_a = ia >= low and ia < high
    own_b = ib >= low and ib < high
    own_c = ic >= low and ic < high
    if own_a or own_b or own_c:
        x = centre_x(i % width, width)
        y = centre_y((i // width) % height, height)
        a = shear(clip[ia], x, y)
        b = shear(clip[ib], x, y)
        c = shear(clip[ic], x, y)
        ea = edge(b, c)
        eb = edge(c, a)
        scale = 1.0 / (ea + eb + edge(a, b))
        mean = (weight[0] * ea + weight[1] * eb) * scale
        ga = (weight[0] - mean) * scale
        gb = (weight[1] - mean) * scale
        gc = -mean * scale
        if own_a:
            gx = gc * b[1] - gb * c[1]
            gy = gb * c[0] - gc * b[0]
            wp.atomic_add(result, ia, wp.vec4(gx, gy, 0.0, -x * gx - y * gy))
        if own_b:
            gx = ga * c[1] - gc * a[1]
            gy = gc * a[0] - ga * c[0]
            wp.atomic_add(result, ib, wp.vec4(gx, gy, 0.0, -x * gx - y * gy))
        if own_c:
            gx = gb * a[1] - ga * b[1]
            gy = ga * b[0] - gb * a[0]
            wp.atomic_add(result, ic, wp.vec4(gx, gy, 0.0, -x * gx - y * gy))
