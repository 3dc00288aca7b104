# mypy: ignore-errors
"""The adjoint of bilinear sampling as a Warp kernel; one source for CPU and CUDA."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.func
def place(at: float, length: int):
    """Where -1..1 lies among the centres of pixels, the first of which is at 1; held near the picture."""
    return wp.clamp((at * float(length) + float(length + 1)) * 0.5, 0.0, float(length + 1))


@wp.func
def add(adjoint: wp.array(dtype=float), row: int, x: int, y: int, height: int, width: int, pull: float):
    """Adds what a sample asks of a pixel, where there is one."""
    if x >= 0 and y >= 0 and x < width and y < height:
        wp.atomic_add(adjoint, row + y * width + x, pull)


@wp.kernel
def sample_adjoint(
    first: int,
    low: int,
    high: int,
    grid: wp.array(dtype=wp.vec2),
    height: int,
    width: int,
    looks: int,
    pixels: int,
    views_adjoint: wp.array(dtype=float),
    adjoint: wp.array(dtype=float),
):
    """One thread per view and 8 of its pixels: what their samples ask of the planes from ``low`` to ``high``."""
    i = first + wp.tid()
    chunks = (pixels + 7) // 8
    view = i // chunks
    start = (i - view * chunks) * 8
    plane = view // looks * 3
    look = view % looks * pixels
    for p in range(start, wp.min(start + 8, pixels)):
        at = grid[look + p]
        x = place(at[0], width)
        y = place(at[1], height)
        left = int(x) - 1  # floor takes many times as long
        top = int(y) - 1
        across = x - float(left + 1)
        down = y - float(top + 1)
        for channel in range(wp.max(low - plane, 0), wp.min(high - plane, 3)):
            row = (plane + channel) * height * width
            pull = views_adjoint[(view * 3 + channel) * pixels + p]
            add(adjoint, row, left, top, height, width, (1.0 - across) * (1.0 - down) * pull)
            add(adjoint, row, left + 1, top, height, width, across * (1.0 - down) * pull)
            add(adjoint, row, left, top + 1, height, width, (1.0 - across) * down * pull)
            add(adjoint, row, left + 1, top + 1, height, width, across * down * pull)
