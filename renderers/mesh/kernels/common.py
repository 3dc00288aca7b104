# mypy: ignore-errors
"""Functions that several kernels share."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def centre_x(column: int, width: int):
    """Centre of a column of pixels in clip space's units."""
    return (2.0 * float(column) + 1.0) * (1.0 / float(width)) - 1.0


@wp.func
def centre_y(row: int, height: int):
    """Centre of a row of pixels in clip space's units."""
    return 1.0 - (2.0 * float(row) + 1.0) * (1.0 / float(height))


@wp.func
def shear(p: wp.vec4, x: float, y: float):
    """A clip position as (x, y, w) after the shear that moves a pixel's centre to the origin."""
    return wp.vec3(p[0] - x * p[3], p[1] - y * p[3], p[3])


@wp.func
def edge(a: wp.vec3, b: wp.vec3):
    """Edge function of the line through two sheared points, at the origin."""
    return a[0] * b[1] - a[1] * b[0]


@wp.func
def ordered(bits: int):
    """From a number's bits to integers that are ordered as the numbers are, and back."""
    if bits < 0:
        return bits ^ 0x7FFFFFFF
    return bits
