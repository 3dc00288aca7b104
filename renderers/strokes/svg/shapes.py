"""Basic shapes as chains of cubics."""

from __future__ import annotations

from renderers.strokes.svg.path_data import parse_path
from renderers.strokes.svg.pen import Chain, Pen
from renderers.strokes.svg.values import Lengths, MalformedError, parse_numbers
from renderers.strokes.svg.xml import Node

SHAPES = ("path", "line", "polyline", "polygon", "rect", "circle", "ellipse")


def shape_chains(node: Node, lengths: Lengths) -> tuple[list[Chain], str]:
    """The outline of a shape element, in its own coordinates.

    Args:
        node: an element of ``SHAPES``.
        lengths: what its lengths refer to.

    Returns:
        Its chains, and what the first error is ("" if there is none), up to which it is drawn.

    Raises:
        MalformedError: a length that makes no sense.
    """
    given = {name: value for name, value in node.attributes.items() if value.strip() != "auto"}

    def x(name: str) -> float:
        return lengths.x(given[name]) if name in given else 0.0

    def y(name: str) -> float:
        return lengths.y(given[name]) if name in given else 0.0

    pen, wrong = Pen(), ""
    if node.tag == "path":
        return parse_path(given.get("d", "none").replace("none", ""))
    if node.tag == "line":
        pen.move(complex(x("x1"), y("y1")))
        pen.line(complex(x("x2"), y("y2")))
    elif node.tag in ("polyline", "polygon"):
        wrong = _poly(pen, given.get("points", ""), closed=node.tag == "polygon")
    elif node.tag == "rect":
        w, h = _size(x("width"), "width"), _size(y("height"), "height")
        if w > 0 and h > 0:
            rx, ry = _radii(given, lengths)
            _rect(pen, complex(x("x"), y("y")), w, h, min(rx, w / 2), min(ry, h / 2))
    else:
        if node.tag == "circle":
            rx = ry = _size(lengths.other(given.get("r", "0")), "r")
        else:
            rx, ry = _radii(given, lengths)
        if rx > 0 and ry > 0:
            centre = complex(x("cx"), y("cy"))
            pen.move(centre + rx)
            for across, down in ((0, 1), (-1, 0), (0, -1), (1, 0)):
                pen.arc(rx, ry, 0.0, False, True, centre + complex(across * rx, down * ry))
            pen.close()
    return pen.chains, wrong


def _size(value: float, name: str) -> float:
    if value < 0:
        raise MalformedError(f"{name} is {value:g}, expected 0 or more")
    return value


def _radii(given: dict[str, str], lengths: Lengths) -> tuple[float, float]:
    """The radii of a rectangle or an ellipse; one that is not given or negative is as large as the other (SVG 2)."""
    rx = lengths.x(given["rx"]) if "rx" in given else -1.0
    ry = lengths.y(given["ry"]) if "ry" in given else -1.0
    return max(0.0, rx if rx >= 0 else ry), max(0.0, ry if ry >= 0 else rx)


def _poly(pen: Pen, text: str, closed: bool) -> str:
    values, wrong = parse_numbers(text)
    points = [complex(x, y) for x, y in zip(values[::2], values[1::2], strict=False)]
    if len(points) > 1:
        pen.move(points[0])
        for point in points[1:]:
            pen.line(point)
        if closed:
            pen.close()
    return f"points have {wrong}" if wrong else f"points are {len(values)} numbers" if len(values) % 2 else ""


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
