# mypy: ignore-errors
# ruff: noqa: UP018, RUF046, SIM102, SIM201
"""Texture maps at coordinates, and the adjoint."""

from typing import Any

import warp as wp

from limn.kernels import of_channels
from renderers.mesh.kernels.addressing import Layout, texels_at
from renderers.mesh.kernels.footprint import longer_axis, longer_axis_adjoint


@wp.func
def texel(texels: wp.array(dtype=Any), base: int, at: int):
    """A texel, zero where there is none."""
    if at < 0:
        return texels.dtype()
    return texels[base + at]


@wp.func
def usual(layout: Layout):
    """The layout of maps that are looked up bilinearly and go on beyond their borders.

    Their kernels are compiled apart from those of all others, because they are faster.
    """
    layout.sides = 1
    layout.nearest = 0
    layout.complete = 1
    return layout


@wp.func
def hole(at: wp.vec4i, layout: Layout):
    """Which of four texels is missing at the corner of a cube, where three sides meet; -1 elsewhere."""
    found = int(-1)
    if layout.sides > 1 and layout.nearest == 0:
        k = int(0)
        while k < 4:
            if at[k] < 0:
                found = k
            k += 1
    return found


@wp.func
def around(texels: wp.array(dtype=Any), base: int, at: wp.vec4i, layout: Layout):
    """The four texels around a point; what is missing at the corner of a cube is the mean of the others."""
    if layout.complete != 0:
        return texels[base + at[0]], texels[base + at[1]], texels[base + at[2]], texels[base + at[3]]
    a = texel(texels, base, at[0])
    b = texel(texels, base, at[1])
    c = texel(texels, base, at[2])
    d = texel(texels, base, at[3])
    k = hole(at, layout)
    if k >= 0:
        mean = (a + b + c + d) / 3.0
        if k == 0:
            a = mean
        elif k == 1:
            b = mean
        elif k == 2:
            c = mean
        else:
            d = mean
    return a, b, c, d


@wp.func
def mixed(texels: wp.array(dtype=Any), base: int, uv: wp.vec2, side: int, level: wp.vec3i, layout: Layout):
    """The colour at a point of one level."""
    at, f = texels_at(uv, side, level, layout)
    if layout.nearest != 0:
        return texel(texels, base, at[0])
    a, b, c, d = around(texels, base, at, layout)
    upper = a * (1.0 - f[0]) + b * f[0]
    lower = c * (1.0 - f[0]) + d * f[0]
    return upper * (1.0 - f[1]) + lower * f[1]


def sampling(vector, any_layout: bool):
    """`sample` for usual maps or for all."""

    def kernel(
        first: int,
        texels: wp.array(dtype=vector),
        levels: wp.array(dtype=wp.vec3i),
        layout: Layout,
        share: int,
        uv: wp.array(dtype=wp.vec2),
        sides: wp.array(dtype=wp.int32),
        derivatives: wp.array(dtype=wp.vec4),
        triangle: wp.array(dtype=wp.int32),
        whole: int,
        sampled: wp.array(dtype=float),
        values: wp.array(dtype=vector),
    ):
        """One thread per fragment. `share`: fragments that use the same map.

        `sides` of cube maps, `derivatives` and `triangle` may be left out: then the maps are flat, the first level is
        sampled, and everything is seen. `whole`: levels are not mixed. `sampled`: between which levels, a number; -1
        where nothing is seen.
        """
        i = first + wp.tid()
        if not any_layout:
            layout = usual(layout)
        level = float(0.0)
        side = int(0)
        if triangle.shape[0] > 0:
            if triangle[i] < 0:
                level = -1.0
        if sides.shape[0] > 0:
            side = sides[i]
        if side < 0:
            level = -1.0
        if level == 0.0 and derivatives.shape[0] > 0:
            level = longer_axis(derivatives[i], levels[0][1], levels[0][2])
            if level > float(levels.shape[0] - 1):
                level = float(levels.shape[0] - 1)
            if whole != 0:
                level = wp.floor(level)
        sampled[i] = level
        value = vector()
        if level >= 0.0:
            base = (i // share) * layout.sides * layout.count
            sharp = int(level)
            blurred = level - float(sharp)
            value = mixed(texels, base, uv[i], side, levels[sharp], layout)
            if blurred > 0.0:
                value += (mixed(texels, base, uv[i], side, levels[sharp + 1], layout) - value) * blurred
        values[i] = value

    return kernel


@of_channels
def sample(vector):
    """Colours at fragments, zero where nothing is seen."""
    return sampling(vector, False)


@of_channels
def sample_any(vector):
    """The same for maps that are not `usual`."""
    return sampling(vector, True)


@wp.func
def pulled(
    pull: Any,
    texels: wp.array(dtype=Any),
    base: int,
    uv: wp.vec2,
    side: int,
    level: wp.vec3i,
    layout: Layout,
    to: int,
    by_texels: wp.array(dtype=Any),
):
    """Adds the derivatives by four texels of one level to theirs, and returns those by the point."""
    at, f = texels_at(uv, side, level, layout)
    if by_texels.shape[0] > 0:
        upper = pull * (1.0 - f[1])
        lower = pull * f[1]
        a = upper * (1.0 - f[0])
        b = upper * f[0]
        c = lower * (1.0 - f[0])
        d = lower * f[0]
        if layout.complete == 0:
            k = hole(at, layout)
            if k >= 0:
                part = a
                if k == 1:
                    part = b
                if k == 2:
                    part = c
                if k == 3:
                    part = d
                part = part / 3.0
                a += part
                b += part
                c += part
                d += part
        if layout.complete != 0 or at[0] >= 0:
            wp.atomic_add(by_texels, to + at[0], a)
        if layout.nearest == 0:
            if layout.complete != 0 or at[1] >= 0:
                wp.atomic_add(by_texels, to + at[1], b)
            if layout.complete != 0 or at[2] >= 0:
                wp.atomic_add(by_texels, to + at[2], c)
            if layout.complete != 0 or at[3] >= 0:
                wp.atomic_add(by_texels, to + at[3], d)
    if layout.nearest != 0:
        return wp.vec2(0.0, 0.0)
    ta, tb, tc, td = around(texels, base, at, layout)
    pa = wp.dot(pull, ta)
    pb = wp.dot(pull, tb)
    pc = wp.dot(pull, tc)
    pd = wp.dot(pull, td)
    across = (pb - pa) * (1.0 - f[1]) + (pd - pc) * f[1]
    down = (pc - pa) * (1.0 - f[0]) + (pd - pb) * f[0]
    return wp.vec2(across * float(level[2]), down * float(level[1]))


def sampling_adjoint(vector, any_layout: bool):
    """`sample_adjoint` for usual maps or for all."""

    def kernel(
        first: int,
        parts: int,
        threads: int,
        texels: wp.array(dtype=vector),
        levels: wp.array(dtype=wp.vec3i),
        layout: Layout,
        share: int,
        uv: wp.array(dtype=wp.vec2),
        sides: wp.array(dtype=wp.int32),
        derivatives: wp.array(dtype=wp.vec4),
        sampled: wp.array(dtype=float),
        adjoint: wp.array(dtype=vector),
        by_texels: wp.array(dtype=vector),
        by_uv: wp.array(dtype=wp.vec2),
        by_derivatives: wp.array(dtype=wp.vec4),
    ):
        """One thread per fragment, `threads` for every part of each map. Each result may be left out."""
        if not any_layout:
            layout = usual(layout)
        part = (first + wp.tid()) // threads
        n = part // parts
        i = first + wp.tid() + n * (share - parts * threads)
        if i >= (n + 1) * share:  # the last part may be smaller
            return
        level = sampled[i]
        pull = adjoint[i]
        by = wp.vec2()
        by_footprint = wp.vec4()
        if level >= 0.0 and not (pull == vector()):
            side = int(0)
            if sides.shape[0] > 0:
                side = sides[i]
            base = n * layout.sides * layout.count
            to = part * layout.sides * layout.count
            sharp = int(level)
            blurred = level - float(sharp)
            by = pulled(pull * (1.0 - blurred), texels, base, uv[i], side, levels[sharp], layout, to, by_texels)
            if blurred > 0.0:
                by += pulled(pull * blurred, texels, base, uv[i], side, levels[sharp + 1], layout, to, by_texels)
            if by_derivatives.shape[0] > 0 and level > 0.0 and sharp + 1 < levels.shape[0]:
                change = mixed(texels, base, uv[i], side, levels[sharp + 1], layout)
                change -= mixed(texels, base, uv[i], side, levels[sharp], layout)
                by_level = wp.dot(pull, change)
                by_footprint = longer_axis_adjoint(derivatives[i], levels[0][1], levels[0][2]) * by_level
        if by_uv.shape[0] > 0:
            by_uv[i] = by
        if by_derivatives.shape[0] > 0:
            by_derivatives[i] = by_footprint

    return kernel


@of_channels
def sample_adjoint(vector):
    """Derivatives by texels, in parts, by coordinates, and by the footprints that the levels follow from."""
    return sampling_adjoint(vector, False)


@of_channels
def sample_any_adjoint(vector):
    """The same for maps that are not `usual`."""
    return sampling_adjoint(vector, True)
