"""SVG reading: static documents of solid strokes and fills become scenes; what is not understood is listed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import torch

from renderers.strokes.scene import WHITE, Path, Scene, Subpath, Topology
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.pen import Chain
from renderers.strokes.svg.shapes import SHAPES, shape_chains
from renderers.strokes.svg.style import Sheet
from renderers.strokes.svg.values import (
    Matrix,
    apply,
    compose,
    parse_colour,
    parse_length,
    parse_share,
    parse_transform,
)
from renderers.strokes.svg.viewport import viewport
from renderers.strokes.svg.xml import Node, parse_xml, read_file

SILENT = ("defs", "title", "desc", "metadata", "style", "script")
Paint = tuple[float, float, float, float]


@dataclass(frozen=True)
class ParsedSVG:
    """The content of an SVG file.

    Args:
        scene: one candidate.
        ignored: what was not understood, one line each, with the place of its first occurrence.
    """

    scene: Scene
    ignored: list[str]


def read_svg(path: FilePath) -> ParsedSVG:
    """Reads an SVG file.

    It understands paths and basic shapes, groups, transforms, viewBox, style attributes, simple <style> rules, solid
    fills and strokes with round caps and joins, and opacity. Anything else is left out, or drawn as the note in
    ``ParsedSVG.ignored`` says.

    Args:
        path: the file.

    Returns:
        The scene, one candidate, and what was not understood.

    Raises:
        InputError: no such file, not SVG, or values that make no sense.
    """
    return parse_svg(read_file(path), str(path))


def parse_svg(text: bytes | str, source: str = "SVG") -> ParsedSVG:
    """The same for a document in memory; ``source`` is its name in errors."""
    root = parse_xml(text.encode() if isinstance(text, str) else text, source)
    return _Reader(source).read(root)


@dataclass
class _Reader:
    """Walks the tree and collects paths in the order in which they are painted."""

    source: str
    notes: Notes = field(default_factory=Notes)
    sheet: Sheet = field(default_factory=Sheet)
    view: tuple[float, float] = (0.0, 0.0)
    paths: list[Path] = field(default_factory=list)
    points: list[complex] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    strokes: list[Paint] = field(default_factory=list)
    fills: list[Paint] = field(default_factory=list)

    def read(self, root: Node) -> ParsedSVG:
        size, self.view, matrix = viewport(root, self.source)
        self._collect_styles(root)
        self._group(root, matrix, {}, 1.0)
        background = self._take_background(size)
        points = torch.tensor([[point.real, point.imag] for point in self.points], dtype=torch.float32)
        scene = Scene(
            topology=Topology(tuple(self.paths)),
            points=points.reshape(1, -1, 2),
            widths=torch.tensor([self.widths], dtype=torch.float32),
            stroke_colours=torch.tensor(self.strokes, dtype=torch.float32).reshape(1, -1, 4),
            fill_colours=torch.tensor(self.fills, dtype=torch.float32).reshape(1, -1, 4),
            size=size,
            background=background,
        )
        return ParsedSVG(scene, self.notes.lines())

    def _collect_styles(self, node: Node) -> None:
        if node.tag == "style":
            self.sheet.add(node, self.notes)
        for child in node.children:
            self._collect_styles(child)

    def _where(self, node: Node) -> str:
        return f"{self.source}, line {node.line} <{node.tag}>"

    def _group(self, node: Node, matrix: Matrix, parent: dict[str, str], opacity: float) -> None:
        style = self.sheet.style_of(node, parent, self.notes)
        if style["display"] == "none":
            return
        own = parse_share(style["opacity"], self._where(node))
        first = len(self.paths)
        for child in node.children:
            self._element(child, matrix, style, opacity * own)
        if own < 1 and len(self.paths) - first > 1:
            self.notes.add("group opacity, given to each member instead", node)

    def _element(self, node: Node, matrix: Matrix, parent: dict[str, str], opacity: float) -> None:
        if node.tag in SILENT:
            return
        if node.tag not in ("g", "a", *SHAPES):
            self.notes.add(f"<{node.tag}>", node)
            return
        where = self._where(node)
        matrix = compose(matrix, parse_transform(node.attributes.get("transform", ""), where))
        if node.tag in SHAPES:
            self._shape(node, matrix, parent, opacity, where)
        else:
            self._group(node, matrix, parent, opacity)

    def _shape(self, node: Node, matrix: Matrix, parent: dict[str, str], opacity: float, where: str) -> None:
        style = self.sheet.style_of(node, parent, self.notes)
        if style["display"] == "none" or style["visibility"] != "visible":
            return
        chains = shape_chains(node, where, self.view)
        opacity *= parse_share(style["opacity"], where)
        fill = self._paint(node, style, "fill", opacity, where)
        stroke = self._paint(node, style, "stroke", opacity, where)
        whole = math.hypot(*self.view) / math.sqrt(2)
        a, b, c, d, *_ = matrix
        width = parse_length(style["stroke-width"], where, whole) * math.sqrt(abs(a * d - b * c))
        if width <= 0:
            stroke = None
        if not chains or (fill is None and stroke is None):
            return
        if stroke is not None:
            self._note_stroke(node, style, chains, matrix)
            if fill is not None and parse_share(style["opacity"], where) < 1:
                self.notes.add("opacity of a shape with fill and stroke, given to each instead", node)
        self.paths.append(
            Path(
                tuple(Subpath(len(chain.points) // 3, chain.closed) for chain in chains),
                stroked=stroke is not None,
                filled=fill is not None,
                rule="evenodd" if style["fill-rule"] == "evenodd" else "nonzero",
            )
        )
        self.points += [apply(matrix, point) for chain in chains for point in chain.points]
        self.widths.append(width if stroke else 1.0)
        self.strokes.append(stroke or (0.0, 0.0, 0.0, 0.0))
        self.fills.append(fill or (0.0, 0.0, 0.0, 0.0))

    def _paint(self, node: Node, style: dict[str, str], kind: str, opacity: float, where: str) -> Paint | None:
        value = style[kind]
        if value.startswith(("url(", "context-")):
            self.notes.add(f"{kind} {value.split(')')[0] + ')' if value.startswith('url') else value!r}", node)
            value = value.partition(")")[2].strip() or "none"
        if value == "none":
            return None
        colour = parse_colour(style["color"] if value.lower() == "currentcolor" else value, f"{where} {kind}")
        return *colour[:3], colour[3] * opacity * parse_share(style[f"{kind}-opacity"], where)

    def _note_stroke(self, node: Node, style: dict[str, str], chains: list[Chain], matrix: Matrix) -> None:
        cap, join = style["stroke-linecap"], style["stroke-linejoin"]
        if cap != "round" and any(not chain.closed for chain in chains):
            self.notes.add(f"stroke-linecap {cap!r}, drawn round", node)
        if join != "round" and node.tag not in ("line", "circle", "ellipse") and any(len(c.points) > 4 for c in chains):
            self.notes.add(f"stroke-linejoin {join!r}, drawn round", node)
        a, b, c, d, *_ = matrix
        if abs(a * c + b * d) + abs(a * a + b * b - c * c - d * d) > 1e-4 * (a * a + b * b + c * c + d * d):
            self.notes.add("stroke under an uneven transform, drawn with its mean width", node)

    def _take_background(self, size: tuple[int, int]) -> tuple[float, float, float]:
        """Takes a first rectangle that covers the canvas in an opaque colour off the paths."""
        if not self.paths or self.paths[0] != Path((Subpath(4, closed=True),), stroked=False, filled=True):
            return WHITE
        xs, ys = ({point.real for point in self.points[:12:3]}, {point.imag for point in self.points[:12:3]})
        covers = min(xs) <= 0 and min(ys) <= 0 and max(xs) >= size[1] and max(ys) >= size[0]
        if len(xs) != 2 or len(ys) != 2 or not covers or self.fills[0][3] < 1:
            return WHITE
        red, green, blue, _ = self.fills[0]
        del self.points[:12]
        for rows in (self.paths, self.widths, self.strokes, self.fills):
            del rows[0]
        return red, green, blue
