"""Glyphs: the outlines of a font's letters as cubic paths."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from limn.errors import InputError
from renderers.strokes.svg.path_data import parse_path
from renderers.strokes.svg.pen import Chain


@dataclass(frozen=True)
class Glyph:
    """A letter where it stands in its line.

    Args:
        letter: one character.
        chains: its contours in em units, y down, the baseline at 0; none for a space.
    """

    letter: str
    chains: list[Chain]


def read_glyphs(font: str | Path, text: str) -> list[Glyph]:
    """The letters of a line of text, set by their advance widths, from left to right and without kerning.

    Args:
        font: a TrueType or OpenType file; of a collection its first font.
        text: one line.

    Returns:
        One glyph for each character.

    Raises:
        InputError: the file is not a font, or it has no outline for a character.
    """
    font = Path(font)
    from fontTools.ttLib import TTFont  # takes half a second to import

    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it has a line for every odd glyph
    try:
        with TTFont(BytesIO(font.read_bytes()), fontNumber=0, lazy=True) as opened:
            return _set(opened, text, font)
    except InputError:
        raise
    except Exception as error:  # whatever fontTools makes of a broken file
        raise InputError(f"font {str(font)!r}: not a readable TrueType or OpenType font ({error})") from error


def _set(font: Any, text: str, path: Path) -> list[Glyph]:
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.pens.transformPen import TransformPen

    names, shapes = font.getBestCmap() or {}, font.getGlyphSet()
    scale, across = 1.0 / font["head"].unitsPerEm, 0.0
    glyphs = []
    for letter in text:
        if ord(letter) not in names:
            raise InputError(f"font {str(path)!r} has no letter {letter!r}")
        shape, pen = shapes[names[ord(letter)]], SVGPathPen(shapes)
        shape.draw(TransformPen(pen, (scale, 0.0, 0.0, -scale, across, 0.0)))
        chains, _ = parse_path(pen.getCommands())
        glyphs.append(Glyph(letter, chains))
        across += shape.width * scale
    return glyphs
