"""SVG writing: a static document, and one that draws itself stroke by stroke."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from renderers.strokes.scene import Path, Scene
from renderers.strokes.svg.layers import identities, layers_of

HEAD = '<svg xmlns="http://www.w3.org/2000/svg"{} width="{}" height="{}" viewBox="0 0 {} {}">\n'
INKSCAPE = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
LAYER = ' id="{}" inkscape:groupmode="layer" inkscape:label="{}"'
GROUP = '<g{} fill="none" stroke-linecap="round" stroke-linejoin="round">\n'
DRAW = (
    "<style>@keyframes draw{0%{opacity:0;stroke-dasharray:1;stroke-dashoffset:1}1%{opacity:1}"
    "100%{opacity:1;stroke-dasharray:1;stroke-dashoffset:0}}"
    "@keyframes show{from{opacity:0}to{opacity:1}}</style>\n"
)


def write_svg(scene: Scene, candidate: int = 0, millimetres: float | None = None) -> str:
    """One candidate as SVG text; colours are rounded to 8 bits, lengths to a thousandth of a pixel.

    Args:
        scene: the drawing.
        candidate: its number.
        millimetres: width of the sheet that it is drawn on; in pixels when None.

    Returns:
        The SVG document, with paper and paths in layers as Inkscape and Illustrator name them. Paths that are not
        finite are left out, as in ``rasterise``.
    """
    one = scene.candidate(candidate)
    height, width = one.size
    size = (f"{width}", f"{height}")
    if millimetres is not None:
        size = (f"{_number(millimetres)}mm", f"{_number(millimetres * height / width)}mm")
    names = identities(one)
    parts = [
        HEAD.format(INKSCAPE, *size, width, height),
        _definitions(one),
        _paper(one, LAYER.format("paper", "Paper")),
    ]
    for layer in layers_of(one):
        parts.append(GROUP.format(LAYER.format(layer.identity, escape(layer.label, {'"': "&quot;"}))))
        parts += _paths(one, layer.paths, lambda index, path: f' id="{names[index]}"')
        parts.append("</g>\n")
    return "".join([*parts, "</svg>\n"])


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

    one = scene.candidate(candidate)
    height, width = one.size
    paths = _paths(one, range(len(one.topology.paths)), animate)
    head = HEAD.format("", width, height, width, height)
    return "".join([head, DRAW, _definitions(one), _paper(one, ""), GROUP.format(""), *paths, "</g>\n</svg>\n"])


def path_data(scene: Scene, candidate: int = 0) -> list[str]:
    """SVG path data (the ``d`` attribute) of every path, in the order in which they are painted."""
    points = scene.points[candidate].detach().tolist()
    starts = scene.topology.path_starts
    return [
        _data(path, points[start : start + path.points])
        for path, start in zip(scene.topology.paths, starts, strict=True)
    ]


def _paper(scene: Scene, layer: str) -> str:
    """The paper as a layer of its own; empty where there is none."""
    colour = scene.background if scene.paper is None else scene.paper[0].tolist()
    if colour is None:
        return ""
    return f'<g{layer}><rect width="{scene.size[1]}" height="{scene.size[0]}" fill="{_hex(colour)}"/></g>\n'


def _paths(scene: Scene, numbers: Iterable[int], extra: Callable[[int, Path], str]) -> list[str]:
    data, parts = path_data(scene), []
    for index in numbers:
        path, width = scene.topology.paths[index], float(scene.widths[0, index])
        if "n" not in data[index] and math.isfinite(width):  # neither nan nor inf
            parts.append(f'<path{extra(index, path)} d="{data[index]}"{_paint(scene, index, path)}/>\n')
    return parts


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
