# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
"""Sums of the adjoints over what the threads before wrote apart."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.kernel
def gather_layers(
    layers: wp.array(dtype=wp.vec4i),
    cell_ends: wp.array(dtype=wp.int32),
    run_ends: wp.array(dtype=wp.int32),
    path_count: int,
    cubic_count: int,
    run_adjoint: wp.array(dtype=wp.vec4),
    run_end_adjoint: wp.array(dtype=wp.vec4),
    run_ramp_adjoint: wp.array(dtype=wp.vec4),
    reach_adjoint: wp.array(dtype=float),
    colours_adjoint: wp.array(dtype=wp.vec4),
    end_colours_adjoint: wp.array(dtype=wp.vec4),
    ramps_adjoint: wp.array(dtype=wp.vec4),
    widths_adjoint: wp.array(dtype=float),
):
    """One thread per candidate and layer: adds up its runs and its cubics, which are neighbours."""
    i = wp.tid()
    start = int(0)
    end = int(0)
    if i > 0 and cell_ends[i - 1] > 0:
        start = run_ends[cell_ends[i - 1] - 1]
    if cell_ends[i] > 0:
        end = run_ends[cell_ends[i] - 1]
    total = wp.vec4(0.0, 0.0, 0.0, 0.0)
    far = wp.vec4(0.0, 0.0, 0.0, 0.0)
    turn = wp.vec4(0.0, 0.0, 0.0, 0.0)
    for run in range(start, end):
        total = total + run_adjoint[run]
    colours_adjoint[i] = total
    if ramps_adjoint.shape[0] > 0:
        for run in range(start, end):
            far = far + run_end_adjoint[run]
            turn = turn + run_ramp_adjoint[run]
        end_colours_adjoint[i] = far
        ramps_adjoint[i] = turn
    s = i // layers.shape[0]
    layer = layers[i % layers.shape[0]]
    if layer[1] == 0:
        wide = float(0.0)
        for cubic in range(s * cubic_count + layer[2], s * cubic_count + layer[3]):
            wide = wide + reach_adjoint[cubic]
        widths_adjoint[s * path_count + layer[0]] = 0.5 * wide


@wp.kernel
def gather_points(
    uses: wp.array(dtype=wp.vec4i),
    corner_count: int,
    cubic_adjoint: wp.array(dtype=wp.vec2),
    points_adjoint: wp.array(dtype=wp.vec2),
):
    """One thread per candidate and point: adds up the cubics' corners that are this point."""
    i = wp.tid()
    base = (i // uses.shape[0]) * corner_count
    corners = uses[i % uses.shape[0]]
    total = wp.vec2(0.0, 0.0)
    for k in range(4):
        if corners[k] >= 0:
            total = total + cubic_adjoint[base + corners[k]]
    points_adjoint[i] = total
