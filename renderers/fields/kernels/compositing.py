# mypy: ignore-errors
# ruff: noqa: UP018
"""Samples along rays mixed front to back, or summed, and the adjoints."""

import warp as wp

from limn.kernels import of_channels


@of_channels
def composite(vector):
    """Weights of samples; opacity, colour and depth of rays."""

    def kernel(
        first: int,
        alpha: wp.array(dtype=float),
        values: wp.array(dtype=vector),
        distances: wp.array(dtype=float),
        starts: wp.array(dtype=wp.int32),
        stop: float,
        weights: wp.array(dtype=float),
        opacity: wp.array(dtype=float),
        colours: wp.array(dtype=vector),
        depth: wp.array(dtype=float),
    ):
        """One thread per ray."""
        r = first + wp.tid()
        light = float(1.0)
        colour = vector()
        covered = float(0.0)
        far = float(0.0)
        for i in range(starts[r], starts[r + 1]):
            weight = float(0.0)
            if light >= stop:
                weight = light * alpha[i]
                colour = colour + values[i] * weight
                covered = covered + weight
                far = far + weight * distances[i]
                light = light * (1.0 - alpha[i])
            weights[i] = weight
        opacity[r] = covered
        colours[r] = colour
        depth[r] = far

    return kernel


@of_channels
def composite_adjoint(vector):
    """Derivatives by alpha and by the values of samples."""

    def kernel(
        first: int,
        alpha: wp.array(dtype=float),
        values: wp.array(dtype=vector),
        distances: wp.array(dtype=float),
        starts: wp.array(dtype=wp.int32),
        stop: float,
        by_weights: wp.array(dtype=float),
        by_opacity: wp.array(dtype=float),
        by_colours: wp.array(dtype=vector),
        by_depth: wp.array(dtype=float),
        by_alpha: wp.array(dtype=float),
        by_values: wp.array(dtype=vector),
    ):
        """One thread per ray, to its end and back. What is derived by may be left out.

        On the way to the end `by_alpha` gets what is asked of each weight and `by_values` the light that is left; on
        the way back derivatives take these places. Rows that were just written are read back much faster than values.
        """
        r = first + wp.tid()
        wanted = vector()
        if by_colours.shape[0] > 0:
            wanted = by_colours[r]
        clear = float(0.0)
        if by_opacity.shape[0] > 0:
            clear = by_opacity[r]
        far = float(0.0)
        if by_depth.shape[0] > 0:
            far = by_depth[r]
        start = starts[r]
        end = starts[r + 1]
        weighted = by_weights.shape[0] > 0
        last = start
        light = float(1.0)
        while last < end and light >= stop:
            gain = wp.dot(wanted, values[last]) + clear + far * distances[last]
            if weighted:
                gain = gain + by_weights[last]
            by_alpha[last] = gain
            by_values[last] = vector(light)
            light = light * (1.0 - alpha[last])
            last += 1
        for i in range(last, end):
            by_alpha[i] = 0.0
            by_values[i] = vector()
        behind = float(0.0)
        for k in range(last - start):
            i = last - 1 - k
            light = by_values[i][0]
            step = by_alpha[i] - behind
            by_alpha[i] = light * step
            by_values[i] = wanted * (light * alpha[i])
            behind = behind + alpha[i] * step

    return kernel


@of_channels
def accumulate(vector):
    """Weighted sums of the samples of rays."""

    def kernel(
        first: int,
        weights: wp.array(dtype=float),
        values: wp.array(dtype=vector),
        starts: wp.array(dtype=wp.int32),
        sums: wp.array(dtype=vector),
    ):
        """One thread per ray."""
        r = first + wp.tid()
        total = vector()
        for i in range(starts[r], starts[r + 1]):
            total = total + values[i] * weights[i]
        sums[r] = total

    return kernel


@of_channels
def accumulate_adjoint(vector):
    """Derivatives by the weights and by the values of samples."""

    def kernel(
        first: int,
        weights: wp.array(dtype=float),
        values: wp.array(dtype=vector),
        starts: wp.array(dtype=wp.int32),
        by_sums: wp.array(dtype=vector),
        by_weights: wp.array(dtype=float),
        by_values: wp.array(dtype=vector),
    ):
        """One thread per ray."""
        r = first + wp.tid()
        wanted = by_sums[r]
        for i in range(starts[r], starts[r + 1]):
            by_weights[i] = wp.dot(wanted, values[i])
            by_values[i] = wanted * weights[i]

    return kernel
