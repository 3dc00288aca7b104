"""CSS colours."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

from PIL import ImageColor

from renderers.strokes.svg.values import MalformedError, is_number, parse_angle, parse_share, shortened

Colour = tuple[float, float, float, float]
"""Straight sRGB and opacity in 0..1."""

_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")


@lru_cache(4096)
def parse_colour(text: str) -> Colour:
    """A colour by name, #rrggbb, rgb(...) or hsl(...).

    Raises:
        MalformedError: not a colour.
    """
    if len(text) > 200:
        raise MalformedError(f"{shortened(text)} is not a colour")
    word = text.strip().lower()
    if found := _FUNCTION.fullmatch(word):
        return _function(found[1], found[2], text)
    if word == "transparent":
        return 0.0, 0.0, 0.0, 0.0
    if word in ImageColor.colormap:
        red, green, blue, *_ = (value / 255 for value in ImageColor.getrgb(word))
        return red, green, blue, 1.0
    if not _HEX.fullmatch(word):
        raise MalformedError(f"{shortened(text)} is not a colour")
    digits = word[1:] if len(word) > 5 else "".join(2 * digit for digit in word[1:])
    red, green, blue, opacity = (int(digits[place : place + 2] or "ff", 16) / 255 for place in (0, 2, 4, 6))
    return red, green, blue, opacity


def mixes(text: str) -> bool:
    """True if percentages stand beside numbers where only CSS Color 4 allows it; programs read that differently."""
    found = _FUNCTION.fullmatch(text.strip().lower())
    kinds = [part.endswith("%") for part in _parts(found[2])] if found and found[1] == "rgb" else []
    return len(set(kinds[:3])) > 1 or (kinds[3:] == [True] and not all(kinds))


def _function(name: str, arguments: str, text: str) -> Colour:
    parts = _parts(arguments)
    wrong = MalformedError(f"{shortened(text)} is not a colour")
    if len(parts) not in (3, 4):
        raise wrong
    opacity = parse_share(parts[3]) if len(parts) == 4 else 1.0
    if name == "hsl":
        saturation, lightness = (parse_share(part) for part in parts[1:3])
        return *colorsys.hls_to_rgb(parse_angle(parts[0]) / 6.283185307179586 % 1, lightness, saturation), opacity
    kinds = {part.endswith("%") for part in parts[:3]}
    if len(kinds) > 1 and "," in arguments:  # CSS Color 4, section 5.1: the older syntax takes one or the other
        raise wrong
    red, green, blue = (_channel(part, wrong) for part in parts[:3])
    return red, green, blue, opacity


def _channel(text: str, wrong: MalformedError) -> float:
    if text.endswith("%"):
        return parse_share(text)
    if not is_number(text):
        raise wrong
    return min(255.0, max(0.0, float(text))) / 255


def _parts(arguments: str) -> list[str]:
    return [part for part in re.split(r"[\s,/]+", arguments) if part]
