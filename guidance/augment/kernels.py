# mypy: ignore-errors
"""The adjoint of bilinear sampling as a Warp kernel; one source for CPU and CUDA."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def place(at: float, length: int):
    """Where -1..1 lies among the centres of pixels, the first of which is at 1; held near the picture."""
    return wp.clamp((at * float(length) + float(length + 1)) * 0.5, 0.0, float(length + 1))


@wp.kernel
def sample_adjoint(
    first: int,
    low: int,
    high: int,
    grid: wp.array(dtype=wp.vec2),
    height: int,
    width: int,
    pictures: int,
    views_adjoint: wp.array(dtype=wp.vec3),
    adjoint: wp.array(dtype=wp.vec3),
):
    """One thread per 8 pixels of a view: what their samples ask of the rows from ``low`` to ``high`` of every picture.

    Pictures have a border of one pixel before and two behind, which takes what falls beside them.
    """
    i = first + wp.tid()
    samples = grid.shape[0]
    wide = width + 3
    for p in range(i * 8, wp.min(i * 8 + 8, samples)):
        at = grid[p]
        x = place(at[0], width)
        y = place(at[1], height)
        left = int(x)  # floor takes many times as long
        top = int(y)
        if top + 1 >= low and top < high:
            across = x - float(left)
            down = y - float(top)
            for picture in range(pictures):
                pull = views_adjoint[picture * samples + p]
                corner = (picture * (height + 3) + top) * wide + left
                if top >= low:
                    upper = pull * (1.0 - down)
                    wp.atomic_add(adjoint, corner, upper * (1.0 - across))
                    wp.atomic_add(adjoint, corner + 1, upper * across)
                if top + 1 < high:
                    lower = pull * down
                    wp.atomic_add(adjoint, corner + wide, lower * (1.0 - across))
                    wp.atomic_add(adjoint, corner + wide + 1, lower * across)
