# mypy: ignore-errors
# ruff: noqa: UP018
"""Compositing in SVG order, its adjoint, and the adjoint of the colours."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.kernel
def composite(
    first: int,
    inked: wp.array(dtype=wp.int32),
    tile_starts: wp.array(dtype=wp.int32),
    order: wp.array(dtype=wp.int64),
    run_layers: wp.array(dtype=wp.int32),
    colours: wp.array(dtype=wp.vec4),
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
                    paint = colours[run_layers[run]]
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
                    paint = colours[run_layers[run]]
                    opacity = seen * paint[3]
                    step = wp.vec3(paint[0], paint[1], paint[2]) - behind
                    opacity_adjoint[fragment] = through[fragment] * (wp.dot(wanted, step) + clear)
                    behind = behind + step * opacity
                    clear = clear * (1.0 - opacity)


@wp.kernel
def colour_adjoint(
    first: int,
    run_layers: wp.array(dtype=wp.int32),
    run_tiles: wp.array(dtype=wp.int32),
    colours: wp.array(dtype=wp.vec4),
    height: int,
    width: int,
    tile_rows: int,
    tile_columns: int,
    coverage: wp.array(dtype=float),
    through: wp.array(dtype=float),
    opacity_adjoint: wp.array(dtype=float),
    rgb_adjoint: wp.array(dtype=float),
    run_adjoint: wp.array(dtype=wp.vec4),
):
    """One thread per run: what its fragments ask of the layer's colour."""
    run = first + wp.tid()
    paint = colours[run_layers[run]]
    tile = run_tiles[run]
    s = tile // (tile_rows * tile_columns)
    x0 = (tile % tile_columns) * 8
    y0 = ((tile // tile_columns) % tile_rows) * 8
    plane = height * width
    total = wp.vec4(0.0, 0.0, 0.0, 0.0)
    for row in range(wp.min(8, height - y0)):
        for column in range(wp.min(8, width - x0)):
            fragment = run * 64 + row * 8 + column
            seen = coverage[fragment]
            if seen > 0.0:
                pixel = 3 * s * plane + (y0 + row) * width + x0 + column
                weight = through[fragment] * seen * paint[3]
                total = total + wp.vec4(
                    weight * rgb_adjoint[pixel],
                    weight * rgb_adjoint[pixel + plane],
                    weight * rgb_adjoint[pixel + 2 * plane],
                    seen * opacity_adjoint[fragment],
                )
    run_adjoint[run] = total
