"""Drawings: SVG files as pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from limn.errors import InputError
from limn.pictures import with_longer_side

if TYPE_CHECKING:
    from renderers.strokes import ParsedSVG

LONGER_SIDE = 1024
"""Of the picture, in pixels."""


def is_drawing(path: Path) -> bool:
    """True if its name says that it is an SVG file."""
    return path.suffix.lower() == ".svg"


def read_drawing(path: Path) -> ParsedSVG:
    """Reads an SVG file that shows something.

    Raises:
        InputError: see `read_svg`; nothing in it can be drawn.
    """
    from renderers.strokes import read_svg  # starts Warp, which other pictures do not need

    read = read_svg(path)
    if not read.scene.topology.paths:
        but = f"; not understood: {'; '.join(read.ignored[:3])}" if read.ignored else ""
        raise InputError(f"{path} has nothing to draw, expected a shape with a fill or stroke{but}")
    return read


def draw_svg(path: Path) -> Image.Image:
    """An SVG file as a picture, drawn by `rasterise`.

    Args:
        path: of the file; see `lost_of` for what of it is not drawn.

    Returns:
        Mode RGBA, its longer side `LONGER_SIDE` pixels; transparent where nothing is drawn, unless the document has a
        colour behind everything.

    Raises:
        InputError: see `read_drawing`.
    """
    from renderers.strokes.rasteriser import straight
    from renderers.strokes.scene import WHITE

    scene = read_drawing(path).scene
    if scene.background == WHITE:  # the document says nothing of it
        scene = replace(scene, background=None)
    drawn = straight(scene, with_longer_side(scene.size, LONGER_SIDE))[0]
    return Image.fromarray((drawn * 255).round().byte().permute(1, 2, 0).numpy()).convert("RGBA")


def lost_of(path: Path) -> list[str]:
    """What of an SVG file was not understood, one line each; none for other files, and for files that are gone."""
    from renderers.strokes import read_svg

    if not is_drawing(path) or not path.is_file():
        return []
    return [f"not understood in {path.name}: {line}" for line in read_svg(path).ignored]
