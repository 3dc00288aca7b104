"""The canvas of an SVG document and the transform onto it."""

from __future__ import annotations

from limn.errors import InputError
from renderers.strokes.svg.values import Matrix, parse_length, parse_numbers
from renderers.strokes.svg.xml import Node

LARGEST = 16384
ALIGN = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}


def viewport(root: Node, source: str) -> tuple[tuple[int, int], tuple[float, float], Matrix]:
    """Reads width, height, viewBox and preserveAspectRatio.

    Args:
        root: the <svg> element.
        source: named in errors.

    Returns:
        Height and width in whole pixels, width and height that percentages refer to, and the transform from user space.

    Raises:
        InputError: the document has no size, or one outside of 1..16384.
    """
    where = f"{source}, line {root.line} <svg>"
    box = None
    if "viewBox" in root.attributes:
        box = parse_numbers(root.attributes["viewBox"], f"{where} viewBox")
        if len(box) != 4 or box[2] <= 0 or box[3] <= 0:
            raise InputError(f"{where} viewBox: {root.attributes['viewBox']!r}, expected x y width height")
    lengths = []
    for name, whole in (("width", box[2] if box else None), ("height", box[3] if box else None)):
        text = root.attributes.get(name, "auto").strip()
        if text == "auto" or text.endswith("%"):
            if whole is None:
                raise InputError(f"{where}: no {name} in pixels and no viewBox, expected one of them")
            lengths.append(whole * (float(text[:-1]) / 100 if text != "auto" else 1.0))
        else:
            lengths.append(parse_length(text, f"{where} {name}"))
    if box and ("width" in root.attributes) != ("height" in root.attributes):
        given = 0 if "width" in root.attributes else 1
        lengths[1 - given] = lengths[given] * box[3 - given] / box[2 + given]
    width, height = lengths
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise InputError(f"{where}: {width:g} x {height:g} pixels, expected 1 to {LARGEST} each")
    size = max(1, round(height)), max(1, round(width))
    if box is None:
        return size, (width, height), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    x, y = width / box[2], height / box[3]
    align, _, fit = root.attributes.get("preserveAspectRatio", "xMidYMid meet").strip().partition(" ")
    if align != "none":
        if not (len(align) == 8 and align[0] == "x" and align[4] == "Y" and {align[1:4], align[5:]} <= set(ALIGN)):
            raise InputError(f"{where} preserveAspectRatio: {align!r}, expected for example xMidYMid")
        x = y = max(x, y) if fit.strip() == "slice" else min(x, y)
        left, top = ALIGN[align[1:4]] * (width - x * box[2]), ALIGN[align[5:]] * (height - y * box[3])
    else:
        left = top = 0.0
    return size, (box[2], box[3]), (x, 0.0, 0.0, y, left - x * box[0], top - y * box[1])
