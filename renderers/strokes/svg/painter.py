"""Painter: shapes with their style become the paths of a scene."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch

from limn.errors import InputError
from renderers.strokes.scene import Path, Scene, Subpath, Topology
from renderers.strokes.svg.colours import Colour, mixes, parse_colour
from renderers.strokes.svg.far import FAR, within_reach
from renderers.strokes.svg.gradients import Gradients
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.pen import Chain
from renderers.strokes.svg.properties import reference
from renderers.strokes.svg.style import Style
from renderers.strokes.svg.transforms import Matrix
from renderers.strokes.svg.values import Lengths, MalformedError, parse_share
from renderers.strokes.svg.xml import Node

MOST = 1_000_000
"""Segments of a drawing."""
CLEAR: Colour = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Paint:
    """What a shape is filled or stroked with.

    Args:
        colour: of all of it, or where its gradient begins.
        end_colour: where its gradient ends.
        ends: where it begins and ends in pixels.
    """

    colour: Colour
    end_colour: Colour = CLEAR
    ends: tuple[complex, complex] = (0j, 0j)


Extent = tuple[float, float, float, float]
"""Left, right, top and bottom in pixels."""


@dataclass
class Painter:
    """Collects paths in the order in which they are painted."""

    gradients: Gradients
    notes: Notes
    paths: list[Path] = field(default_factory=list)
    points: list[complex] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    strokes: list[Colour] = field(default_factory=list)
    fills: list[Paint] = field(default_factory=list)
    _extents: list[Extent] = field(default_factory=list)
    _measured: int = 0

    def shape(
        self, node: Node, chains: list[Chain], style: Style, matrix: Matrix, opacity: float, lengths: Lengths
    ) -> None:
        """Adds a shape.

        Args:
            node: its element.
            chains: its outline in its own coordinates.
            style: its properties.
            matrix: from there to pixels.
            opacity: of the groups around it.
            lengths: what its lengths refer to.

        Raises:
            MalformedError: numbers that are too large.
            InputError: more segments than a drawing may have.
        """
        own = parse_share(style["opacity"])
        stroke = self._paint(node, style, "stroke", opacity * own)
        fill = self._gradient(chains, style, matrix, opacity * own, lengths) if chains else None
        fill = fill or self._paint(node, style, "fill", opacity * own)
        a, b, c, d, *_ = matrix
        width = lengths.other(style["stroke-width"]) * math.sqrt(abs(a * d - b * c))
        if width <= 0:
            stroke = None
        if stroke is None or style["stroke-linecap"] == "butt":  # a point without caps
            chains = [chain for chain in chains if any(point != chain.points[0] for point in chain.points)]
        if not chains or (fill is None and stroke is None):
            return
        if stroke is not None:
            self._note_stroke(node, style, chains, matrix)
            if fill is not None and own < 1:
                self.notes.add("opacity of a shape with fill and stroke, given to each instead", node)
        drawn = _placed(chains, matrix)
        rule = style["fill-rule"]
        if fill is not None and stroke is not None and style["paint-order"] == "stroke":
            self._add(drawn, None, stroke, width, rule)
            stroke = None
        self._add(drawn, fill, stroke, width, rule)
        if stroke is not None and width > FAR / 2:
            self.notes.add("stroke of enormous width", node)

    def extents(self, first: int) -> list[Extent]:
        """Where the control points of paths from the ``first`` on lie, their strokes included."""
        while len(self._extents) < len(self.paths):
            path, width = self.paths[len(self._extents)], self.widths[len(self._extents)]
            points = self.points[self._measured : self._measured + path.points]
            xs, ys = [point.real for point in points], [point.imag for point in points]
            margin = width / 2 if path.stroked else 0.0
            self._extents.append((min(xs) - margin, max(xs) + margin, min(ys) - margin, max(ys) + margin))
            self._measured += path.points
        return self._extents[first:]

    def scene(self, size: tuple[int, int], background: Colour) -> Scene:
        """What was painted, one candidate, over white; a first rectangle that covers the canvas is the background.

        Args:
            size: height and width in pixels.
            background: of the document.
        """
        red, green, blue, opacity = background
        paper = tuple(1 - opacity * (1 - value) for value in (red, green, blue))
        covering = self._take_background(size)
        graded = any(fill.ends[0] != fill.ends[1] for fill in self.fills)
        return Scene(
            topology=Topology(tuple(self.paths)),
            points=_places(self.points).reshape(1, -1, 2),
            widths=torch.tensor([self.widths], dtype=torch.float32),
            stroke_colours=torch.tensor(self.strokes, dtype=torch.float32).reshape(1, -1, 4),
            fill_colours=torch.tensor([fill.colour for fill in self.fills], dtype=torch.float32).reshape(1, -1, 4),
            size=size,
            background=covering or (paper[0], paper[1], paper[2]),
            gradient_ends=_places([end for fill in self.fills for end in fill.ends]).reshape(1, -1, 2, 2)
            if graded
            else None,
            gradient_colours=torch.tensor([[fill.end_colour for fill in self.fills]]) if graded else None,
        )

    def _gradient(
        self, chains: list[Chain], style: Style, matrix: Matrix, opacity: float, lengths: Lengths
    ) -> Paint | None:
        """The linear gradient that a shape is filled with; None if it is filled with something else."""
        linked = reference(style["fill"])
        linear = self.gradients.linear(linked[0], lengths) if linked else None
        ends = linear.within(chains, matrix) if linear else None
        if linear is None or ends is None or linear.stops[0] == linear.stops[1]:
            return None
        first, last = (_dimmed(stop, style, "fill", opacity) for stop in linear.stops)
        return Paint(first, last, ends)

    def _paint(self, node: Node, style: Style, kind: str, opacity: float) -> Paint | None:
        value = style[kind]
        if value.startswith("context-"):
            self.notes.add(f"{kind} {value}", node)
            return None
        linked = reference(value)
        if linked is not None:
            name, value = linked
            mean = self.gradients.mean(name)
            if mean is None:
                self.notes.add(f"{kind} by a reference that is not a gradient", node, style[kind])
            elif mean.colour is not None:
                if mean.varies:
                    self.notes.add("gradient, drawn in its mean colour", node, style[kind])
                return Paint(_dimmed(mean.colour, style, kind, opacity))
            value = value or "none"
        if value == "none":
            return None
        if mixes(value):
            self.notes.add("colour of numbers and percentages, which programs read differently", node, value)
        colour = parse_colour(style["color"] if value.lower() == "currentcolor" else value)
        return Paint(_dimmed(colour, style, kind, opacity))

    def _add(self, chains: list[Chain], fill: Paint | None, stroke: Paint | None, width: float, rule: str) -> None:
        subpaths = tuple(Subpath(len(chain.points) // 3, chain.closed) for chain in chains)
        self.paths.append(
            Path(
                subpaths,
                stroked=stroke is not None,
                filled=fill is not None,
                rule="evenodd" if rule == "evenodd" else "nonzero",
            )
        )
        self.points += [point for chain in chains for point in chain.points]
        if len(self.points) > 3 * MOST:
            raise InputError(f"more than {MOST} segments to draw")
        self.widths.append(width if stroke else 1.0)
        self.strokes.append(stroke.colour if stroke else CLEAR)
        self.fills.append(fill or Paint(CLEAR))

    def _note_stroke(self, node: Node, style: Style, chains: list[Chain], matrix: Matrix) -> None:
        cap, join = style["stroke-linecap"], style["stroke-linejoin"]
        if cap != "round" and any(not chain.closed or len(set(chain.points)) == 1 for chain in chains):
            self.notes.add(f"stroke-linecap {cap}, drawn round", node)
        if join != "round" and node.tag not in ("line", "circle", "ellipse") and any(len(c.points) > 4 for c in chains):
            self.notes.add(f"stroke-linejoin {join}, drawn round", node)
        a, b, c, d, *_ = matrix
        if abs(a * c + b * d) + abs(a * a + b * b - c * c - d * d) > 1e-4 * (a * a + b * b + c * c + d * d):
            self.notes.add("stroke under an uneven transform, drawn with its mean width", node)

    def _take_background(self, size: tuple[int, int]) -> tuple[float, float, float] | None:
        """Takes a first rectangle that covers the canvas in an opaque colour off the paths."""
        if not self.paths or self.paths[0] != Path((Subpath(4, closed=True),), stroked=False, filled=True):
            return None
        xs, ys = ({point.real for point in self.points[:12:3]}, {point.imag for point in self.points[:12:3]})
        covers = min(xs) <= 0 and min(ys) <= 0 and max(xs) >= size[1] and max(ys) >= size[0]
        if len(xs) != 2 or len(ys) != 2 or not covers or self.fills[0].ends != (0j, 0j):
            return None
        red, green, blue, opacity = self.fills[0].colour
        if opacity < 1:
            return None
        del self.points[:12]
        for rows in (self.paths, self.widths, self.strokes, self.fills):
            del rows[0]
        return red, green, blue


def _placed(chains: list[Chain], matrix: Matrix) -> list[Chain]:
    """The same chains in pixels.

    Raises:
        MalformedError: numbers that are too large.
    """
    a, b, c, d, e, f = matrix
    points = np.array([point for chain in chains for point in chain.points])
    x, y = points.real, points.imag
    with np.errstate(over="ignore", invalid="ignore"):
        moved = (a * x + c * y + e) + 1j * (b * x + d * y + f)
    if not np.isfinite(moved).all():
        raise MalformedError("its numbers are too large")
    values, placed, start = moved.tolist(), [], 0
    for chain in chains:
        end = start + len(chain.points)
        placed.append(Chain(values[start:end], chain.closed))
        start = end
    return [within_reach(chain) for chain in placed] if np.abs(moved.view(float)).max() > FAR else placed


def _places(points: list[complex]) -> torch.Tensor:
    """Complex numbers as pairs [N, 2]."""
    return torch.view_as_real(torch.tensor(points, dtype=torch.complex128)).to(torch.float32)


def _dimmed(colour: Colour, style: Style, kind: str, opacity: float) -> Colour:
    return *colour[:3], colour[3] * opacity * parse_share(style[f"{kind}-opacity"])
