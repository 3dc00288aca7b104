# mypy: ignore-errors
# ruff: noqa: UP018, RUF046, SIM201 (vectors have no !=)
"""Blending across silhouettes, and the adjoints."""

import warp as wp

from limn.kernels import of_channels
from renderers.mesh.kernels.common import centre_x, centre_y, edge, shear


@wp.func
def taken(code: int, share: float, second: bool):
    """How much a pixel takes from the other one of its pair: 0 unless it is the one that is blended."""
    if code != -1 and ((code >= 0) != second) == (share < 0.0):
        return wp.abs(share)
    return 0.0


@wp.func
def pairs_of(i: int, width: int, found: wp.array(dtype=wp.vec2i)):
    """A pixel's pairs with its neighbours on the right, below, on the left and above.

    There are none across the ends of lines and pictures, so that it does not matter where these are.
    """
    before = int(-1)
    above = int(-1)
    if i > 0:
        before = found[i - 1][0]
    if i >= width:
        above = found[i - width][1]
    return wp.vec4i(found[i][0], found[i][1], before, above)


@wp.func
def other_of(i: int, side: int, width: int):
    """The neighbour on a side, and the first pixel of the pair with it."""
    if side == 0:
        return i + 1, i
    if side == 1:
        return i + width, i
    if side == 2:
        return i - 1, i - 1
    return i - width, i - width


@of_channels
def blend(vector):
    """Colours, blended across silhouettes."""

    def kernel(
        first: int,
        colour: wp.array(dtype=vector),
        width: int,
        found: wp.array(dtype=wp.vec2i),
        shares: wp.array(dtype=wp.vec2),
        result: wp.array(dtype=vector),
    ):
        """One thread per pixel."""
        i = first + wp.tid()
        own = colour[i]
        value = vector(own)
        pairs = pairs_of(i, width, found)
        if not (pairs == wp.vec4i(-1)):
            for side in range(4):
                if pairs[side] != -1:
                    other, pair = other_of(i, side, width)
                    value += taken(pairs[side], shares[pair][side % 2], side > 1) * (colour[other] - own)
        result[i] = value

    return kernel


@of_channels
def colour_adjoint(vector):
    """Derivatives by the colours."""

    def kernel(
        first: int,
        width: int,
        found: wp.array(dtype=wp.vec2i),
        shares: wp.array(dtype=wp.vec2),
        adjoint: wp.array(dtype=vector),
        result: wp.array(dtype=vector),
    ):
        """One thread per pixel."""
        i = first + wp.tid()
        own = adjoint[i]
        value = vector(own)
        pairs = pairs_of(i, width, found)
        if not (pairs == wp.vec4i(-1)):
            for side in range(4):
                if pairs[side] != -1:
                    other, pair = other_of(i, side, width)
                    share = shares[pair][side % 2]
                    give = taken(pairs[side], share, side < 2)
                    value += give * adjoint[other] - taken(pairs[side], share, side > 1) * own
        result[i] = value

    return kernel


@of_channels
def edge_adjoint(vector):
    """Derivatives by the clip positions of the silhouettes' ends."""

    def kernel(
        first: int,
        low: int,
        high: int,
        clip: wp.array(dtype=wp.vec4),
        faces: wp.array(dtype=wp.vec3i),
        vertices: int,
        height: int,
        width: int,
        colour: wp.array(dtype=vector),
        found: wp.array(dtype=wp.vec2i),
        shares: wp.array(dtype=wp.vec2),
        adjoint: wp.array(dtype=vector),
        result: wp.array(dtype=wp.vec4),
    ):
        """One thread per pixel. Owned rows: vertices of every picture."""
        i = first + wp.tid()
        codes = found[i]
        if codes[0] == -1 and codes[1] == -1:
            return
        base = (i // (height * width)) * vertices
        row = (i // width) % height
        column = i % width
        for axis in range(2):
            code = codes[axis]
            if code != -1:
                e = wp.max(code, -2 - code)
                face = faces[e // 3]
                corner = e % 3
                ia = base + face[(corner + 1) % 3]
                ib = base + face[(corner + 2) % 3]
                own_a = ia >= low and ia < high
                own_b = ib >= low and ib < high
                if own_a or own_b:
                    x = centre_x(column, width)
                    y = centre_y(row, height)
                    far_x = centre_x(column + 1 - axis, width)
                    far_y = centre_y(row + axis, height)
                    near = i
                    far = i + 1
                    if axis == 1:
                        far = i + width
                    if code < 0:
                        near = far
                        far = i
                        x = far_x
                        y = far_y
                        far_x = centre_x(column, width)
                        far_y = centre_y(row, height)
                    # Towards the farther pixel the edge adds the nearer colour to whichever pixel it lies in.
                    target = far
                    if shares[i][axis] < 0.0:
                        target = near
                    pull = wp.dot(adjoint[target], colour[near] - colour[far])
                    a = shear(clip[ia], x, y)
                    b = shear(clip[ib], x, y)
                    a2 = shear(clip[ia], far_x, far_y)
                    b2 = shear(clip[ib], far_x, far_y)
                    inside = edge(a, b)
                    outside = edge(a2, b2)
                    pull = pull / ((inside - outside) * (inside - outside))
                    g = -pull * outside
                    g2 = pull * inside
                    if own_a:
                        w = -x * g * b[1] + y * g * b[0] - far_x * g2 * b2[1] + far_y * g2 * b2[0]
                        wp.atomic_add(result, ia, wp.vec4(g * b[1] + g2 * b2[1], -g * b[0] - g2 * b2[0], 0.0, w))
                    if own_b:
                        w = x * g * a[1] - y * g * a[0] + far_x * g2 * a2[1] - far_y * g2 * a2[0]
                        wp.atomic_add(result, ib, wp.vec4(-g * a[1] - g2 * a2[1], g * a[0] + g2 * a2[0], 0.0, w))

    return kernel
