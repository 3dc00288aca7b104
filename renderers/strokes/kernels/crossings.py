# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Whether outlines cross themselves."""

import warp as wp

from renderers.strokes.kernels.common import squared

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

FOLD = wp.constant(-0.94)  # cosine of 160 degrees: an outline that turns back so far is a needle
MARGIN = wp.constant(0.02)  # pixels that parts of an outline keep from each other
JOINT = wp.constant(0.1)  # pixels around a joint where its two cubics may be closer


@wp.func
def separation(x: float, y: float, line: wp.vec4):
    """Squared distance of a place from a line."""
    dx = line[2] - line[0]
    dy = line[3] - line[1]
    u = wp.clamp(((x - line[0]) * dx + (y - line[1]) * dy) / squared(line), 0.0, 1.0)
    ex = line[0] + u * dx - x
    ey = line[1] + u * dy - y
    return ex * ex + ey * ey


@wp.func
def meet(a: wp.vec4, b: wp.vec4, margin: float):
    """Whether two lines cross or come closer than a margin."""
    if (
        wp.max(a[0], a[2]) < wp.min(b[0], b[2]) - margin
        or wp.max(b[0], b[2]) < wp.min(a[0], a[2]) - margin
        or wp.max(a[1], a[3]) < wp.min(b[1], b[3]) - margin
        or wp.max(b[1], b[3]) < wp.min(a[1], a[3]) - margin
    ):
        return False
    ax = a[2] - a[0]
    ay = a[3] - a[1]
    bx = b[2] - b[0]
    by = b[3] - b[1]
    s = (ax * (b[1] - a[1]) - ay * (b[0] - a[0])) * (ax * (b[3] - a[1]) - ay * (b[2] - a[0]))
    t = (bx * (a[1] - b[1]) - by * (a[0] - b[0])) * (bx * (a[3] - b[1]) - by * (a[2] - b[0]))
    if s <= 0.0 and t <= 0.0:
        return True
    gap = wp.min(separation(a[0], a[1], b), separation(a[2], a[3], b))
    gap = wp.min(gap, wp.min(separation(b[0], b[1], a), separation(b[2], b[3], a)))
    return gap < margin * margin


@wp.func
def turns_back(a: wp.vec2, b: wp.vec2):
    """Whether one direction runs back along another."""
    return wp.dot(a, b) < FOLD * wp.sqrt(wp.dot(a, a) * wp.dot(b, b))


@wp.func
def along(line: wp.vec4):
    """From a line's start to its end."""
    return wp.vec2(line[2] - line[0], line[3] - line[1])


@wp.func
def joined(arriving: wp.vec4, leaving: wp.vec4, joint: wp.vec4):
    """Whether two lines lie near the place where a third begins."""
    return wp.min(separation(joint[0], joint[1], arriving), separation(joint[0], joint[1], leaving)) < JOINT * JOINT


@wp.func
def beside(line: wp.vec4, box: wp.vec4):
    """Whether a line lies to one side of a box."""
    return (
        wp.max(line[0], line[2]) < box[0] - MARGIN
        or wp.min(line[0], line[2]) > box[2] + MARGIN
        or wp.max(line[1], line[3]) < box[1] - MARGIN
        or wp.min(line[1], line[3]) > box[3] + MARGIN
    )


@wp.kernel
def crossings(
    first: int,
    lines: wp.array(dtype=wp.vec4),
    line_ends: wp.array(dtype=wp.int32),
    tangents: wp.array(dtype=wp.vec4),
    boxes: wp.array(dtype=wp.vec4),
    bent: wp.array(dtype=wp.int32),
    loops: wp.array(dtype=wp.vec2i),
    wanted: wp.array(dtype=wp.int32),
    cubic_count: int,
    crossed: wp.array(dtype=wp.int32),
):
    """One thread per candidate and closed chain of cubics: marks cubics that cross others or turn back.

    `tangents`: of each cubic at its start and at its end. `bent`: cubics that may cross themselves. `wanted`: chains
    that are looked at.
    """
    i = first + wp.tid()
    loop = loops[i % loops.shape[0]]
    base = (i // loops.shape[0]) * cubic_count
    if wanted[i] == 0:
        return
    begin = int(0)
    if base + loop[0] > 0:
        begin = line_ends[base + loop[0] - 1]
    end = line_ends[base + loop[1] - 1]
    for one in range(base + loop[0], base + loop[1]):
        start = int(0)
        if one > 0:
            start = line_ends[one - 1]
        stop = line_ends[one]
        after = stop
        follower = one + 1
        if after == end:
            after = begin
            follower = base + loop[0]
        for j in range(start, stop - 1):
            if turns_back(along(lines[j]), along(lines[j + 1])):
                crossed[one] = 1
        arriving = tangents[one]
        leaving = tangents[follower]
        if turns_back(along(lines[stop - 1]), along(lines[after])) or turns_back(
            wp.vec2(arriving[2], arriving[3]), wp.vec2(leaving[0], leaving[1])
        ):
            crossed[one] = 1
            crossed[follower] = 1
        for other in range(one, base + loop[1]):
            a = boxes[one]
            b = boxes[other]
            apart = a[2] < b[0] - MARGIN or b[2] < a[0] - MARGIN or a[3] < b[1] - MARGIN or b[3] < a[1] - MARGIN
            behind = other == one + 1
            before = one == base + loop[0] and other == base + loop[1] - 1
            if (one != other or bent[one] == 1) and not apart and (crossed[one] == 0 or crossed[other] == 0):
                low = int(0)
                if other > 0:
                    low = line_ends[other - 1]
                for j in range(start, stop):
                    if not beside(lines[j], b):
                        for k in range(wp.max(low, j + 2), line_ends[other]):
                            margin = float(MARGIN)
                            if one == other or (behind and joined(lines[j], lines[k], lines[low])):
                                margin = float(0.0)
                            if before and joined(lines[k], lines[j], lines[begin]):
                                margin = float(0.0)
                            if not (j == begin and k == end - 1) and meet(lines[j], lines[k], margin):
                                crossed[one] = 1
                                crossed[other] = 1
