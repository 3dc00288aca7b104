"""The definition of the rasteriser in plain torch: slow, differentiated by autograd, the oracle of the kernels."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.strokes.scene import WHITE, Scene
from renderers.strokes.tables import EVENODD, STROKE, layer_paints, subdivisions, tables_of


def rasterise_reference(scene: Scene) -> tuple[Tensor, Tensor]:
    """Draws every candidate in the dtype of its points.

    Args:
        scene: what to draw.

    Returns:
        sRGB over the background [S, 3, H, W] and coverage [S, 1, H, W].
    """
    tables = tables_of(scene.topology, scene.points.device)
    paints = layer_paints(tables, scene)
    counts = subdivisions(scene.points, tables.cubics)
    pictures = []
    for s in range(scene.candidates):
        corners = scene.points[s][tables.cubics.long()]
        lines = [flatten(cubic, int(count)) for cubic, count in zip(corners, counts[s], strict=True)]
        rgb = scene.points.new_tensor(scene.background or WHITE)[:, None, None].expand(3, *scene.size)
        clear = scene.points.new_ones(1, *scene.size)
        for k, (path, kind, first, end) in enumerate(tables.layers.tolist()):
            own = torch.cat(lines[first:end])
            if kind == STROKE:
                seen = stroke_coverage(own, scene.widths[s, path], scene.size)
            else:
                seen = fill_coverage(own, kind == EVENODD, scene.size)
            paint = paint_of(*(values[s, k] for values in paints if values.shape[1]), size=scene.size)
            opacity = seen * paint[3]
            rgb = rgb + opacity * (paint[:3] - rgb)
            clear = clear * (1 - opacity)
        pictures.append(torch.cat([rgb, 1 - clear]))
    stacked = torch.stack(pictures) if pictures else scene.points.new_empty(0, 4, *scene.size)
    return stacked[:, :3], stacked[:, 3:]


def paint_of(
    colour: Tensor, end_colour: Tensor | None = None, ramp: Tensor | None = None, *, size: tuple[int, int]
) -> Tensor:
    """Straight colour of a layer at the centre of every pixel, linear between the ends of its gradient.

    Args:
        colour: of the layer, or where its gradient begins [4].
        end_colour: where its gradient ends [4].
        ramp: both ends (x0, y0, x1, y1); if they coincide, the layer has its first colour.
        size: height and width of the canvas.

    Returns:
        [4, H, W], or [4, 1, 1] without gradient.

    Source: SVG 2, section 14.2.2 (linear gradients, ``spreadMethod="pad"``).
    """
    if end_colour is None or ramp is None or not (ramp[2:] - ramp[:2]).any():
        return colour[:, None, None]
    y, x = (torch.arange(n, dtype=ramp.dtype, device=ramp.device) + 0.5 for n in size)
    along = ramp[2:] - ramp[:2]
    share = (x - ramp[0]) * along[0] + ((y - ramp[1]) * along[1])[:, None]
    share = (share / along.square().sum()).clamp(0, 1)
    return colour[:, None, None] + share * (end_colour - colour)[:, None, None]


def flatten(cubic: Tensor, count: int) -> Tensor:
    """Straight lines between points of a cubic [4, 2] at equal steps of its parameter [count, 2 ends, 2]."""
    t = torch.linspace(0, 1, count + 1, dtype=cubic.dtype, device=cubic.device)[:, None]
    weights = torch.cat([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], dim=1)
    points = weights @ cubic
    return torch.stack([points[:-1], points[1:]], dim=1)


def stroke_coverage(lines: Tensor, width: Tensor, size: tuple[int, int]) -> Tensor:
    """Area of each pixel within a band of the stroke's width around the closest line.

    Within a pixel the band's two edges are straight: parallel to the line or, around its ends, perpendicular to the
    direction towards them; strokes thinner than a pixel fade with their width. Only the closest line counts, so no
    stroke paints over itself.

    Args:
        lines: flattened path [L, 2, 2].
        width: full width in pixels, a scalar.
        size: height and width of the canvas.

    Returns:
        Coverage in 0..1 [H, W].
    """
    if width <= 0:
        return lines.new_zeros(size)
    y, x = (torch.arange(n, dtype=lines.dtype, device=lines.device) + 0.5 for n in size)
    pixels = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[:, :, None]
    start, along = lines[:, 0], lines[:, 1] - lines[:, 0]
    with torch.no_grad():  # at the closest point the distance does not depend on u to first order, or u is at an end
        u = ((pixels - start) * along).sum(-1) / along.square().sum(-1).clamp_min(1e-12)
        u = u.clamp(0, 1)
        closest = (start + u[..., None] * along - pixels).square().sum(-1).argmin(-1)
        u = u.gather(-1, closest[..., None])
    offset = start[closest] + u * along[closest] - pixels[:, :, 0]
    distance = offset.square().sum(-1).clamp_min(1e-12).sqrt()
    direction = torch.where((u == 0) | (u == 1), offset, along[closest])
    normal = direction.abs() / direction.square().sum(-1, keepdim=True).clamp_min(1e-12).sqrt()
    a, b = normal.amax(-1), normal.amin(-1).clamp_min(1e-6)
    half = width / 2
    return (_edge(half - distance, a, b) + _edge(half + distance, a, b) - 1).clamp_min(0)


def _edge(s: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Area of a pixel inside an edge at distance s beyond its centre, with the normal (a, b), a >= b > 0.

    The integral of the trapezoid that is the convolution of two boxes of widths a and b.
    """
    t = s.abs()
    share = torch.where(t <= (a - b) / 2, 0.5 + t / a, 1 - ((a + b) / 2 - t).clamp_min(0).square() / (2 * a * b))
    return torch.where(s < 0, 1 - share, share)


def fill_coverage(lines: Tensor, evenodd: bool, size: tuple[int, int]) -> Tensor:
    """The integral of the winding number over each pixel, folded into 0..1 by the fill rule.

    Nonzero: min(|w|, 1); even-odd: distance of w to the nearest even number. Exact if at most one of the regions in a
    pixel is painted differently from the rest; its derivative is the flux of the moving edge through the pixel.

    Args:
        lines: flattened closed contours [L, 2, 2].
        evenodd: the even-odd rule instead of nonzero.
        size: height and width of the canvas.

    Returns:
        Coverage in 0..1 [H, W].
    """
    rows, columns = (torch.arange(n, dtype=lines.dtype, device=lines.device) for n in size)
    total = lines.new_zeros(size)
    for few in torch.split(lines, 32):
        (x0, y0), (x1, y1) = few.permute(1, 2, 0)[..., None]
        # No area lies right of a level line, but moving an end makes some: the slope is taken with a tiny rise.
        y1 = torch.where(y0 == y1, y1 + 1e-7, y1)
        slope = (x1 - x0) / (y1 - y0)
        low, high = torch.minimum(y0, y1), torch.maximum(y0, y1)
        ya, yb = low.clamp(rows, rows + 1), high.clamp(rows, rows + 1)
        xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
        right = _right_of(xa[..., None], xb[..., None], columns)
        total = total + (((y1 - y0).sign() * (yb - ya))[..., None] * right).sum(0)
    if evenodd:
        return (total - 2 * (total / 2).detach().round()).abs()
    return total.abs().clamp_max(1)


def _right_of(xa: Tensor, xb: Tensor, columns: Tensor) -> Tensor:
    """Mean over x from xa to xb of how much of the pixel [column, column + 1] lies right of x."""

    def integral(z: Tensor) -> Tensor:
        return torch.where(z > 1, z - 0.5, z.clamp_min(0).square() / 2)

    apart = (xb - xa).abs() > 1e-4
    run = torch.where(apart, xb - xa, 1)
    middle = (columns + 1 - (xa + xb) / 2).clamp(0, 1)
    return torch.where(apart, (integral(columns + 1 - xa) - integral(columns + 1 - xb)) / run, middle)
