# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Levels of texture maps, each half the size of the one before, and the adjoint.

A level is given by its first texel and its height and width. An odd size is halved and rounded down; its windows are
three texels wide and overlap.
"""

import warp as wp

from limn.kernels import of_channels


@of_channels
def place(vector):
    """Puts maps to where the first of their levels lies."""

    def kernel(
        first: int, maps: wp.array(dtype=vector), height: int, width: int, texels: wp.array(dtype=vector), count: int
    ):
        """One thread per row of every map. `count`: texels of a map, all levels."""
        i = first + wp.tid()
        start = i * width
        moved = (i // height) * (count - height * width)
        column = int(0)
        while column < width:
            texels[start + moved + column] = maps[start + column]
            column += 1

    return kernel


@wp.func
def window(size: int):
    """How many texels of a finer level a coarser one averages along one axis."""
    if size == 1:
        return 1
    return 2 + size % 2


@of_channels
def halve(vector):
    """Averages one level down to the next."""

    def kernel(first: int, texels: wp.array(dtype=vector), count: int, fine: wp.vec3i, coarse: wp.vec3i):
        """One thread per row of the coarser level of every map. `count`: texels of a map, all levels."""
        i = first + wp.tid()
        n = i // coarse[1]
        row = i - n * coarse[1]
        down = window(fine[1])
        across = window(fine[2])
        weight = 1.0 / float(down * across)
        start = n * count + fine[0] + 2 * row * fine[2]
        to = n * count + coarse[0] + row * coarse[2]
        column = int(0)
        while column < coarse[2]:
            total = vector()
            r = int(0)
            while r < down:
                at = start + r * fine[2]
                total += texels[at]
                if across > 1:
                    total += texels[at + 1]
                if across > 2:
                    total += texels[at + 2]
                r += 1
            texels[to] = total * weight
            start += 2
            to += 1
            column += 1

    return kernel


@wp.func
def first_above(position: int, fine: int):
    """The first texel of the coarser level whose window holds a texel of the finer one."""
    return wp.max(position - window(fine) + 2, 0) // 2


@wp.func
def last_above(position: int, coarse: int):
    """The last texel of the coarser level whose window holds a texel of the finer one."""
    return wp.min(position // 2, coarse - 1)


@of_channels
def halve_adjoint(vector):
    """Adds up the parts of a level's adjoint and what comes from the coarser level."""

    def kernel(
        first: int,
        parts: int,
        adjoint: wp.array(dtype=vector),
        count: int,
        fine: wp.vec3i,
        coarse: wp.vec3i,
        result: wp.array(dtype=vector),
        result_count: int,
    ):
        """One thread per row of the finer level of every map.

        The coarser level's sum lies in the first part; there is none below the last level. `result_count`: rows of the
        result for each map.
        """
        i = first + wp.tid()
        n = i // fine[1]
        row = i - n * fine[1]
        top = first_above(row, fine[1])
        bottom = last_above(row, coarse[1])
        weight = 1.0 / float(window(fine[1]) * window(fine[2]))
        above = parts * n * count + coarse[0] + top * coarse[2]
        own = parts * n * count + fine[0] + row * fine[2]
        to = n * result_count + fine[0] + row * fine[2]
        column = int(0)
        while column < fine[2]:
            left = first_above(column, fine[2])
            right = last_above(column, coarse[2])
            total = vector()
            r = int(top)
            at = int(above + left)
            while r <= bottom:
                if left <= right:
                    total += adjoint[at]
                if left < right:
                    total += adjoint[at + 1]
                at += coarse[2]
                r += 1
            total *= weight
            part = int(0)
            while part < parts:
                total += adjoint[own + part * count]
                part += 1
            result[to] = total
            own += 1
            to += 1
            column += 1

    return kernel
