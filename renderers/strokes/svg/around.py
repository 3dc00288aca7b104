"""What an element takes over from those around it."""

from __future__ import annotations

from dataclasses import dataclass

from renderers.strokes.svg.style import Style
from renderers.strokes.svg.transforms import Matrix, about, compose, parse_origin, parse_transform
from renderers.strokes.svg.values import Lengths


@dataclass(frozen=True)
class Around:
    """What an element takes over.

    Args:
        matrix: from its coordinates to pixels.
        style: the properties of its parent.
        opacity: of the groups that it lies in.
        lengths: what its lengths refer to.
    """

    matrix: Matrix
    style: Style
    opacity: float
    lengths: Lengths

    def within(self, style: Style) -> Around:
        """The same with the transform and the font size of an element of this style."""
        lengths, matrix = self.lengths, self.matrix
        em = float(style["font-size"])
        if em != lengths.em:
            lengths = Lengths(lengths.width, lengths.height, em)
        if style["transform"] != "none":
            origin = parse_origin(style["transform-origin"], lengths)
            matrix = compose(matrix, about(origin, parse_transform(style["transform"], lengths)))
        return Around(matrix, self.style, self.opacity, lengths)
