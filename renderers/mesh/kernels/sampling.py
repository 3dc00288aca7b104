# mypy: ignore-errors
# ruff: noqa: UP018, RUF046, SIM110
"""Texture maps at coordinates, and the adjoints."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


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
def beside(coordinate: float, size: int, repeat: int):
    """The two texels beside a coordinate along one axis, and how far between them it lies."""
    x = place(coordinate, size)
    first = below(x)
    return wrapped(first, size, repeat), wrapped(first + 1, size, repeat), x - float(first)


@wp.func
def texels_at(uv: wp.vec2, level: wp.vec3i, repeat: int):
    """The four texels around a point (upper left and right, lower left and right), and how far between them it lies."""
    left, right, across = beside(uv[0], level[2], repeat)
    upper, lower, down = beside(uv[1], level[1], repeat)
    upper = level[0] + upper * level[2]
    lower = level[0] + lower * level[2]
    return wp.vec4i(upper + left, upper + right, lower + left, lower + right), wp.vec2(across, down)


@wp.func
def shares(f: wp.vec2):
    """Weights of the four texels."""
    return wp.vec4((1.0 - f[0]) * (1.0 - f[1]), f[0] * (1.0 - f[1]), (1.0 - f[0]) * f[1], f[0] * f[1])


@wp.func
def mixed(texels: wp.array(dtype=float), start: int, at: wp.vec4i, part: wp.vec4):
    """A channel of four texels, each with its weight."""
    upper = part[0] * texels[start + at[0]] + part[1] * texels[start + at[1]]
    return upper + part[2] * texels[start + at[2]] + part[3] * texels[start + at[3]]


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
        level = wp.min(longest, float(levels.shape[0] - 1))
    sampled[i] = level
    sharp = int(level)
    blurred = level - float(sharp)
    at, f = texels_at(uv[i], levels[sharp], repeat)
    part = shares(f) * (1.0 - blurred)
    at = at * channels
    start = base * channels
    if blurred > 0.0:
        at2, f2 = texels_at(uv[i], levels[sharp + 1], repeat)
        part2 = shares(f2) * blurred
        at2 = at2 * channels
        k = int(0)
        while k < channels:
            near = mixed(texels, start + k, at, part)
            values[i * channels + k] = near + mixed(texels, start + k, at2, part2)
            k += 1
    else:
        k = int(0)
        while k < channels:
            values[i * channels + k] = mixed(texels, start + k, at, part)
            k += 1


@wp.func
def unused(i: int, channels: int, adjoint: wp.array(dtype=float)):
    """Whether nothing depends on a fragment, as where nothing is seen."""
    for k in range(i * channels, i * channels + channels):
        if adjoint[k] != 0.0:
            return False
    return True


@wp.func
def add(
    result: wp.array(dtype=float),
    row: int,
    low: int,
    high: int,
    weight: float,
    i: int,
    channels: int,
    adjoint: wp.array(dtype=float),
):
    """Adds a fragment's adjoint to a texel if that is owned."""
    if row >= low and row < high:
        k = int(0)
        while k < channels:
            wp.atomic_add(result, row * channels + k, weight * adjoint[i * channels + k])
            k += 1


@wp.kernel
def texels_adjoint(
    first: int,
    low: int,
    high: int,
    threads: int,
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
    """One thread per fragment. Owned rows: each map's texels, twice, for its first `threads` fragments and the rest."""
    part = (first + wp.tid()) // threads
    n = part // 2
    i = first + wp.tid() + n * (share - 2 * threads)
    if i >= (n + 1) * share:  # the second part may be smaller
        return
    level = sampled[i]
    for j in range(int(level), wp.min(int(level) + 2, levels.shape[0])):
        weight = 1.0 - wp.abs(level - float(j))
        size = levels[j]
        start = part * count + size[0]
        # Whether the rows are owned at all is asked first: of every slice most fragments are others'.
        if weight > 0.0 and start < high and start + size[1] * size[2] > low:
            upper, lower, down = beside(uv[i][1], size[1], repeat)
            upper = start + upper * size[2]
            lower = start + lower * size[2]
            own_upper = upper < high and upper + size[2] > low
            own_lower = lower < high and lower + size[2] > low
            if (own_upper or own_lower) and not unused(i, channels, adjoint):
                left, right, across = beside(uv[i][0], size[2], repeat)
                four = shares(wp.vec2(across, down)) * weight
                add(result, upper + left, low, high, four[0], i, channels, adjoint)
                add(result, upper + right, low, high, four[1], i, channels, adjoint)
                add(result, lower + left, low, high, four[2], i, channels, adjoint)
                add(result, lower + right, low, high, four[3], i, channels, adjoint)


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
            k = int(0)
            while k < channels:
                pull = adjoint[i * channels + k]
                upper = texels[b + k] - texels[a + k]
                lower = texels[d + k] - texels[c + k]
                across = across + pull * (upper + (lower - upper) * f[1])
                left = texels[c + k] - texels[a + k]
                right = texels[d + k] - texels[b + k]
                down = down + pull * (left + (right - left) * f[0])
                k += 1
            u = u + weight * across * float(levels[j][2])
            v = v + weight * down * float(levels[j][1])
    result[i] = wp.vec2(u, v)
