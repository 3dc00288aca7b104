# mypy: ignore-errors
# ruff: noqa: UP018, SIM110
"""Texture maps at coordinates, and the adjoints."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def longer_axis(d: wp.vec4, height: int, width: int):
    """log2 of the longer axis of a pixel's elliptic footprint in texels."""
    ax = d[0] * float(width)
    bx = d[1] * float(width)
    ay = d[2] * float(height)
    by = d[3] * float(height)
    a = ax * ax + bx * bx
    b = ay * ay + by * by
    c = ax * ay + bx * by
    half = 0.5 * (a - b)
    return 0.5 * wp.log2(wp.max(0.5 * (a + b) + wp.sqrt(half * half + c * c), 1.0e-20))


@wp.func
def wrapped(x: int, size: int, repeat: int):
    """Index of a texel within the map."""
    if repeat == 0:
        return wp.clamp(x, 0, size - 1)
    if x >= 0 and x < size:
        return x
    rest = x % size
    if rest < 0:
        rest = rest + size
    return rest


@wp.func
def place(uv: float, size: int):
    """A coordinate in texels, counted from the first one's centre."""
    return wp.clamp(uv * float(size) - 0.5, -1.0e9, 1.0e9)


@wp.func
def below(x: float):
    """The largest whole number that is not larger; much faster than floor without SSE 4."""
    whole = int(x)
    if float(whole) > x:
        return whole - 1
    return whole


@wp.func
def texels_at(uv: wp.vec2, level: wp.vec3i, repeat: int):
    """The four texels around a point (upper left and right, lower left and right), and how far between them it lies."""
    x = place(uv[0], level[2])
    y = place(uv[1], level[1])
    column = below(x)
    row = below(y)
    left = wrapped(column, level[2], repeat)
    right = wrapped(column + 1, level[2], repeat)
    upper = level[0] + wrapped(row, level[1], repeat) * level[2]
    lower = level[0] + wrapped(row + 1, level[1], repeat) * level[2]
    four = wp.vec4i(upper + left, upper + right, lower + left, lower + right)
    return four, wp.vec2(x - float(column), y - float(row))


@wp.func
def shares(f: wp.vec2):
    """Weights of the four texels."""
    return wp.vec4((1.0 - f[0]) * (1.0 - f[1]), f[0] * (1.0 - f[1]), (1.0 - f[0]) * f[1], f[0] * f[1])


@wp.kernel
def sample(
    first: int,
    texels: wp.array(dtype=float),
    levels: wp.array(dtype=wp.vec3i),
    count: int,
    channels: int,
    share: int,
    repeat: int,
    uv: wp.array(dtype=wp.vec2),
    derivatives: wp.array(dtype=wp.vec4),
    sampled: wp.array(dtype=float),
    values: wp.array(dtype=float),
):
    """One thread per fragment. `count`: texels of a map, all levels. `share`: fragments that use the same map.

    `sampled`: between which levels, a number; 0 where there are no derivatives.
    """
    i = first + wp.tid()
    base = (i // share) * count
    level = float(0.0)
    if derivatives.shape[0] > 0:
        longest = longer_axis(derivatives[i], levels[0][1], levels[0][2])
        level = wp.clamp(longest, 0.0, float(levels.shape[0] - 1))
    sampled[i] = level
    for k in range(channels):
        values[i * channels + k] = 0.0
    for j in range(int(level), wp.min(int(level) + 2, levels.shape[0])):
        weight = 1.0 - wp.abs(level - float(j))
        if weight > 0.0:
            at, f = texels_at(uv[i], levels[j], repeat)
            part = shares(f) * weight
            a = (base + at[0]) * channels
            b = (base + at[1]) * channels
            c = (base + at[2]) * channels
            d = (base + at[3]) * channels
            for k in range(channels):
                upper = part[0] * texels[a + k] + part[1] * texels[b + k]
                lower = part[2] * texels[c + k] + part[3] * texels[d + k]
                values[i * channels + k] = values[i * channels + k] + upper + lower


@wp.func
def unused(i: int, channels: int, adjoint: wp.array(dtype=float)):
    """Whether nothing depends on a fragment, as where nothing is seen."""
    for k in range(i * channels, i * channels + channels):
        if adjoint[k] != 0.0:
            return False
    return True


@wp.kernel
def texels_adjoint(
    first: int,
    low: int,
    high: int,
    levels: wp.array(dtype=wp.vec3i),
    count: int,
    channels: int,
    share: int,
    repeat: int,
    uv: wp.array(dtype=wp.vec2),
    sampled: wp.array(dtype=float),
    adjoint: wp.array(dtype=float),
    result: wp.array(dtype=float),
):
    """One thread per fragment. Owned rows: texels of every map."""
    i = first + wp.tid()
    if unused(i, channels, adjoint):
        return
    base = (i // share) * count
    level = sampled[i]
    for j in range(int(level), wp.min(int(level) + 2, levels.shape[0])):
        weight = 1.0 - wp.abs(level - float(j))
        if weight > 0.0:
            at, f = texels_at(uv[i], levels[j], repeat)
            part = shares(f) * weight
            for corner in range(4):
                row = base + at[corner]
                if row >= low and row < high:
                    for k in range(channels):
                        wp.atomic_add(result, row * channels + k, part[corner] * adjoint[i * channels + k])


@wp.kernel
def coordinates_adjoint(
    first: int,
    texels: wp.array(dtype=float),
    levels: wp.array(dtype=wp.vec3i),
    count: int,
    channels: int,
    share: int,
    repeat: int,
    uv: wp.array(dtype=wp.vec2),
    sampled: wp.array(dtype=float),
    adjoint: wp.array(dtype=float),
    result: wp.array(dtype=wp.vec2),
):
    """One thread per fragment; the level counts as constant."""
    i = first + wp.tid()
    if unused(i, channels, adjoint):
        result[i] = wp.vec2(0.0, 0.0)
        return
    base = (i // share) * count
    level = sampled[i]
    u = float(0.0)
    v = float(0.0)
    for j in range(int(level), wp.min(int(level) + 2, levels.shape[0])):
        weight = 1.0 - wp.abs(level - float(j))
        if weight > 0.0:
            at, f = texels_at(uv[i], levels[j], repeat)
            a = (base + at[0]) * channels
            b = (base + at[1]) * channels
            c = (base + at[2]) * channels
            d = (base + at[3]) * channels
            across = float(0.0)
            down = float(0.0)
            for k in range(channels):
                pull = adjoint[i * channels + k]
                upper = texels[b + k] - texels[a + k]
                lower = texels[d + k] - texels[c + k]
                across = across + pull * (upper + (lower - upper) * f[1])
                left = texels[c + k] - texels[a + k]
                right = texels[d + k] - texels[b + k]
                down = down + pull * (left + (right - left) * f[0])
            u = u + weight * across * float(levels[j][2])
            v = v + weight * down * float(levels[j][1])
    result[i] = wp.vec2(u, v)
