# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Levels of texture maps, each half the size of the one before, and the adjoint.

A level is given by its first texel and its height and width. An odd size is halved and rounded down; its windows are
three texels wide and overlap.
"""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def window(size: int):
    """How many texels of a finer level a coarser one averages along one axis."""
    if size == 1:
        return 1
    return 2 + size % 2


@wp.kernel
def halve(
    first: int,
    texels: wp.array(dtype=float),
    count: int,
    channels: int,
    fine: wp.vec3i,
    coarse: wp.vec3i,
):
    """One thread per row of the coarser level of every map. `count`: texels of a map, all levels."""
    i = first + wp.tid()
    n = i // coarse[1]
    row = i - n * coarse[1]
    down = window(fine[1])
    across = window(fine[2])
    weight = 1.0 / float(down * across)
    start = (n * count + fine[0] + 2 * row * fine[2]) * channels
    to = (n * count + coarse[0] + row * coarse[2]) * channels
    line = fine[2] * channels
    column = int(0)
    while column < coarse[2]:
        k = int(0)
        while k < channels:
            total = float(0.0)
            r = int(0)
            while r < down:
                at = start + r * line + k
                total = total + texels[at]
                if across > 1:
                    total = total + texels[at + channels]
                if across > 2:
                    total = total + texels[at + 2 * channels]
                r += 1
            texels[to + k] = total * weight
            k += 1
        start += 2 * channels
        to += channels
        column += 1


@wp.func
def first_above(position: int, fine: int):
    """The first texel of the coarser level whose window holds a texel of the finer one."""
    return wp.max(position - window(fine) + 2, 0) // 2


@wp.func
def last_above(position: int, coarse: int):
    """The last texel of the coarser level whose window holds a texel of the finer one."""
    return wp.min(position // 2, coarse - 1)


@wp.kernel
def halve_adjoint(
    first: int,
    adjoint: wp.array(dtype=float),
    count: int,
    channels: int,
    fine: wp.vec3i,
    coarse: wp.vec3i,
    result: wp.array(dtype=float),
    result_count: int,
):
    """One thread per row of the finer level of every map.

    Adds up the two parts of the adjoint and what comes from the coarser level, which lies, added up, in the first part.
    `coarse` has no texels below the last level. `result_count`: rows of the result for each map.
    """
    i = first + wp.tid()
    n = i // fine[1]
    row = i - n * fine[1]
    top = first_above(row, fine[1])
    bottom = last_above(row, coarse[1])
    weight = 1.0 / float(window(fine[1]) * window(fine[2]))
    line = coarse[2] * channels
    above = (2 * n * count + coarse[0] + top * coarse[2]) * channels
    own = (2 * n * count + fine[0] + row * fine[2]) * channels
    other = own + count * channels
    to = (n * result_count + fine[0] + row * fine[2]) * channels
    column = int(0)
    while column < fine[2]:
        left = first_above(column, fine[2])
        right = last_above(column, coarse[2])
        k = int(0)
        while k < channels:
            total = float(0.0)
            r = int(top)
            at = int(above + left * channels + k)
            while r <= bottom:
                if left <= right:
                    total = total + adjoint[at]
                if left < right:
                    total = total + adjoint[at + channels]
                at += line
                r += 1
            result[to + k] = total * weight + adjoint[own + k] + adjoint[other + k]
            k += 1
        own += channels
        other += channels
        to += channels
        column += 1
