# mypy: ignore-errors
"""The level of detail that a pixel's footprint asks for, and the adjoint."""

import warp as wp


@wp.func
def spread(d: wp.vec4, height: int, width: int):
    """The footprint's sides in texels, as a symmetric matrix: across, down and mixed."""
    ax = d[0] * float(width)
    bx = d[1] * float(width)
    ay = d[2] * float(height)
    by = d[3] * float(height)
    a = ax * ax + bx * bx
    b = ay * ay + by * by
    c = ax * ay + bx * by
    return wp.vec3(a, b, c)


@wp.func
def longer_axis(d: wp.vec4, height: int, width: int):
    """log2 of the longer axis of a pixel's elliptic footprint in texels, 0 for less than one texel."""
    s = spread(d, height, width)
    half = 0.5 * (s[0] - s[1])
    squared = 0.5 * (s[0] + s[1]) + wp.sqrt(half * half + s[2] * s[2])
    if squared > 1.0:
        return 0.5 * wp.log2(squared)
    return 0.0


@wp.func
def longer_axis_adjoint(d: wp.vec4, height: int, width: int):
    """The derivative of `longer_axis` where that is above 0; of a circle, whose axes are alike, that of their mean."""
    s = spread(d, height, width)
    half = 0.5 * (s[0] - s[1])
    mixed = s[2]
    root = wp.sqrt(half * half + mixed * mixed)
    scale = 0.72134752 / (0.5 * (s[0] + s[1]) + root)  # 1 / (2 ln 2)
    if root > 0.0:
        half = half / root
        mixed = mixed / root
    ax = d[0] * float(width)
    bx = d[1] * float(width)
    ay = d[2] * float(height)
    by = d[3] * float(height)
    across = scale * float(width)
    down = scale * float(height)
    return wp.vec4(
        across * (ax * (1.0 + half) + ay * mixed),
        across * (bx * (1.0 + half) + by * mixed),
        down * (ay * (1.0 - half) + ax * mixed),
        down * (by * (1.0 - half) + bx * mixed),
    )
