# mypy: ignore-errors
"""One round of the iteration that finds smooth offsets."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.kernel
def relax(
    first: int,
    rough: wp.array(dtype=wp.vec3),
    now: wp.array(dtype=wp.vec3),
    before: wp.array(dtype=wp.vec3),
    starts: wp.array(dtype=int),
    neighbours: wp.array(dtype=int),
    count: int,
    strength: float,
    momentum: float,
    rate: float,
):
    """One thread per vertex of every candidate; the next round is written over the one before.

    `starts`: where the neighbours of each of the `count` vertices begin, and where the last ones end.
    """
    i = first + wp.tid()
    vertex = i % count
    base = i - vertex
    here = now[i]
    pull = wp.vec3()
    at = starts[vertex]
    end = starts[vertex + 1]
    degree = float(end - at)
    while at < end:
        pull += now[base + neighbours[at]]
        at += 1
    missing = rough[i] - here + strength * (pull - degree * here)
    before[i] = here + momentum * (here - before[i]) + (rate / (1.0 + strength * degree)) * missing
