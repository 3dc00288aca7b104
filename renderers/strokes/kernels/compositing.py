# mypy: ignore-errors
# ruff: noqa: UP018
"""Compositing in SVG order, its adjoint, and the adjoint of the paint."""

import warp as wp

from renderers.strokes.kernels.common import along, paint_at

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.kernel
def composite(
    first: int,
    inked: wp.array(dtype=wp.int32),
    tile_starts: wp.array(dtype=wp.int32),
    order: wp.array(dtype=wp.int64),
    run_layers: wp.array(dtype=wp.int32),
    colours: wp.array(dtype=wp.vec4),
    end_colours: wp.array(dtype=wp.vec4),
    ramps: wp.array(dtype=wp.vec4),
    background: wp.vec3,
    height: int,
    width: int,
    tile_rows: int,
    tile_columns: int,
    coverage: wp.array(dtype=float),
    through: wp.array(dtype=float),
    rgb: wp.array(dtype=float),
    alpha: wp.array(dtype=float),
):
    """One thread per row of 8 pixels in tiles with runs, from the top layer down; what no paint covers stays.

    `through`: the light that reaches a fragment.
    """
    i = first + wp.tid()
    tile = inked[i // 8]
    s = tile // (tile_rows * tile_columns)
    y = (tile // tile_columns) % tile_rows * 8 + i % 8
    column = tile % tile_columns
    start = tile_starts[tile]
    end = tile_starts[tile + 1]
    plane = height * width
    if y < height:
        for x in range(column * 8, wp.min(column * 8 + 8, width)):
            light = float(1.0)
            colour = wp.vec3(0.0, 0.0, 0.0)
            for k in range(end - start):
                run = int(order[end - 1 - k])
                fragment = run * 64 + (y % 8) * 8 + x % 8
                seen = coverage[fragment]
                if seen > 0.0:
                    through[fragment] = light
                    paint = paint_at(run_layers[run], float(x) + 0.5, float(y) + 0.5, colours, end_colours, ramps)
                    opacity = seen * paint[3]
                    colour = colour + wp.vec3(paint[0], paint[1], paint[2]) * (light * opacity)
                    light = light * (1.0 - opacity)
            if light < 1.0:
                colour = colour + background * light
                pixel = s * plane + y * width + x
                alpha[pixel] = 1.0 - light
                rgb[pixel + 2 * s * plane] = colour[0]
                rgb[pixel + (2 * s + 1) * plane] = colour[1]
                rgb[pixel + (2 * s + 2) * plane] = colour[2]


@wp.kernel
def composite_adjoint(
    first: int,
    inked: wp.array(dtype=wp.int32),
    tile_starts: wp.array(dtype=wp.int32),
    order: wp.array(dtype=wp.int64),
    run_layers: wp.array(dtype=wp.int32),
    colours: wp.array(dtype=wp.vec4),
    end_colours: wp.array(dtype=wp.vec4),
    ramps: wp.array(dtype=wp.vec4),
    background: wp.vec3,
    height: int,
    width: int,
    tile_rows: int,
    tile_columns: int,
    coverage: wp.array(dtype=float),
    through: wp.array(dtype=float),
    rgb_adjoint: wp.array(dtype=float),
    alpha_adjoint: wp.array(dtype=float),
    opacity_adjoint: wp.array(dtype=float),
):
    """One thread per row of 8 pixels in tiles with runs, from the bottom up: derivatives by their opacities."""
    i = first + wp.tid()
    tile = inked[i // 8]
    s = tile // (tile_rows * tile_columns)
    y = (tile // tile_columns) % tile_rows * 8 + i % 8
    column = tile % tile_columns
    start = tile_starts[tile]
    end = tile_starts[tile + 1]
    plane = height * width
    if y < height:
        for x in range(column * 8, wp.min(column * 8 + 8, width)):
            pixel = s * plane + y * width + x
            wanted = wp.vec3(
                rgb_adjoint[pixel + 2 * s * plane],
                rgb_adjoint[pixel + (2 * s + 1) * plane],
                rgb_adjoint[pixel + (2 * s + 2) * plane],
            )
            behind = background
            clear = alpha_adjoint[pixel]
            for k in range(start, end):
                run = int(order[k])
                fragment = run * 64 + (y % 8) * 8 + x % 8
                seen = coverage[fragment]
                if seen > 0.0:
                    paint = paint_at(run_layers[run], float(x) + 0.5, float(y) + 0.5, colours, end_colours, ramps)
                    opacity = seen * paint[3]
                    step = wp.vec3(paint[0], paint[1], paint[2]) - behind
                    opacity_adjoint[fragment] = through[fragment] * (wp.dot(wanted, step) + clear)
                    behind = behind + step * opacity
                    clear = clear * (1.0 - opacity)


@wp.kernel
def paint_adjoint(
    first: int,
    run_layers: wp.array(dtype=wp.int32),
    run_tiles: wp.array(dtype=wp.int32),
    colours: wp.array(dtype=wp.vec4),
    end_colours: wp.array(dtype=wp.vec4),
    ramps: wp.array(dtype=wp.vec4),
    height: int,
    width: int,
    tile_rows: int,
    tile_columns: int,
    coverage: wp.array(dtype=float),
    through: wp.array(dtype=float),
    opacity_adjoint: wp.array(dtype=float),
    rgb_adjoint: wp.array(dtype=float),
    run_adjoint: wp.array(dtype=wp.vec4),
    run_end_adjoint: wp.array(dtype=wp.vec4),
    run_ramp_adjoint: wp.array(dtype=wp.vec4),
):
    """One thread per run: what its fragments ask of the layer's paint.

    What they ask of opacity becomes what they ask of coverage, for the adjoint of the geometry.
    """
    run = first + wp.tid()
    layer = run_layers[run]
    graded = ramps.shape[0] > 0
    tile = run_tiles[run]
    s = tile // (tile_rows * tile_columns)
    x0 = (tile % tile_columns) * 8
    y0 = ((tile // tile_columns) % tile_rows) * 8
    plane = height * width
    near = wp.vec4(0.0, 0.0, 0.0, 0.0)
    far = wp.vec4(0.0, 0.0, 0.0, 0.0)
    turn = wp.vec4(0.0, 0.0, 0.0, 0.0)
    ramp = wp.vec4(0.0, 0.0, 0.0, 0.0)
    step = wp.vec4(0.0, 0.0, 0.0, 0.0)
    if graded:
        ramp = ramps[layer]
        step = end_colours[layer] - colours[layer]
    dx = ramp[2] - ramp[0]
    dy = ramp[3] - ramp[1]
    inverse = 1.0 / wp.max(dx * dx + dy * dy, 1.0e-12)
    for row in range(wp.min(8, height - y0)):
        for column in range(wp.min(8, width - x0)):
            fragment = run * 64 + row * 8 + column
            seen = coverage[fragment]
            if seen > 0.0:
                x = float(x0 + column) + 0.5
                y = float(y0 + row) + 0.5
                opacity = paint_at(layer, x, y, colours, end_colours, ramps)[3]
                pixel = 3 * s * plane + (y0 + row) * width + x0 + column
                weight = through[fragment] * seen * opacity
                asked = wp.vec4(
                    weight * rgb_adjoint[pixel],
                    weight * rgb_adjoint[pixel + plane],
                    weight * rgb_adjoint[pixel + 2 * plane],
                    seen * opacity_adjoint[fragment],
                )
                opacity_adjoint[fragment] = opacity_adjoint[fragment] * opacity
                if graded:
                    t = along(ramp, x, y)
                    share = wp.clamp(t, 0.0, 1.0)
                    near = near + asked * (1.0 - share)
                    far = far + asked * share
                    if t > 0.0 and t < 1.0:
                        pull = wp.dot(asked, step) * inverse
                        bx = pull * (x - ramp[0] - 2.0 * t * dx)
                        by = pull * (y - ramp[1] - 2.0 * t * dy)
                        turn = turn + wp.vec4(-bx - pull * dx, -by - pull * dy, bx, by)
                else:
                    near = near + asked
    run_adjoint[run] = near
    if graded:
        run_end_adjoint[run] = far
        run_ramp_adjoint[run] = turn
