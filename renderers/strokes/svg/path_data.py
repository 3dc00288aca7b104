"""The grammar of SVG path data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from renderers.strokes.svg.pen import Chain, Pen
from renderers.strokes.svg.values import NUMBER, MalformedError, parse_numbers, shortened

_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_TOKEN = re.compile(NUMBER + r"|[^\s,]")
_SIGN = re.compile(r"[^\s,]")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}


def parse_path(data: str) -> tuple[list[Chain], str]:
    """Turns the ``d`` attribute of a path into chains of cubics, up to its first error (SVG 2, section 9.5.4).

    Args:
        data: the attribute.

    Returns:
        One chain for every subpath that draws something, and what the first error is ("" if there is none).
    """
    pen = Pen()
    try:
        _draw(data.strip(" \t\r\n\f,"), pen)
    except MalformedError as error:
        return pen.chains, str(error)
    return pen.chains, ""


def _draw(data: str, pen: Pen) -> None:
    previous, control = "", 0j
    if data and data[0] not in "Mm":
        raise MalformedError(f"path data begins with {shortened(data[:60])}, expected M")
    for found in _COMMAND.finditer(data):
        command = found[1]
        for values in _arguments(command.upper(), found[2]):
            kind = command.upper()
            origin = pen.at if command.islower() else 0j
            points = [origin + complex(x, y) for x, y in zip(values[::2], values[1::2], strict=False)]
            mirrored = 2 * pen.at - control
            if kind == "M":
                pen.move(points[0])
                command = "l" if command == "m" else "L"  # more pairs draw lines
            elif kind == "L":
                pen.line(points[0])
            elif kind == "H":
                pen.line(complex(origin.real + values[0], pen.at.imag))
            elif kind == "V":
                pen.line(complex(pen.at.real, origin.imag + values[0]))
            elif kind == "C":
                control = points[1]
                pen.cubic(*points)
            elif kind == "S":
                first, control = mirrored if previous in ("C", "S") else pen.at, points[0]
                pen.cubic(first, *points)
            elif kind == "Q":
                control = points[0]
                pen.quadratic(*points)
            elif kind == "T":
                control = mirrored if previous in ("Q", "T") else pen.at
                pen.quadratic(control, points[0])
            elif kind == "A":
                rx, ry, turn, large, sweep, x, y = values
                pen.arc(rx, ry, turn, bool(large), bool(sweep), origin + complex(x, y))
            else:
                pen.close()
            previous = kind


def _arguments(kind: str, text: str) -> Iterator[list[float]]:
    """The arguments of a command, one list for each time that it is carried out."""
    values, wrong = parse_numbers(_spaced(text) if kind == "A" else text)
    count = _COUNTS[kind]
    if kind == "Z":
        yield []
        if text.strip(" \t\r\n\f,"):
            raise MalformedError(f"path data has {shortened(text[:60])} after Z")
        return
    for start in range(0, len(values) - count + 1, count):
        part = values[start : start + count]
        if kind == "A" and not {part[3], part[4]} <= {0.0, 1.0}:
            raise MalformedError(f"path data has a flag of {max(part[3], part[4]):g} after A, expected 0 or 1")
        yield part
    if wrong:
        raise MalformedError(f"path data has {wrong} after {kind}, expected a number")
    if len(values) % count or not values:
        raise MalformedError(f"path data has {len(values)} numbers after {kind}, expected {count}")


def _spaced(text: str) -> str:
    """Arguments of arcs with blanks around their flags, which may stand without."""
    parts, place, index = [], 0, 0
    while found := (_SIGN if index % 7 in (3, 4) else _TOKEN).search(text, place):
        parts.append(found[0])
        place, index = found.end(), index + 1
    return " ".join(parts)
