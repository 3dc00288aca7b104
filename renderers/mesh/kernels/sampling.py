# mypy: ignore-errors
# ruff: noqa: UP018, SIM102, SIM201
"""Texture maps at coordinates, and the adjoint."""

from typing import Any

import warp as wp

from renderers.mesh.kernels.common import of_channels


@wp.func
def longer_axis(d: wp.vec4, height: int, width: int):
    """log2 of the longer axis of a pixel's elliptic footprint in texels, 0 for less than one texel."""
    ax = d[0] * float(width)
    bx = d[1] * float(width)
    ay = d[2] * float(height)
    by = d[3] * float(height)
    a = ax * ax + bx * bx
    b = ay * ay + by * by
    c = ax * ay + bx * by
    half = 0.5 * (a - b)
    squared = 0.5 * (a + b) + wp.sqrt(half * half + c * c)
    if squared > 1.0:
        return 0.5 * wp.log2(squared)
    return 0.0


@wp.func
def wrapped(x: int, size: int, repeat: int):
    """Index of a texel within the map."""
    if x >= 0 and x < size:
        return x
    if repeat == 0:
        return wp.clamp(x, 0, size - 1)
    rest = x % size
    if rest < 0:
        rest = rest + size
    return rest


@wp.func
def beside(coordinate: float, size: int, repeat: int):
    """The two texels beside a coordinate along one axis, and how far between them it lies."""
    x = coordinate * float(size) - 0.5
    below = wp.floor(x)
    first = int(below)
    return wrapped(first, size, repeat), wrapped(first + 1, size, repeat), x - below


@wp.func
def texels_at(uv: wp.vec2, level: wp.vec3i, repeat: int):
    """The four texels around a point (upper left and right, lower left and right), and how far between them it lies."""
    left, right, across = beside(uv[0], level[2], repeat)
    upper, lower, down = beside(uv[1], level[1], repeat)
    upper = level[0] + upper * level[2]
    lower = level[0] + lower * level[2]
    return wp.vec4i(upper + left, upper + right, lower + left, lower + right), wp.vec2(across, down)


@wp.func
def mixed(texels: wp.array(dtype=Any), base: int, uv: wp.vec2, level: wp.vec3i, repeat: int):
    """The colour at a point of one level."""
    at, f = texels_at(uv, level, repeat)
    upper = texels[base + at[0]] * (1.0 - f[0]) + texels[base + at[1]] * f[0]
    lower = texels[base + at[2]] * (1.0 - f[0]) + texels[base + at[3]] * f[0]
    return upper * (1.0 - f[1]) + lower * f[1]


@of_channels
def sample(vector):
    """Colours at fragments, zero where nothing is seen."""

    def kernel(
        first: int,
        texels: wp.array(dtype=vector),
        levels: wp.array(dtype=wp.vec3i),
        count: int,
        share: int,
        repeat: int,
        uv: wp.array(dtype=wp.vec2),
        derivatives: wp.array(dtype=wp.vec4),
        triangle: wp.array(dtype=wp.int32),
        sampled: wp.array(dtype=float),
        values: wp.array(dtype=vector),
    ):
        """One thread per fragment. `count`: texels of a map, all levels. `share`: fragments that use the same map.

        `derivatives` and `triangle` may be left out: then the first level is sampled, and everything is seen.
        `sampled`: between which levels, a number; -1 where nothing is seen.
        """
        i = first + wp.tid()
        level = float(0.0)
        if triangle.shape[0] > 0:
            if triangle[i] < 0:
                level = -1.0
        if level == 0.0 and derivatives.shape[0] > 0:
            level = longer_axis(derivatives[i], levels[0][1], levels[0][2])
            if level > float(levels.shape[0] - 1):
                level = float(levels.shape[0] - 1)
        sampled[i] = level
        value = vector()
        if level >= 0.0:
            base = (i // share) * count
            sharp = int(level)
            blurred = level - float(sharp)
            value = mixed(texels, base, uv[i], levels[sharp], repeat)
            if blurred > 0.0:
                value += (mixed(texels, base, uv[i], levels[sharp + 1], repeat) - value) * blurred
        values[i] = value

    return kernel


@wp.func
def pulled(
    pull: Any,
    texels: wp.array(dtype=Any),
    base: int,
    uv: wp.vec2,
    level: wp.vec3i,
    repeat: int,
    to: int,
    by_texels: wp.array(dtype=Any),
):
    """Adds the derivatives by four texels of one level to theirs, and returns those by the point."""
    at, f = texels_at(uv, level, repeat)
    if by_texels.shape[0] > 0:
        upper = pull * (1.0 - f[1])
        lower = pull * f[1]
        wp.atomic_add(by_texels, to + at[0], upper * (1.0 - f[0]))
        wp.atomic_add(by_texels, to + at[1], upper * f[0])
        wp.atomic_add(by_texels, to + at[2], lower * (1.0 - f[0]))
        wp.atomic_add(by_texels, to + at[3], lower * f[0])
    a = wp.dot(pull, texels[base + at[0]])
    b = wp.dot(pull, texels[base + at[1]])
    c = wp.dot(pull, texels[base + at[2]])
    d = wp.dot(pull, texels[base + at[3]])
    across = (b - a) * (1.0 - f[1]) + (d - c) * f[1]
    down = (c - a) * (1.0 - f[0]) + (d - b) * f[0]
    return wp.vec2(across * float(level[2]), down * float(level[1]))


@of_channels
def sample_adjoint(vector):
    """Derivatives by texels, in parts, and by coordinates; the level counts as constant."""

    def kernel(
        first: int,
        parts: int,
        threads: int,
        texels: wp.array(dtype=vector),
        levels: wp.array(dtype=wp.vec3i),
        count: int,
        share: int,
        repeat: int,
        uv: wp.array(dtype=wp.vec2),
        sampled: wp.array(dtype=float),
        adjoint: wp.array(dtype=vector),
        by_texels: wp.array(dtype=vector),
        by_uv: wp.array(dtype=wp.vec2),
    ):
        """One thread per fragment, `threads` for every part of each map. Either result may be left out."""
        part = (first + wp.tid()) // threads
        n = part // parts
        i = first + wp.tid() + n * (share - parts * threads)
        if i >= (n + 1) * share:  # the last part may be smaller
            return
        level = sampled[i]
        pull = adjoint[i]
        by = wp.vec2()
        if level >= 0.0 and not (pull == vector()):
            base = n * count
            to = part * count
            sharp = int(level)
            blurred = level - float(sharp)
            by = pulled(pull * (1.0 - blurred), texels, base, uv[i], levels[sharp], repeat, to, by_texels)
            if blurred > 0.0:
                by += pulled(pull * blurred, texels, base, uv[i], levels[sharp + 1], repeat, to, by_texels)
        if by_uv.shape[0] > 0:
            by_uv[i] = by

    return kernel
