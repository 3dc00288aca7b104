"""Gradients as one colour: the mean along their stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from renderers.strokes.svg.colours import Colour, parse_colour
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.style import Sheet, Style
from renderers.strokes.svg.values import MalformedError, parse_share
from renderers.strokes.svg.xml import Node

GRADIENTS = ("linearGradient", "radialGradient")
Stop = tuple[float, Colour]


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
    _stops: dict[str, list[Stop] | None] = field(default_factory=dict)

    def stops(self, name: str) -> list[Stop] | None:
        """The stops of a gradient, its own or those of the one that it refers to; None if there is no such gradient."""
        if name not in self._stops:
            node = self.named.get(name)
            known = node is not None and node.tag in GRADIENTS
            self._stops[name] = self._read(node) if node is not None and known else None
        return self._stops[name]

    def _read(self, node: Node) -> list[Stop]:
        seen: set[Node] = set()
        found: Node | None = node
        while found is not None and found not in seen and found.tag in GRADIENTS:
            seen.add(found)
            if any(child.tag == "stop" for child in found.children):
                return list(self._own(found))
            found = self.named.get(found.attributes.get("href", "").strip().removeprefix("#"))
        return []

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
