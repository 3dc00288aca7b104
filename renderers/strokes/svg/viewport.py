"""Viewports: the canvas of a document, and the boxes of <svg>, <symbol> and <use> inside it."""

from __future__ import annotations

import math

from limn.errors import InputError
from renderers.strokes.svg.transforms import Matrix, shift
from renderers.strokes.svg.values import MalformedError, parse_length, parse_numbers, shortened
from renderers.strokes.svg.xml import Node

LARGEST = 16384
_ALIGN = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
Box = tuple[float, float, float, float]


def canvas(root: Node, source: str) -> tuple[tuple[int, int], tuple[float, float], Matrix]:
    """Reads width, height, viewBox and preserveAspectRatio of a document.

    Args:
        root: the <svg> element.
        source: named in errors.

    Returns:
        Height and width in whole pixels, rounded half up, as browsers and resvg do; width and height that percentages
        refer to; the transform from user space.

    Raises:
        InputError: the document has no size, or one outside of 1..16384.
    """
    where = f"{source}, line {root.line} <svg>"
    try:
        box = view_box(root)
        width, height = _size(root, box)
        if not (0 < width <= LARGEST and 0 < height <= LARGEST):
            raise MalformedError(f"{width:g} x {height:g} pixels, expected 1 to {LARGEST} each")
        size = max(1, math.floor(height + 0.5)), max(1, math.floor(width + 0.5))
        if box is None:
            return size, (width, height), shift(0.0, 0.0)
        return size, (box[2], box[3]), fitted(root, box, width, height)
    except MalformedError as error:
        raise InputError(f"{where}: {error}") from None


def view_box(node: Node) -> Box | None:
    """The viewBox of an element, if it has one.

    Raises:
        MalformedError: not four numbers, or no area.
    """
    if "viewBox" not in node.attributes:
        return None
    values, wrong = parse_numbers(node.attributes["viewBox"])
    if wrong or len(values) != 4 or values[2] <= 0 or values[3] <= 0:
        raise MalformedError(f"viewBox {shortened(node.attributes['viewBox'])}, expected x y width height")
    x, y, width, height = values
    return x, y, width, height


def fitted(node: Node, box: Box, width: float, height: float) -> Matrix:
    """The transform that brings a viewBox into an area as ``preserveAspectRatio`` says.

    Raises:
        MalformedError: malformed attribute.
    """
    text = node.attributes.get("preserveAspectRatio", "xMidYMid meet")
    words = [word for word in text.split() if word != "defer"]
    align, fit = (*words, "meet", "meet")[:2]
    x, y = width / box[2], height / box[3]
    if align == "none":
        return x, 0.0, 0.0, y, -x * box[0], -y * box[1]
    if not (len(align) == 8 and align[0] == "x" and align[4] == "Y" and {align[1:4], align[5:]} <= set(_ALIGN)):
        raise MalformedError(f"preserveAspectRatio {shortened(text)}, expected for example xMidYMid")
    x = y = max(x, y) if fit == "slice" else min(x, y)
    left, top = _ALIGN[align[1:4]] * (width - x * box[2]), _ALIGN[align[5:]] * (height - y * box[3])
    return x, 0.0, 0.0, y, left - x * box[0], top - y * box[1]


def _size(root: Node, box: Box | None) -> tuple[float, float]:
    """Width and height in pixels."""
    lengths: dict[str, float] = {}
    for name, whole in (("width", box[2] if box else None), ("height", box[3] if box else None)):
        text = root.attributes.get(name, "auto").strip()
        if text == "auto" or text.endswith("%"):
            if whole is None:
                raise MalformedError(f"no {name} in pixels and no viewBox, expected one of them")
            text = "100%" if text == "auto" else text
        lengths[name] = parse_length(text, whole or 0.0)
    if box and ("width" in root.attributes) != ("height" in root.attributes):
        given, other = ("width", "height") if "width" in root.attributes else ("height", "width")
        sides = {"width": box[2], "height": box[3]}
        lengths[other] = lengths[given] * sides[other] / sides[given]
    return lengths["width"], lengths["height"]
