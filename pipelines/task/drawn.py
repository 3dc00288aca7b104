"""Drawn: what recipes share whose results are strokes and shapes: their paper, and files for tools and plotters."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from limn.errors import short
from limn.registry import suggestion
from pipelines.config.run_config import RunConfig
from renderers.strokes.sheet import Sheet
from renderers.strokes.svg.colours import parse_colour
from renderers.strokes.svg.values import MalformedError

GREY = (0.5, 0.5, 0.5)
"""Free paper begins with it: from white, a prior that knows both does not find another colour."""


def is_paper(text: str) -> str:
    """The text, if it says what paper is.

    Raises:
        ValueError: it says something else.
    """
    if text not in ("none", "free"):
        try:
            opacity = parse_colour(text)[3]
        except MalformedError:
            opacity = 0.0
        if opacity < 1:
            known = suggestion(text, ["none", "free", "white", "black", "grey"])
            raise ValueError(f"expected none, free or a colour such as white or '#f4f0e6', got {short(text)}{known}")
    return text


class DrawnConfig(RunConfig):
    """Settings of drawings."""

    paper: Annotated[str, AfterValidator(is_paper)] = "white"
    """What is behind the strokes: a colour (``white``, ``"#f4f0e6"``), ``free`` for a colour that is optimised, or
    ``none`` for files without paper; losses then see white."""
    millimetres: float | None = Field(default=None, ge=1, le=10_000)
    """Width of the drawing in SVG files; in pixels unless given."""
    plot: bool = False
    """Whether to write ``plot.svg`` for a plotter or a cutter: lines alone, in an order that moves the pen little."""

    def sheet(self) -> Sheet:
        """The paper, and how drawings are written."""
        free = self.paper == "free"
        colour = GREY if free else None if self.paper == "none" else parse_colour(self.paper)[:3]
        return Sheet(colour, free, self.millimetres, self.plot)
