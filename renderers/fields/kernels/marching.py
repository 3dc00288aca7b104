# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Rays cut into intervals: which of each are kept, then these."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def inside(origin: wp.vec3, direction: wp.vec3, near: float):
    """Where a ray enters the box -1..1 and where it leaves; it misses the box where the first is not less."""
    enter = near
    leave = float(1.0e30)
    for axis in range(3):
        o = origin[axis]
        d = direction[axis]
        if d != 0.0:
            a = (-1.0 - o) / d
            b = (1.0 - o) / d
            enter = wp.max(enter, wp.min(a, b))
            leave = wp.min(leave, wp.max(a, b))
        elif wp.abs(o) > 1.0:
            leave = 0.0
    return wp.vec2(enter, leave)


@wp.kernel
def cut(
    first: int,
    origins: wp.array(dtype=wp.vec3),
    directions: wp.array(dtype=wp.vec3),
    jitter: wp.array(dtype=float),
    near: float,
    step: float,
    owner: wp.array(dtype=wp.int32),
    occupied: wp.array(dtype=wp.uint8),
    side: int,
    words: int,
    counts: wp.array(dtype=wp.int32),
    middles: wp.array(dtype=float),
    kept: wp.array(dtype=wp.int32),
):
    """One thread per ray: how many intervals are kept, where the first one of all has its middle, and which are kept.

    `jitter`, `occupied`: may be left out. `kept`: a bit for each interval, in some words for each ray.
    """
    i = first + wp.tid()
    origin = origins[i]
    direction = directions[i]
    span = inside(origin, direction, near)
    shift = float(0.5)
    if jitter.shape[0] > 0:
        shift = shift + jitter[i]
    middle = span[0] + shift * step
    total = int(0)
    if span[1] > middle:
        total = int(wp.ceil(wp.min((span[1] - middle) / step, 32.0 * float(words))))
    middles[i] = middle
    counts[i] = total
    if occupied.shape[0] > 0:
        count = int(0)
        cells = owner[i] * side * side * side
        half = 0.5 * float(side)
        start = (origin + direction * middle + wp.vec3(1.0)) * half
        pace = direction * (step * half)
        last = side - 1
        for word in range(words):
            bits = int(0)
            for bit in range(wp.clamp(total - 32 * word, 0, 32)):
                at = start + pace * float(32 * word + bit)
                x = wp.clamp(int(at[0]), 0, last)
                y = wp.clamp(int(at[1]), 0, last)
                z = wp.clamp(int(at[2]), 0, last)
                if occupied[cells + (z * side + y) * side + x] != wp.uint8(0):
                    bits = bits | (1 << bit)
                    count += 1
            kept[i * words + word] = bits
        counts[i] = count


@wp.kernel
def fill(
    first: int,
    origins: wp.array(dtype=wp.vec3),
    directions: wp.array(dtype=wp.vec3),
    step: float,
    middles: wp.array(dtype=float),
    words: int,
    kept: wp.array(dtype=wp.int32),
    starts: wp.array(dtype=wp.int32),
    points: wp.array(dtype=wp.vec3),
    distances: wp.array(dtype=float),
    ray: wp.array(dtype=wp.int32),
):
    """One thread per ray: its samples. `kept`: may be left out, then all are."""
    i = first + wp.tid()
    origin = origins[i]
    direction = directions[i]
    end = starts[i + 1]
    row = starts[i]
    k = int(0)
    while row < end:
        if kept.shape[0] == 0 or ((kept[i * words + k // 32] >> (k % 32)) & 1) == 1:
            distance = middles[i] + float(k) * step
            points[row] = origin + direction * distance
            distances[row] = distance
            ray[row] = i
            row += 1
        k += 1
