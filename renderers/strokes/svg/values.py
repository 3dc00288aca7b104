"""Values in SVG attributes: lengths, colours and transforms."""

from __future__ import annotations

import colorsys
import math
import re

from PIL import ImageColor

from limn.errors import InputError

UNITS = {"": 1.0, "px": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72, "pc": 16.0, "em": 16.0}
LENGTH = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-z]*|%)\s*")
FUNCTION = re.compile(r"\s*,?\s*(\w+)\s*\(([^)]*)\)\s*")
LIMIT = 1e7
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def parse_length(text: str, where: str, whole: float = 1.0) -> float:
    """A length in pixels.

    Args:
        text: number with an optional unit.
        where: named in errors.
        whole: the length of 100 %.

    Raises:
        InputError: not a finite length.
    """
    found = LENGTH.fullmatch(text)
    if not found or (found[2] not in UNITS and found[2] != "%"):
        raise InputError(f"{where}: {text.strip()[:40]!r} is not a length, expected a number such as 12 or 3.5px")
    value = float(found[1]) * (whole / 100 if found[2] == "%" else UNITS[found[2]])
    if not abs(value) < LIMIT:
        raise InputError(f"{where}: {text.strip()[:40]!r} is too large, expected less than {LIMIT:.0f}")
    return value


def parse_numbers(text: str, where: str) -> list[float]:
    """Numbers between blanks or commas.

    Raises:
        InputError: something is not a number.
    """
    words = re.findall(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[^\s,]", text)
    values = []
    for word in words:
        try:
            values.append(float(word))
        except ValueError:
            raise InputError(f"{where}: {text.strip()[:40]!r} has {word!r}, expected numbers") from None
    if not all(abs(value) < LIMIT for value in values):
        raise InputError(f"{where}: {text.strip()[:40]!r} has a number of {LIMIT:.0f} or more")
    return values


def parse_share(text: str, where: str) -> float:
    """An opacity: number or percentage, clamped to 0..1."""
    return min(1.0, max(0.0, parse_length(text, where, 1.0)))


def parse_colour(text: str, where: str) -> tuple[float, float, float, float]:
    """A CSS colour as straight sRGB and opacity in 0..1.

    Raises:
        InputError: not a colour.
    """
    word = text.strip().lower()
    wrong = InputError(f"{where}: {text.strip()[:40]!r} is not a colour, expected a name, #rrggbb or rgb(...)")
    if word == "transparent":
        return 0.0, 0.0, 0.0, 0.0
    if found := FUNCTION.fullmatch(word):
        parts = [part for part in re.split(r"[\s,/]+", found[2]) if part]
        if found[1] not in ("rgb", "rgba", "hsl", "hsla") or len(parts) not in (3, 4):
            raise wrong
        opacity = parse_share(parts[3], where) if len(parts) == 4 else 1.0
        if found[1].startswith("hsl"):
            hue = parse_length(parts[0].removesuffix("deg"), where) / 360
            saturation, lightness = (parse_share(part, where) for part in parts[1:3])
            return *colorsys.hls_to_rgb(hue % 1, lightness, saturation), opacity
        red, green, blue = (min(255.0, max(0.0, parse_length(part, where, 255.0))) / 255 for part in parts[:3])
        return red, green, blue, opacity
    if not word.startswith("#") and word not in ImageColor.colormap:
        raise wrong
    try:
        red, green, blue, *rest = (value / 255 for value in ImageColor.getrgb(word))
    except ValueError:
        raise wrong from None
    return red, green, blue, rest[0] if rest else 1.0


def parse_transform(text: str, where: str) -> Matrix:
    """The matrix (a, b, c, d, e, f) of a ``transform`` attribute.

    Raises:
        InputError: unknown function or wrong number of arguments.
    """
    matrix, place = IDENTITY, 0
    while text[place:].strip():
        found = FUNCTION.match(text, place)
        step = _transform(found[1], parse_numbers(found[2], where)) if found else None
        if found is None or step is None:
            raise InputError(f"{where}: transform {text[place:].strip()[:40]!r}, expected for example translate(3 4)")
        matrix, place = compose(matrix, step), found.end()
    return matrix


def _transform(name: str, values: list[float]) -> Matrix | None:
    """One function of a transform list, or None if there is no such function with so many arguments."""
    match name, values:
        case "matrix", [a, b, c, d, e, f]:
            return a, b, c, d, e, f
        case "translate", [x, *rest] if len(rest) < 2:
            return 1, 0, 0, 1, x, rest[0] if rest else 0
        case "scale", [x, *rest] if len(rest) < 2:
            return x, 0, 0, rest[0] if rest else x, 0, 0
        case "rotate", [angle, *rest] if len(rest) in (0, 2):
            c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            x, y = rest or (0.0, 0.0)
            return c, s, -s, c, x - c * x + s * y, y - s * x - c * y
        case "skewX", [angle]:
            return 1, 0, math.tan(math.radians(angle)), 1, 0, 0
        case "skewY", [angle]:
            return 1, math.tan(math.radians(angle)), 0, 1, 0, 0
    return None


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The transform that applies ``inner`` first."""
    a, b, c, d, e, f = outer
    p, q, r, s, t, u = inner
    return a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f


def apply(matrix: Matrix, point: complex) -> complex:
    """A transformed point."""
    a, b, c, d, e, f = matrix
    return complex(a * point.real + c * point.imag + e, b * point.real + d * point.imag + f)
