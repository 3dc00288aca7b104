"""The style properties that are understood: their initial values, who takes them over, and what they may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from renderers.strokes.svg.colours import parse_colour
from renderers.strokes.svg.transforms import parse_origin, parse_transform
from renderers.strokes.svg.values import NUMBER, Lengths, MalformedError, parse_length, parse_share, shortened

Check = Callable[[str, float], str]
"""A value and the font size -> the value as children take it over.

Raises:
    MalformedError: not a value of this property.
"""


@dataclass(frozen=True)
class Property:
    """A style property.

    Args:
        initial: its value where nothing is said.
        inherited: True if children take it over.
        check: see `Check`.
        foreign: True if any other value than the initial one changes the picture in a way that is not understood.
    """

    initial: str
    inherited: bool
    check: Check = lambda value, em: value
    foreign: bool = False


_SIZES = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}


def reference(value: str) -> tuple[str, str] | None:
    """The id and the fallback of ``url(#id) fallback``, or None for other values."""
    if not value.startswith("url("):
        return None
    name, _, rest = value[4:].partition(")")
    return name.strip(" \t\r\n\"'").removeprefix("#"), rest.strip()


def _paint(value: str, em: float) -> str:
    linked = reference(value)
    if linked is None and value.startswith("context-"):
        return value
    colour = linked[1] if linked else value
    if colour not in ("", "none") and colour.lower() != "currentcolor":
        parse_colour(colour)
    return value


def _colour(value: str, em: float) -> str:
    if value.lower() != "currentcolor":
        parse_colour(value)
    return value


def _share(value: str, em: float) -> str:
    parse_share(value)
    return value


def _length(value: str, em: float) -> str:
    length = parse_length(value, 100.0, em)
    if length < 0:
        raise MalformedError(f"{shortened(value)} is negative")
    return value if value.endswith("%") else repr(length)


def _transform(value: str, em: float) -> str:
    parse_transform(value, Lengths(1.0, 1.0, em))
    return value


def _origin(value: str, em: float) -> str:
    parse_origin(value, Lengths(1.0, 1.0, em))
    return value


def _order(value: str, em: float) -> str:
    """Whether the stroke lies above the fill ("normal") or below ("stroke")."""
    words = [word for word in value.split() if word != "markers"]
    if set(words) - {"normal", "fill", "stroke"}:
        raise MalformedError(f"{shortened(value)} is not a paint-order")
    return "stroke" if words[:1] == ["stroke"] else "normal"


def _font_size(value: str, em: float) -> str:
    if value in ("larger", "smaller"):
        return repr(em * (1.2 if value == "larger" else 1 / 1.2))
    return repr(_SIZES[value]) if value in _SIZES else _length(f"{parse_length(value, em, em)!r}", em)


def _one_of(*words: str) -> Check:
    def check(value: str, em: float) -> str:
        if value not in words:
            raise MalformedError(f"{shortened(value)} is not one of {', '.join(words)}")
        return value

    return check


PROPERTIES: dict[str, Property] = {
    "font-size": Property("16", True, _font_size),
    "color": Property("black", True, _colour),
    "fill": Property("black", True, _paint),
    "fill-opacity": Property("1", True, _share),
    "fill-rule": Property("nonzero", True, _one_of("nonzero", "evenodd")),
    "stroke": Property("none", True, _paint),
    "stroke-width": Property("1", True, _length),
    "stroke-opacity": Property("1", True, _share),
    "stroke-linecap": Property("butt", True, _one_of("butt", "round", "square")),
    "stroke-linejoin": Property("miter", True, _one_of("miter", "miter-clip", "round", "bevel", "arcs")),
    "visibility": Property("visible", True, _one_of("visible", "hidden", "collapse")),
    "stop-color": Property("black", False, _colour),
    "stop-opacity": Property("1", False, _share),
    "opacity": Property("1", False, _share),
    "display": Property("inline", False),
    "overflow": Property("hidden", False),
    "transform": Property("none", False, _transform),
    "transform-origin": Property("0 0", False, _origin),
    "background-color": Property("transparent", False, _colour),
    "stroke-dasharray": Property("none", True, foreign=True),
    "paint-order": Property("normal", True, _order),
    "marker-start": Property("none", True, foreign=True),
    "marker-mid": Property("none", True, foreign=True),
    "marker-end": Property("none", True, foreign=True),
    "clip-path": Property("none", False),
    **{name: Property("none", False, foreign=True) for name in ("mask", "filter", "vector-effect")},
    **{name: Property("none", False, foreign=True) for name in ("translate", "rotate", "scale", "offset-path")},
    "mix-blend-mode": Property("normal", False, foreign=True),
    "transform-box": Property("view-box", False, foreign=True),
}
"""By name; the font size comes first, because lengths may refer to it."""

GEOMETRY = ("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d")
"""Attributes that CSS may set, too (SVG 2); in style sheets they are not understood."""


def spelled_out(name: str, value: str) -> list[tuple[str, str]]:
    """A declaration with shorthands in their long form."""
    if name == "marker":
        return [(f"marker-{place}", value) for place in ("start", "mid", "end")]
    if name == "font":
        size = re.search(rf"(?:^|\s)({NUMBER}(?:[a-z]+|%))", value[:200])
        return [("font-size", size[1])] if size else []
    if name == "background" and value[:200].strip() and " " not in value[:200].strip():
        return [("background-color", value)]
    return [(name, value)]
