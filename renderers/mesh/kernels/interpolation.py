# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Attributes at fragments, and the adjoints."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def corners(triangle: int, picture: int, faces: wp.array(dtype=wp.vec3i), vertices: int, channels: int):
    """Where the attributes of a triangle's three corners start."""
    return (faces[triangle] + wp.vec3i(picture * vertices)) * channels


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
        k = int(0)
        while k < channels:
            values[i * channels + k] = 0.0
            k += 1
    else:
        at = corners(t, i // share, faces, vertices, channels)
        u = weights[i][0]
        v = weights[i][1]
        w = 1.0 - u - v
        k = int(0)
        while k < channels:
            values[i * channels + k] = u * attributes[at[0] + k] + v * attributes[at[1] + k] + w * attributes[at[2] + k]
            k += 1


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
        k = int(0)
        while k < channels:
            values[i * channels + k] = wp.vec2(0.0, 0.0)
            k += 1
    else:
        at = corners(t, i // share, faces, vertices, channels)
        d = steps[i]
        k = int(0)
        while k < channels:
            u = attributes[at[0] + k] - attributes[at[2] + k]
            v = attributes[at[1] + k] - attributes[at[2] + k]
            values[i * channels + k] = wp.vec2(u * d[0] + v * d[2], u * d[1] + v * d[3])
            k += 1


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
            k = int(0)
            while k < channels:
                wp.atomic_add(result, row * channels + k, weight[corner] * adjoint[i * channels + k])
                k += 1


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
        at = corners(t, i // share, faces, vertices, channels)
        k = int(0)
        while k < channels:
            weight = adjoint[i * channels + k]
            u = u + weight * (attributes[at[0] + k] - attributes[at[2] + k])
            v = v + weight * (attributes[at[1] + k] - attributes[at[2] + k])
            k += 1
    result[i] = wp.vec2(u, v)
