"""Basic shapes as chains of cubics."""

from __future__ import annotations

from limn.errors import InputError
from renderers.strokes.svg.path_data import parse_path
from renderers.strokes.svg.pen import Chain, Pen
from renderers.strokes.svg.values import parse_length, parse_numbers
from renderers.strokes.svg.xml import Node

SHAPES = ("path", "line", "polyline", "polygon", "rect", "circle", "ellipse")


def shape_chains(node: Node, where: str, view: tuple[float, float]) -> list[Chain]:
    """The outline of a shape element, in its own coordinates.

    Args:
        node: an element of ``SHAPES``.
        where: named in errors.
        view: width and height that percentages refer to.

    Raises:
        InputError: malformed attribute.
    """

    def number(name: str, whole: float, default: str = "0") -> float:
        return parse_length(node.attributes.get(name, default), f"{where} {name}", whole)

    def size(name: str, whole: float) -> float:
        value = number(name, whole)
        if value < 0:
            raise InputError(f"{where} {name}: {value:g}, expected 0 or more")
        return value

    width, height = view
    diagonal = ((width * width + height * height) / 2) ** 0.5
    pen = Pen()
    if node.tag == "path":
        return parse_path(node.attributes.get("d", ""), where)
    if node.tag == "line":
        pen.move(complex(number("x1", width), number("y1", height)))
        pen.line(complex(number("x2", width), number("y2", height)))
    elif node.tag in ("polyline", "polygon"):
        values = parse_numbers(node.attributes.get("points", ""), f"{where} points")
        if len(values) % 2:
            raise InputError(f"{where} points: {len(values)} numbers, expected pairs")
        points = [complex(x, y) for x, y in zip(values[::2], values[1::2], strict=True)]
        if len(points) > 1:
            pen.move(points[0])
            for point in points[1:]:
                pen.line(point)
            if node.tag == "polygon":
                pen.close()
    elif node.tag == "rect":
        corner = complex(number("x", width), number("y", height))
        w, h = size("width", width), size("height", height)
        if w > 0 and h > 0:
            one = node.attributes.get("rx", node.attributes.get("ry", "0"))
            other = node.attributes.get("ry", one)
            rx, ry = (parse_length(*pair) for pair in ((one, f"{where} rx", width), (other, f"{where} ry", height)))
            _rect(pen, corner, w, h, min(rx, w / 2), min(ry, h / 2))
    else:
        centre = complex(number("cx", width), number("cy", height))
        if node.tag == "circle":
            rx = ry = size("r", diagonal)
        else:
            rx, ry = size("rx", width), size("ry", height)
        if rx > 0 and ry > 0:
            pen.move(centre + rx)
            for x, y in ((0, 1), (-1, 0), (0, -1), (1, 0)):
                pen.arc(rx, ry, 0.0, False, True, centre + complex(x * rx, y * ry))
            pen.close()
    return pen.chains


def _rect(pen: Pen, corner: complex, w: float, h: float, rx: float, ry: float) -> None:
    """A rectangle, clockwise from the end of its first corner."""
    if rx <= 0 or ry <= 0:
        rx = ry = 0.0
    pen.move(corner + rx)
    right, down = complex(w - 2 * rx, 0), complex(0, h - 2 * ry)
    for side, turn in ((right, rx + 1j * ry), (down, -rx + 1j * ry), (-right, -rx - 1j * ry), (-down, rx - 1j * ry)):
        if side:
            pen.line(pen.at + side)
        if turn.real and turn.imag:
            pen.arc(rx, ry, 0.0, False, True, pen.at + turn)
    # Sums of floats need not return to the start exactly.
    pen.chains[-1].points[-1] = pen.at = pen.start
    pen.close()
