"""The grammar of SVG path data."""

from __future__ import annotations

import re

from limn.errors import InputError
from renderers.strokes.svg.pen import Chain, Pen
from renderers.strokes.svg.values import LIMIT

NUMBER = re.compile(r"[\s,]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
FLAG = re.compile(r"[\s,]*([01])")
COMMAND = re.compile(r"[\s,]*([a-zA-Z])")
COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}


def parse_path(data: str, where: str) -> list[Chain]:
    """Turns the ``d`` attribute of a path into chains of cubics.

    Args:
        data: the attribute.
        where: named in errors.

    Returns:
        One chain for every subpath that draws something.

    Raises:
        InputError: malformed path data.
    """
    pen, place = Pen(), 0
    command, previous, control = "", "", 0j
    while data[place:].strip(" \t\r\n,"):
        found = COMMAND.match(data, place)
        if found:
            command, place = found[1], found.end()
        kind = command.upper()
        if kind not in COUNTS or (not previous and kind != "M") or (not found and kind == "Z"):
            raise InputError(f"{where}: path data has {_excerpt(data, place)!r}, expected a command such as M, L or C")
        values, place = _numbers(data, place, kind, where)
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
            first, control = mirrored if previous in "CS" else pen.at, points[0]
            pen.cubic(first, *points)
        elif kind == "Q":
            control = points[0]
            pen.quadratic(*points)
        elif kind == "T":
            control = mirrored if previous in "QT" else pen.at
            pen.quadratic(control, points[0])
        elif kind == "A":
            rx, ry, turn, large, sweep, x, y = values
            pen.arc(rx, ry, turn, bool(large), bool(sweep), origin + complex(x, y))
        else:
            pen.close()
        previous = kind
    return pen.chains


def _numbers(data: str, place: int, kind: str, where: str) -> tuple[list[float], int]:
    """The arguments of one command, and where they end."""
    values = []
    for index in range(COUNTS[kind]):
        found = (FLAG if kind == "A" and index in (3, 4) else NUMBER).match(data, place)
        if not found:
            raise InputError(
                f"{where}: path data has {_excerpt(data, place)!r}, expected {COUNTS[kind]} numbers after {kind}"
            )
        values.append(float(found[1]))
        if not abs(values[-1]) < LIMIT:
            raise InputError(f"{where}: path data has {found[1][:20]!r}, expected numbers below {LIMIT:.0f}")
        place = found.end()
    return values, place


def _excerpt(data: str, place: int) -> str:
    return " ".join(data[place : place + 20].split()) or "its end"
