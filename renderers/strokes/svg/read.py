"""SVG reading: static documents of strokes and fills become scenes; what is not understood is listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from limn.errors import InputError
from renderers.strokes.scene import Scene
from renderers.strokes.svg.around import Around
from renderers.strokes.svg.clips import beyond, box_of
from renderers.strokes.svg.colours import parse_colour
from renderers.strokes.svg.conditions import applies
from renderers.strokes.svg.gradients import Gradients
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.painter import Painter
from renderers.strokes.svg.properties import reference
from renderers.strokes.svg.shapes import SHAPES, shape_chains
from renderers.strokes.svg.style import Sheet, Style
from renderers.strokes.svg.transforms import apply, compose, shift
from renderers.strokes.svg.values import Lengths, MalformedError, parse_share
from renderers.strokes.svg.viewport import canvas, fitted, view_box
from renderers.strokes.svg.xml import DEEPEST, Node, parse_xml, read_file

GROUPS = ("g", "a", "switch", "svg", "use")
SILENT = (
    *("defs", "title", "desc", "metadata", "style", "script", "view", "cursor"),
    *("linearGradient", "radialGradient", "pattern", "clipPath", "mask", "filter", "marker", "symbol", "stop"),
)
"""What is not drawn where it stands."""
NOTED = ("text", "image", "foreignObject", "animate", "animateTransform", "animateMotion", "set", "?xml-stylesheet")
"""What is not understood, each a feature of its own."""
MOST = 100_000
"""Elements of a drawing, repeated ones included."""
Given = tuple[str | None, str | None]


@dataclass(frozen=True)
class ParsedSVG:
    """The content of an SVG file.

    Args:
        scene: one candidate.
        ignored: what was not understood, one line each, with the place of its first occurrence.
    """

    scene: Scene
    ignored: list[str]


def read_svg(path: str | FilePath) -> ParsedSVG:
    """Reads an SVG file.

    It understands paths and basic shapes, groups, <use>, <symbol>, <switch>, transforms and their origin, viewBox,
    style attributes, simple <style> rules, fills and strokes with round caps and joins, linear gradients of two stops
    in fills, and opacity. Other gradients become their mean colour. Anything else is left out, or drawn as the note in
    ``ParsedSVG.ignored`` says.

    Args:
        path: the file.

    Returns:
        The scene, one candidate, and what was not understood.

    Raises:
        InputError: no such file, not SVG, no size, or too much of something.
    """
    return parse_svg(read_file(path), str(path))


def parse_svg(text: bytes | str, source: str = "SVG") -> ParsedSVG:
    """The same for a document in memory; ``source`` is its name in errors."""
    return _Reader(parse_xml(text, source), source).read()


class _Reader:
    """Walks the tree and hands shapes to the painter."""

    def __init__(self, root: Node, source: str) -> None:
        self.root, self.source = root, source
        self.notes, self.sheet = Notes(), Sheet()
        self.named: dict[str, Node] = {}
        for node in _all(root):
            if "id" in node.attributes:
                self.named.setdefault(node.attributes["id"], node)
            if node.tag == "style":
                self.sheet.add(node, self.notes)
        self.painter = Painter(Gradients(self.named, self.sheet, self.notes), self.notes)
        self.active: list[Node] = []
        self.count = 0

    def read(self) -> ParsedSVG:
        size, view, matrix = canvas(self.root, self.source)
        style = self.sheet.style_of(self.root, {}, self.notes)
        if style["transform"] != "none":
            self.notes.add("transform of the whole document", self.root, style["transform"])
        around = Around(matrix, {}, 1.0, Lengths(*view, float(style["font-size"])))
        try:
            if applies(self.root) and style["display"] != "none":
                self._members(self.root, self.root.children, around, style)
                if style["clip-path"] != "none":
                    self._clip(self.root, style["clip-path"], around, 0)
        except InputError as error:
            raise InputError(f"{self.source}: {error}") from None
        scene = self.painter.scene(size, parse_colour(style["background-color"]))
        return ParsedSVG(scene, self.notes.lines())

    def _element(self, node: Node, around: Around) -> None:
        if node.tag in SILENT or not applies(node):
            return
        if node.tag in SHAPES or node.tag in GROUPS:
            self._draw(node, around)
        elif node.tag in NOTED:
            self.notes.add(f"<{node.tag}>", node)
        else:
            self.notes.add("element that is not SVG", node, node.tag)

    def _draw(self, node: Node, around: Around, size: Given = (None, None)) -> None:
        """Draws a shape or a group; if one of its attributes makes no sense, it is left out.

        Args:
            node: its element.
            around: what it takes over.
            size: width and height that a <use> gives a <symbol> or <svg>.

        Raises:
            InputError: more elements than a drawing may have.
        """
        self.count += 1
        if self.count > MOST:
            raise InputError(f"more than {MOST} elements to draw, expected fewer")
        style = self.sheet.style_of(node, around.style, self.notes)
        if style["display"] == "none":
            return
        if node in self.active or len(self.active) > DEEPEST:
            why = "of what it lies in" if node in self.active else f"more than {DEEPEST} deep"
            self.notes.add(f"<use> {why}, left out", node)
            return
        self.active.append(node)
        first = len(self.painter.paths)
        try:
            inside = around.within(style)
            if node.tag in SHAPES:
                self._shape(node, inside, style)
            elif node.tag == "use":
                self._use(node, inside, style)
            elif node.tag in ("svg", "symbol"):
                self._viewport(node, inside, style, size)
            elif node.tag == "switch":
                self._members(node, [child for child in node.children if applies(child)][:1], inside, style)
            else:
                self._members(node, node.children, inside, style)
            if style["clip-path"] != "none":
                self._clip(node, style["clip-path"], inside, first)
        except MalformedError as error:
            self.notes.add(f"<{node.tag}> left out, because of an attribute", node, str(error))
        self.active.pop()

    def _members(
        self, node: Node, members: Sequence[Node], around: Around, style: Style, size: Given | None = None
    ) -> None:
        """Draws what lies in a group, or what a <use> of some size refers to."""
        own, first = parse_share(style["opacity"]), len(self.painter.paths)
        inside = replace(around, style=style, opacity=around.opacity * own)
        for member in members:
            if size is None:
                self._element(member, inside)
            elif applies(member):
                self._draw(member, inside, size)
        if own < 1 and len(self.painter.paths) - first > 1:
            self.notes.add("group opacity, given to each member instead", node)

    def _shape(self, node: Node, around: Around, style: Style) -> None:
        for child in node.children:
            if child.tag not in SILENT:
                self.notes.add("element inside a shape", child, child.tag)
        if style["visibility"] != "visible":
            return
        chains, wrong = shape_chains(node, around.lengths)
        if wrong:
            self.notes.add(f"<{node.tag}> drawn up to its first error", node, wrong)
        self.painter.shape(node, chains, style, around.matrix, around.opacity, around.lengths)

    def _use(self, node: Node, around: Around, style: Style) -> None:
        """Draws the element that a <use> refers to, in its place."""
        name = node.attributes.get("href", "").strip()
        target = self.named.get(name[1:]) if name.startswith("#") else None
        if target is None or target.tag not in (*SHAPES, *GROUPS, "symbol"):
            self.notes.add("<use> of something that is not a shape or group here", node, name)
            return
        x, y = (around.lengths.x(node.attributes.get("x", "0")), around.lengths.y(node.attributes.get("y", "0")))
        size = node.attributes.get("width"), node.attributes.get("height")
        self._members(node, [target], replace(around, matrix=compose(around.matrix, shift(x, y))), style, size)

    def _viewport(self, node: Node, around: Around, style: Style, size: Given) -> None:
        """Draws a <symbol>, or an <svg> inside the document, into its box."""
        lengths = around.lengths
        width = lengths.x(size[0] or node.attributes.get("width", "100%").replace("auto", "100%"))
        height = lengths.y(size[1] or node.attributes.get("height", "100%").replace("auto", "100%"))
        if width <= 0 or height <= 0:
            return
        if node.tag == "symbol" and style["transform"] != "none":
            self.notes.add("transform of a <symbol>, which programs read differently", node)
        corner = shift(0.0, 0.0)
        if node.tag == "svg":
            corner = shift(lengths.x(node.attributes.get("x", "0")), lengths.y(node.attributes.get("y", "0")))
        outer, box = compose(around.matrix, corner), view_box(node)
        matrix = outer if box is None else compose(outer, fitted(node, box, width, height))
        inner = Lengths(*((width, height) if box is None else box[2:]), lengths.em)
        first = len(self.painter.paths)
        self._members(node, node.children, replace(around, matrix=matrix, lengths=inner), style)
        corners = [apply(outer, complex(x, y)) for x in (0.0, width) for y in (0.0, height)]
        if style["overflow"] not in ("visible", "auto") and beyond(self.painter.extents(first), corners):
            self.notes.add(f"clip of a <{node.tag}> to its box", node)

    def _clip(self, node: Node, value: str, around: Around, first: int) -> None:
        """Notes a clip-path, unless what was drawn lies in its box."""
        linked = reference(value)
        corners = box_of(self.named.get(linked[0]), around.matrix, around.lengths) if linked else None
        if corners is None or beyond(self.painter.extents(first), corners):
            self.notes.add("clip-path", node, value)


def _all(node: Node) -> Iterator[Node]:
    """An element and all that lie in it, in their order."""
    waiting = [node]
    while waiting:
        yield (node := waiting.pop())
        waiting += reversed(node.children)
