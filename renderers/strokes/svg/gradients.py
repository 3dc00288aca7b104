"""Gradients: linear ones of two stops as they are, others as one colour, the mean along their stops."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from renderers.strokes.svg.colours import Colour, parse_colour
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.pen import Chain, bounds
from renderers.strokes.svg.style import Sheet, Style
from renderers.strokes.svg.transforms import Matrix, apply, compose, parse_transform
from renderers.strokes.svg.values import Lengths, MalformedError, parse_share
from renderers.strokes.svg.xml import Node

GRADIENTS = ("linearGradient", "radialGradient")
Stop = tuple[float, Colour]


@dataclass(frozen=True)
class Mean:
    """What a gradient becomes.

    Args:
        colour: its mean; None if it has no stops.
        varies: False if all its stops are the same.
    """

    colour: Colour | None
    varies: bool


@dataclass(frozen=True)
class Linear:
    """A linear gradient of two stops.

    Args:
        stops: its colours.
        ends: where they are, in its own coordinates.
        matrix: from there to those of the shape, or to its box.
        box: True if it spans the bounding box of the shape.
    """

    stops: tuple[Colour, Colour]
    ends: tuple[complex, complex]
    matrix: Matrix
    box: bool

    def within(self, chains: list[Chain], matrix: Matrix) -> tuple[complex, complex] | None:
        """Where it begins and ends on a shape, in pixels; None where that is nowhere.

        A transform may slant the lines of one colour, so the end is moved along such a line until it is perpendicular.

        Args:
            chains: the outline of the shape in its own coordinates.
            matrix: from there to pixels.
        """
        if self.box:
            left, right, top, bottom = bounds(chains)
            matrix = compose(matrix, (right - left, 0.0, 0.0, bottom - top, left, top))
        a, b, c, d, e, f = compose(matrix, self.matrix)
        along, area = self.ends[1] - self.ends[0], a * d - b * c
        if not math.isfinite(area) or area == 0 or along == 0:
            return None
        slope = complex(d * along.real - b * along.imag, a * along.imag - c * along.real) / (area * abs(along) ** 2)
        start = apply((a, b, c, d, e, f), self.ends[0])
        return start, start + slope / abs(slope) ** 2


@dataclass(frozen=True)
class _Resolved:
    """A gradient with what it takes from those that it refers to.

    Args:
        tag: its kind.
        attributes: of all of them, the nearest first.
        stops: its own, or those of the nearest that has some.
        mean: of its stops.
    """

    tag: str
    attributes: Mapping[str, str]
    stops: list[Stop]
    mean: Mean


@dataclass
class Gradients:
    """The gradients of a document.

    Args:
        named: its elements by id.
        sheet: its style rules.
        notes: takes what is not understood.
    """

    named: Mapping[str, Node]
    sheet: Sheet
    notes: Notes
    _found: dict[str, _Resolved] = field(default_factory=dict)

    def mean(self, name: str) -> Mean | None:
        """What a gradient becomes, by its own stops or those of the one that it refers to; None if there is none."""
        found = self._resolved(name)
        return None if found is None else found.mean

    def linear(self, name: str, lengths: Lengths) -> Linear | None:
        """A gradient, if it is linear and of two stops with its end colours beyond them.

        Args:
            name: its id.
            lengths: what its lengths refer to.
        """
        found = self._resolved(name)
        if found is None or found.tag != "linearGradient" or len(found.stops) != 2:
            return None
        given, stops = found.attributes, found.stops
        if given.get("spreadMethod", "pad") != "pad" or stops[0][0] == stops[1][0]:
            return None
        box = given.get("gradientUnits", "objectBoundingBox") != "userSpaceOnUse"
        across, down = (parse_share, parse_share) if box else (lengths.x, lengths.y)
        first, last = (
            complex(across(given.get(f"x{n}", "100%" if n == 2 else "0%")), down(given.get(f"y{n}", "0%")))
            for n in (1, 2)
        )
        ends = [first + offset * (last - first) for offset, _ in stops]
        matrix = parse_transform(given.get("gradientTransform", "none"), lengths)
        return Linear((stops[0][1], stops[1][1]), (ends[0], ends[1]), matrix, box)

    def _resolved(self, name: str) -> _Resolved | None:
        """A gradient by its id, found once; None if there is none."""
        chain: dict[str, Node] = {}
        while name not in self._found and name not in chain:
            node = self.named.get(name)
            if node is None or node.tag not in GRADIENTS:
                break
            chain[name] = node
            name = node.attributes.get("href", "").strip().removeprefix("#")
        found = self._found.get(name)
        for own, node in reversed(chain.items()):
            stops, mean = ([], Mean(None, False)) if found is None else (found.stops, found.mean)
            if any(child.tag == "stop" for child in node.children):
                stops = list(self._own(node))
                mean = _mean(stops)
            attributes = {**({} if found is None else found.attributes), **node.attributes}
            found = self._found[own] = _Resolved(node.tag, attributes, stops, mean)
        return found

    def _own(self, node: Node) -> Iterator[Stop]:
        around, least = self._style(node), 0.0
        for child in node.children:
            if child.tag == "stop":
                style = self.sheet.style_of(child, around, self.notes)
                try:
                    least = max(least, parse_share(child.attributes.get("offset", "0")))
                except MalformedError:
                    self.notes.add("offset of a stop that is not understood", child, child.attributes["offset"])
                colour = style["stop-color"]
                red, green, blue, opacity = parse_colour(style["color"] if colour.lower() == "currentcolor" else colour)
                yield least, (red, green, blue, opacity * parse_share(style["stop-opacity"]))

    def _style(self, node: Node | None) -> Style:
        """The properties of an element, from those around it."""
        return {} if node is None else self.sheet.style_of(node, self._style(node.parent), Notes())


def _mean(stops: list[Stop]) -> Mean:
    return Mean(mean_colour(stops), any(colour != stops[0][1] for _, colour in stops))


def mean_colour(stops: list[Stop]) -> Colour:
    """The mean of the colours along a gradient, each weighted with its opacity, and the mean opacity.

    Colour and opacity are linear between stops (SVG 2, section 14.2.4), so that their product is quadratic there.
    """
    padded = [(0.0, stops[0][1]), *stops, (1.0, stops[-1][1])]
    sums, total = [0.0, 0.0, 0.0], 0.0
    for (start, first), (end, last) in pairwise(padded):
        a, b, width = first[3], last[3], end - start
        total += width * (a + b) / 2
        for channel in range(3):
            p, q = first[channel], last[channel]
            sums[channel] += width * (2 * (a * p + b * q) + a * q + b * p) / 6
    if total == 0:
        return 0.0, 0.0, 0.0, 0.0
    red, green, blue = (value / total for value in sums)
    return red, green, blue, total
