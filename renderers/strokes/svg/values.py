"""Numbers, lengths and angles in SVG attributes. What is malformed raises MalformedError with a reason."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
LIMIT = 1e15
"""Numbers from here on are refused, so that sums and products stay finite."""

_NUMBER = re.compile(NUMBER)
_TOKEN = re.compile(NUMBER + r"|[^\s,]")
_QUANTITY = re.compile(rf"({NUMBER})([a-zA-Z]*|%)")
_UNITS = {"": 1.0, "px": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72, "pc": 16.0}
_ANGLES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": math.degrees(1.0), "turn": 360.0}


@dataclass(frozen=True)
class Lengths:
    """What lengths refer to.

    Args:
        width: 100 % along x, in pixels.
        height: 100 % along y.
        em: the font size.
    """

    width: float
    height: float
    em: float = 16.0

    def x(self, text: str) -> float:
        """A length along x in pixels."""
        return parse_length(text, self.width, self.em)

    def y(self, text: str) -> float:
        """A length along y in pixels."""
        return parse_length(text, self.height, self.em)

    def other(self, text: str) -> float:
        """A length along neither; its percentages refer to the diagonal (SVG 2, section 8.9)."""
        return parse_length(text, math.hypot(self.width, self.height) / math.sqrt(2), self.em)


class MalformedError(Exception):
    """A value that is not understood; its message says which."""


def shortened(text: str) -> str:
    """A text for a message: one line of at most 40 characters."""
    return repr(" ".join(text[:200].split())[:40])


def finite(number: str) -> float:
    """A plain number below `LIMIT`."""
    try:
        value = float(number)
    except ValueError:
        raise MalformedError(f"{shortened(number)} is not a number") from None
    if not abs(value) < LIMIT:
        raise MalformedError(f"{shortened(number)} is too large")
    return value


def parse_length(text: str, whole: float, em: float = 16.0) -> float:
    """A length in pixels.

    Args:
        text: a number with an optional unit.
        whole: the length of 100 %.
        em: the font size.
    """
    found = _QUANTITY.fullmatch(text.strip())
    if not found:
        raise MalformedError(f"{shortened(text)} is not a length")
    unit = found[2].lower()
    size = _UNITS.get(unit) or {"%": whole / 100, "em": em, "ex": em / 2}.get(unit)
    if size is None:
        raise MalformedError(f"{shortened(text)} is not a length")
    return finite(found[1]) * size


def parse_angle(text: str) -> float:
    """An angle in radians; degrees where there is no unit."""
    found = _QUANTITY.fullmatch(text.strip())
    if not found or found[2].lower() not in _ANGLES:
        raise MalformedError(f"{shortened(text)} is not an angle")
    return math.radians(finite(found[1]) * _ANGLES[found[2].lower()])


def parse_numbers(text: str) -> tuple[list[float], str]:
    """Numbers between blanks or commas, up to the first thing that is none, and what that is ("" if all are)."""
    with suppress(ValueError):
        values = [float(token) for token in _TOKEN.findall(text)]
        if text.isascii() and all(-LIMIT < value < LIMIT for value in values):
            return values, ""
    values = []
    for token in _TOKEN.finditer(text):
        if not is_number(token[0]) or not abs(float(token[0])) < LIMIT:
            return values, shortened(text[token.start() : token.start() + 40])
        values.append(float(token[0]))
    return values, ""


def parse_share(text: str) -> float:
    """An opacity: number or percentage, clamped to 0..1."""
    found = _QUANTITY.fullmatch(text.strip())
    if not found or found[2] not in ("", "%"):
        raise MalformedError(f"{shortened(text)} is not a number or percentage")
    return min(1.0, max(0.0, float(found[1]) / (100 if found[2] else 1)))


def is_number(text: str) -> bool:
    """True for a plain number."""
    return _NUMBER.fullmatch(text.strip()) is not None
