"""SVG writing: a static document, and one that draws itself stroke by stroke."""

from __future__ import annotations

import math
from collections.abc import Callable

from renderers.strokes.scene import Path, Scene

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="{1}" height="{0}" viewBox="0 0 {1} {0}">\n'
GROUP = '<g fill="none" stroke-linecap="round" stroke-linejoin="round">\n'
DRAW = (
    "<style>@keyframes draw{0%{opacity:0;stroke-dasharray:1;stroke-dashoffset:1}1%{opacity:1}"
    "100%{opacity:1;stroke-dasharray:1;stroke-dashoffset:0}}"
    "@keyframes show{from{opacity:0}to{opacity:1}}</style>\n"
)


def write_svg(scene: Scene, candidate: int = 0) -> str:
    """One candidate as SVG text; colours are rounded to 8 bits, lengths to a thousandth of a pixel.

    Args:
        scene: the drawing.
        candidate: its number.

    Returns:
        The SVG document. Paths that are not finite are left out, as in ``rasterise``.
    """
    return _document(scene.candidate(candidate), "", lambda index, path: "")


def svg_animated(scene: Scene, candidate: int = 0, seconds: float = 4.0) -> str:
    """One candidate as an SVG that draws itself path by path: strokes grow along their length, fills fade in.

    Args:
        scene: the drawing.
        candidate: its number.
        seconds: duration of the animation.

    Returns:
        The SVG document (CSS animation, no script); without CSS animation it shows the finished drawing.
    """
    each = seconds / max(1, len(scene.topology.paths))

    def animate(index: int, path: Path) -> str:
        name, length = ("draw", ' pathLength="1"') if path.stroked and not path.filled else ("show", "")
        return f'{length} style="animation:{name} {_number(each)}s linear {_number(index * each)}s both"'

    return _document(scene.candidate(candidate), DRAW, animate)


def path_data(scene: Scene, candidate: int = 0) -> list[str]:
    """SVG path data (the ``d`` attribute) of every path, in the order in which they are painted."""
    points = scene.points[candidate].detach().tolist()
    starts = scene.topology.path_starts
    return [
        _data(path, points[start : start + path.points])
        for path, start in zip(scene.topology.paths, starts, strict=True)
    ]


def _document(scene: Scene, style: str, extra: Callable[[int, Path], str]) -> str:
    parts = [HEAD.format(*scene.size), style, _definitions(scene)]
    parts.append(f'<rect width="{scene.size[1]}" height="{scene.size[0]}" fill="{_hex(scene.background)}"/>\n')
    parts.append(GROUP)
    for index, (path, data) in enumerate(zip(scene.topology.paths, path_data(scene), strict=True)):
        width = float(scene.widths[0, index])
        if "n" not in data and math.isfinite(width):  # neither nan nor inf
            parts.append(f'<path d="{data}"{_paint(scene, index, path)}{extra(index, path)}/>\n')
    return "".join([*parts, "</g>\n</svg>\n"])


def _definitions(scene: Scene) -> str:
    gradients = [_gradient(scene, index) for index in range(len(scene.topology.paths))]
    return f"<defs>\n{''.join(gradients)}</defs>\n" if any(gradients) else ""


def _gradient(scene: Scene, index: int) -> str:
    """The gradient of a fill as an element, empty where it has none that shows."""
    if not scene.topology.paths[index].filled or scene.gradient_ends is None or scene.gradient_colours is None:
        return ""
    x1, y1, x2, y2 = (_number(value) for value in scene.gradient_ends[0, index].flatten().tolist())
    first, last = (_stop(colours[0, index].tolist()) for colours in (scene.fill_colours, scene.gradient_colours))
    if first == last or (x1, y1) == (x2, y2) or "n" in x1 + y1 + x2 + y2:  # neither nan nor inf
        return ""
    place = f'id="gradient-{index + 1}" gradientUnits="userSpaceOnUse" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return f'<linearGradient {place}><stop{first}/><stop offset="1"{last}/></linearGradient>\n'


def _stop(colour: list[float]) -> str:
    return f' stop-color="{_hex(colour[:3])}"' + _opacity("stop", colour[3])


def _paint(scene: Scene, index: int, path: Path) -> str:
    text = ""
    if path.filled:
        *colour, opacity = scene.fill_colours[0, index].tolist()
        solid = f' fill="{_hex(colour)}"' + _opacity("fill", opacity)
        text += f' fill="url(#gradient-{index + 1})"' if _gradient(scene, index) else solid
        text += ' fill-rule="evenodd"' if path.rule == "evenodd" else ""
    if path.stroked:
        *colour, opacity = scene.stroke_colours[0, index].tolist()
        width = _number(max(0.0, float(scene.widths[0, index])))
        text += f' stroke="{_hex(colour)}"' + _opacity("stroke", opacity) + f' stroke-width="{width}"'
    return text


def _opacity(kind: str, value: float) -> str:
    text = f"{min(max(value, 0.0), 1.0):.4f}".rstrip("0").rstrip(".")
    return "" if text == "1" else f' {kind}-opacity="{text}"'


def _data(path: Path, points: list[list[float]]) -> str:
    text, start = "", 0
    for subpath in path.subpaths:
        own = points[start : start + subpath.points]
        start += subpath.points
        if subpath.closed:
            own = [*own, own[0]]
        text += "M" + _pair(own[0]) + "C" + " ".join(_pair(point) for point in own[1:])
        text += "Z" if subpath.closed else ""
    return text


def _pair(point: list[float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _hex(colour: tuple[float, ...] | list[float]) -> str:
    return "#" + "".join(f"{round(255 * min(max(value, 0.0), 1.0)):02x}" for value in colour)
