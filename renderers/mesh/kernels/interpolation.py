# mypy: ignore-errors
"""Attributes at fragments, and the adjoints."""

import warp as wp

from limn.kernels import of_channels


@of_channels
def interpolate(vector):
    """Values at fragments, zero where nothing is seen, and their change to the next pixel right and down."""
    pairs = wp.types.matrix((vector._length_, 2), wp.float32)

    def kernel(
        first: int,
        attributes: wp.array(dtype=vector),
        faces: wp.array(dtype=wp.vec3i),
        vertices: int,
        share: int,
        triangle: wp.array(dtype=wp.int32),
        weights: wp.array(dtype=wp.vec2),
        steps: wp.array(dtype=wp.vec4),
        values: wp.array(dtype=vector),
        changes: wp.array(dtype=pairs),
    ):
        """One thread per fragment. `share`: fragments that use the same attributes. `changes`: may be left out."""
        i = first + wp.tid()
        t = triangle[i]
        value = vector()
        change = pairs()
        if t >= 0:
            at = faces[t] + wp.vec3i((i // share) * vertices)
            c = attributes[at[2]]
            u = attributes[at[0]] - c
            v = attributes[at[1]] - c
            value = u * weights[i][0] + v * weights[i][1] + c
            if changes.shape[0] > 0:
                d = steps[i]
                change = wp.outer(u, wp.vec2(d[0], d[1])) + wp.outer(v, wp.vec2(d[2], d[3]))
        values[i] = value
        if changes.shape[0] > 0:
            changes[i] = change

    return kernel


@of_channels
def attributes_adjoint(vector):
    """Derivatives by the attributes."""
    pairs = wp.types.matrix((vector._length_, 2), wp.float32)

    def kernel(
        first: int,
        low: int,
        high: int,
        faces: wp.array(dtype=wp.vec3i),
        vertices: int,
        share: int,
        triangle: wp.array(dtype=wp.int32),
        weights: wp.array(dtype=wp.vec2),
        steps: wp.array(dtype=wp.vec4),
        adjoint: wp.array(dtype=vector),
        by_changes: wp.array(dtype=pairs),
        result: wp.array(dtype=vector),
    ):
        """One thread per fragment. Owned rows: of attributes. `adjoint` or `by_changes` may be left out."""
        i = first + wp.tid()
        t = triangle[i]
        if t < 0:
            return
        at = faces[t] + wp.vec3i((i // share) * vertices)
        weight = wp.vec3(weights[i][0], weights[i][1], 1.0 - weights[i][0] - weights[i][1])
        if adjoint.shape[0] > 0:
            for corner in range(3):
                row = at[corner]
                if row >= low and row < high:
                    wp.atomic_add(result, row, weight[corner] * adjoint[i])
        if by_changes.shape[0] > 0:
            d = steps[i]
            by_first = by_changes[i] @ wp.vec2(d[0], d[1])
            by_second = by_changes[i] @ wp.vec2(d[2], d[3])
            if at[0] >= low and at[0] < high:
                wp.atomic_add(result, at[0], by_first)
            if at[1] >= low and at[1] < high:
                wp.atomic_add(result, at[1], by_second)
            if at[2] >= low and at[2] < high:
                wp.atomic_add(result, at[2], -by_first - by_second)

    return kernel


@of_channels
def steps_adjoint(vector):
    """Derivatives by the steps of the weights."""
    pairs = wp.types.matrix((vector._length_, 2), wp.float32)

    def kernel(
        first: int,
        attributes: wp.array(dtype=vector),
        faces: wp.array(dtype=wp.vec3i),
        vertices: int,
        share: int,
        triangle: wp.array(dtype=wp.int32),
        by_changes: wp.array(dtype=pairs),
        result: wp.array(dtype=wp.vec4),
    ):
        """One thread per fragment."""
        i = first + wp.tid()
        t = triangle[i]
        by = wp.vec4()
        if t >= 0:
            at = faces[t] + wp.vec3i((i // share) * vertices)
            c = attributes[at[2]]
            u = (attributes[at[0]] - c) @ by_changes[i]
            v = (attributes[at[1]] - c) @ by_changes[i]
            by = wp.vec4(u[0], u[1], v[0], v[1])
        result[i] = by

    return kernel


@of_channels
def weights_adjoint(vector):
    """Derivatives by the weights."""

    def kernel(
        first: int,
        attributes: wp.array(dtype=vector),
        faces: wp.array(dtype=wp.vec3i),
        vertices: int,
        share: int,
        triangle: wp.array(dtype=wp.int32),
        adjoint: wp.array(dtype=vector),
        result: wp.array(dtype=wp.vec2),
    ):
        """One thread per fragment."""
        i = first + wp.tid()
        t = triangle[i]
        by = wp.vec2()
        if t >= 0:
            at = faces[t] + wp.vec3i((i // share) * vertices)
            pull = adjoint[i]
            c = attributes[at[2]]
            by = wp.vec2(wp.dot(pull, attributes[at[0]] - c), wp.dot(pull, attributes[at[1]] - c))
        result[i] = by

    return kernel
