# mypy: ignore-errors
# ruff: noqa: UP018, SIM201 (vectors have no !=)
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


@wp.func
def turned(b: wp.vec3, c: wp.vec3, gb: float, gc: float, x: float, y: float):
    """The derivative by a corner, from those by the edge functions that it has with the corners c and b."""
    gx = gc * b[1] - gb * c[1]
    gy = gb * c[0] - gc * b[0]
    return wp.vec4(gx, gy, 0.0, -x * gx - y * gy)


@wp.func
def sloped(b: wp.vec3, c: wp.vec3, sb: wp.vec2, sc: wp.vec2, x: float, y: float):
    """The same from those by the slopes of these edge functions."""
    g = wp.cross(b, wp.vec3(sc[0], sc[1], 0.0)) + wp.cross(wp.vec3(sb[0], sb[1], 0.0), c)
    return wp.vec4(g[0], g[1], 0.0, g[2] - x * g[0] - y * g[1])


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
    by_weights: wp.array(dtype=wp.vec2),
    by_depth: wp.array(dtype=float),
    by_steps: wp.array(dtype=wp.vec4),
    result: wp.array(dtype=wp.vec4),
):
    """One thread per pixel of every layer. Owned rows: vertices of every picture. The adjoints may be left out.

    All that `resolve` gives depends on the cross products of pairs of sheared corners: their z are the edge functions,
    x and y the slopes of these.
    """
    i = first + wp.tid()
    t = triangle[i]
    if t < 0:
        return
    weight = wp.vec2(0.0, 0.0)
    if by_weights.shape[0] > 0:
        weight = by_weights[i]
    some = weight[0] != 0.0 or weight[1] != 0.0
    step = wp.vec4(0.0, 0.0, 0.0, 0.0)
    if by_steps.shape[0] > 0:
        step = by_steps[i]
        some = some or not (step == wp.vec4(0.0, 0.0, 0.0, 0.0))
    far = float(0.0)
    if by_depth.shape[0] > 0:
        far = by_depth[i]
        some = some or far != 0.0
    if not some:
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
        ec = edge(a, b)
        scale = 1.0 / (ea + eb + ec)
        by_scale = float(0.0)
        slope_a = wp.vec2(0.0, 0.0)
        slope_b = wp.vec2(0.0, 0.0)
        slope_c = wp.vec2(0.0, 0.0)
        if by_steps.shape[0] > 0:
            across = wp.vec2(step[0], step[2]) * (2.0 / float(width))
            down = wp.vec2(step[1], step[3]) * (-2.0 / float(height))
            pa = wp.cross(b, c)
            pb = wp.cross(c, a)
            total = pa + pb + wp.cross(a, b)
            wa = ea * scale
            wb = eb * scale
            mean = wp.vec2(across[0] * wa + across[1] * wb, down[0] * wa + down[1] * wb)
            slope_a = (wp.vec2(across[0], down[0]) - mean) * scale
            slope_b = (wp.vec2(across[1], down[1]) - mean) * scale
            slope_c = -mean * scale
            along = wp.vec2(across[0] * total[0] + down[0] * total[1], across[1] * total[0] + down[1] * total[1])
            weight -= along * scale
            by_scale = across[0] * pa[0] + down[0] * pa[1] + across[1] * pb[0] + down[1] * pb[1]
            by_scale = (by_scale - along[0] * wa - along[1] * wb) * scale * scale
        mean_weight = (weight[0] * ea + weight[1] * eb) * scale
        ga = (weight[0] - mean_weight) * scale
        gb = (weight[1] - mean_weight) * scale
        gc = -mean_weight * scale
        if by_steps.shape[0] > 0:
            ga -= by_scale
            gb -= by_scale
            gc -= by_scale
        depth = float(0.0)
        if by_depth.shape[0] > 0:
            za = clip[ia][2]
            zb = clip[ib][2]
            zc = clip[ic][2]
            w = ea * a[2] + eb * b[2] + ec * c[2]
            far /= w
            depth = (ea * za + eb * zb + ec * zc) / w
            ga += far * (za - depth * a[2])
            gb += far * (zb - depth * b[2])
            gc += far * (zc - depth * c[2])
        moved_a = turned(b, c, gb, gc, x, y)
        moved_b = turned(c, a, gc, ga, x, y)
        moved_c = turned(a, b, ga, gb, x, y)
        if by_steps.shape[0] > 0:
            moved_a += sloped(b, c, slope_b, slope_c, x, y)
            moved_b += sloped(c, a, slope_c, slope_a, x, y)
            moved_c += sloped(a, b, slope_a, slope_b, x, y)
        if by_depth.shape[0] > 0:
            moved_a += wp.vec4(0.0, 0.0, far * ea, -far * depth * ea)
            moved_b += wp.vec4(0.0, 0.0, far * eb, -far * depth * eb)
            moved_c += wp.vec4(0.0, 0.0, far * ec, -far * depth * ec)
        if own_a:
            wp.atomic_add(result, ia, moved_a)
        if own_b:
            wp.atomic_add(result, ib, moved_b)
        if own_c:
            wp.atomic_add(result, ic, moved_c)
