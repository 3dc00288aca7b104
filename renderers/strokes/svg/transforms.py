"""Transforms: the ``transform`` attribute, the CSS property of that name, and its origin."""

from __future__ import annotations

import math
import re

from renderers.strokes.svg.values import NUMBER, Lengths, MalformedError, finite, parse_angle, parse_share, shortened

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_FUNCTION = re.compile(r"[\s,]*([a-zA-Z]+)\s*\(([^()]*)\)")
_ARGUMENT = re.compile(rf"{NUMBER}(?:[a-zA-Z]+|%)?|[^\s,]")
_PLACES = {"left": "0%", "right": "100%", "top": "0%", "bottom": "100%", "center": "50%"}


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The transform that applies ``inner`` first."""
    a, b, c, d, e, f = outer
    p, q, r, s, t, u = inner
    return a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f


def apply(matrix: Matrix, point: complex) -> complex:
    """A transformed point."""
    a, b, c, d, e, f = matrix
    return complex(a * point.real + c * point.imag + e, b * point.real + d * point.imag + f)


def shift(x: float, y: float) -> Matrix:
    """A translation."""
    return 1.0, 0.0, 0.0, 1.0, x, y


def parse_transform(text: str, lengths: Lengths) -> Matrix:
    """The matrix (a, b, c, d, e, f) of a list of transform functions, with or without units.

    Raises:
        MalformedError: unknown function or wrong arguments.
    """
    matrix, place, text = IDENTITY, 0, text.strip()
    while place < len(text) and text != "none":
        found = _FUNCTION.match(text, place)
        step = _function(found[1], _ARGUMENT.findall(found[2]), lengths) if found else None
        if found is None or step is None:
            raise MalformedError(f"{shortened(text[place : place + 60])} is not a transform")
        matrix, place = compose(matrix, step), found.end()
    return matrix


def parse_origin(text: str, lengths: Lengths) -> complex:
    """The point of a ``transform-origin``; percentages refer to the viewport, as for SVG elements in CSS.

    Raises:
        MalformedError: not one or two lengths or keywords.
    """
    words = text.lower().split()
    if not 1 <= len(words) <= 3:
        raise MalformedError(f"{shortened(text)} is not a transform-origin")
    across, down = (*words, "center")[:2]
    if across in ("top", "bottom") or down in ("left", "right"):
        across, down = down, across
    if across in ("top", "bottom") or down in ("left", "right"):
        raise MalformedError(f"{shortened(text)} is not a transform-origin")
    return complex(lengths.x(_PLACES.get(across, across)), lengths.y(_PLACES.get(down, down)))


def about(origin: complex, matrix: Matrix) -> Matrix:
    """A transform with another origin."""
    there, back = shift(origin.real, origin.imag), shift(-origin.real, -origin.imag)
    return compose(there, compose(matrix, back))


def _function(name: str, values: list[str], lengths: Lengths) -> Matrix | None:
    """One function of a transform list, or None if there is no such function with so many arguments."""
    match name, values:
        case "matrix", [_, _, _, _, _, _]:
            a, b, c, d, e, f = (finite(value) for value in values)
            return a, b, c, d, e, f
        case "translate", [x, *rest] if len(rest) < 2:
            return shift(lengths.x(x), lengths.y(rest[0]) if rest else 0.0)
        case "translateX", [x]:
            return shift(lengths.x(x), 0.0)
        case "translateY", [y]:
            return shift(0.0, lengths.y(y))
        case "scale", [x, *rest] if len(rest) < 2:
            return _scale(x), 0.0, 0.0, _scale(rest[0] if rest else x), 0.0, 0.0
        case "scaleX", [x]:
            return _scale(x), 0.0, 0.0, 1.0, 0.0, 0.0
        case "scaleY", [y]:
            return 1.0, 0.0, 0.0, _scale(y), 0.0, 0.0
        case "rotate", [angle, *rest] if len(rest) in (0, 2):
            c, s = math.cos(parse_angle(angle)), math.sin(parse_angle(angle))
            origin = complex(lengths.x(rest[0]), lengths.y(rest[1])) if rest else 0j
            return about(origin, (c, s, -s, c, 0.0, 0.0))
        case "skewX", [angle]:
            return 1.0, 0.0, math.tan(parse_angle(angle)), 1.0, 0.0, 0.0
        case "skewY", [angle]:
            return 1.0, math.tan(parse_angle(angle)), 0.0, 1.0, 0.0, 0.0
        case "skew", [x, *rest] if len(rest) < 2:
            return 1.0, math.tan(parse_angle(rest[0])) if rest else 0.0, math.tan(parse_angle(x)), 1.0, 0.0, 0.0
    return None


def _scale(text: str) -> float:
    return parse_share(text) if text.endswith("%") else finite(text)
