# mypy: ignore-errors
"""What Warp kernels of several packages share."""

from functools import cache, wraps

import warp as wp


def of_channels(make):
    """Kernels made for a number of channels, each when it is first asked for.

    Vectors of a known length are read, mixed and written several times faster than channels in a loop.

    Args:
        make: gets the vectors' type and returns the kernel's function.
    """

    @cache
    @wraps(make)
    def kernel_of(channels: int):
        return wp.kernel(make(wp.types.vector(channels, wp.float32)), enable_backward=False, module="unique")

    return kernel_of
