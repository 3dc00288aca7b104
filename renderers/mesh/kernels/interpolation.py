# mypy: ignore-errors
# ruff: noqa: UP018
"""Attributes at fragments, and the adjoints."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.kernel
def interpolate(
    first: int,
    attributes: wp.array(dtype=float),
    faces: wp.array(dtype=wp.vec3i),
    vertices: int,
    channels: int,
    share: int,
    triangle: wp.array(dtype=wp.int32),
    weights: wp.array(dtype=wp.vec2),
    values: wp.array(dtype=float),
):
    """One thread per fragment. `share`: fragments that use the same attributes."""
    i = first + wp.tid()
    t = triangle[i]
    if t < 0:
        for k in range(channels):
            values[i * channels + k] = 0.0
    else:
        face = faces[t]
        base = (i // share) * vertices
        a = (base + face[0]) * channels
        b = (base + face[1]) * channels
        c = (base + face[2]) * channels
        u = weights[i][0]
        v = weights[i][1]
        w = 1.0 - u - v
        for k in range(channels):
            values[i * channels + k] = u * attributes[a + k] + v * attributes[b + k] + w * attributes[c + k]


@wp.kernel
def step(
    first: int,
    attributes: wp.array(dtype=float),
    faces: wp.array(dtype=wp.vec3i),
    vertices: int,
    channels: int,
    share: int,
    triangle: wp.array(dtype=wp.int32),
    steps: wp.array(dtype=wp.vec4),
    values: wp.array(dtype=wp.vec2),
):
    """One thread per fragment: the attributes' change to the next pixel right and down."""
    i = first + wp.tid()
    t = triangle[i]
    if t < 0:
        for k in range(channels):
            values[i * channels + k] = wp.vec2(0.0, 0.0)
    else:
        face = faces[t]
        base = (i // share) * vertices
        a = (base + face[0]) * channels
        b = (base + face[1]) * channels
        c = (base + face[2]) * channels
        d = steps[i]
        for k in range(channels):
            u = attributes[a + k] - attributes[c + k]
            v = attributes[b + k] - attributes[c + k]
            values[i * channels + k] = wp.vec2(u * d[0] + v * d[2], u * d[1] + v * d[3])


@wp.kernel
def attributes_adjoint(
    first: int,
    low: int,
    high: int,
    faces: wp.array(dtype=wp.vec3i),
    vertices: int,
    channels: int,
    share: int,
    triangle: wp.array(dtype=wp.int32),
    weights: wp.array(dtype=wp.vec2),
    adjoint: wp.array(dtype=float),
    result: wp.array(dtype=float),
):
    """One thread per fragment. Owned rows: of attributes."""
    i = first + wp.tid()
    t = triangle[i]
    if t < 0:
        return
    face = faces[t]
    base = (i // share) * vertices
    weight = wp.vec3(weights[i][0], weights[i][1], 1.0 - weights[i][0] - weights[i][1])
    for corner in range(3):
        row = base + face[corner]
        if row >= low and row < high:
            for k in range(channels):
                wp.atomic_add(result, row * channels + k, weight[corner] * adjoint[i * channels + k])


@wp.kernel
def weights_adjoint(
    first: int,
    attributes: wp.array(dtype=float),
    faces: wp.array(dtype=wp.vec3i),
    vertices: int,
    channels: int,
    share: int,
    triangle: wp.array(dtype=wp.int32),
    adjoint: wp.array(dtype=float),
    result: wp.array(dtype=wp.vec2),
):
    """One thread per fragment."""
    i = first + wp.tid()
    t = triangle[i]
    u = float(0.0)
    v = float(0.0)
    if t >= 0:
        face = faces[t]
        base = (i // share) * vertices
        a = (base + face[0]) * channels
        b = (base + face[1]) * channels
        c = (base + face[2]) * channels
        for k in range(channels):
            weight = adjoint[i * channels + k]
            u = u + weight * (attributes[a + k] - attributes[c + k])
            v = v + weight * (attributes[b + k] - attributes[c + k])
    result[i] = wp.vec2(u, v)
