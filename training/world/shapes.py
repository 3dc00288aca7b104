"""Drawn shapes, scribbles and glyphs: the part of the world that needs no downloads."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from limn.colours import COLOURS


def _polygon(corners: int, turn: float = -90.0, inner: float | None = None) -> str:
    count = corners if inner is None else 2 * corners
    points = []
    for k in range(count):
        radius = 42.0 if inner is None or k % 2 == 0 else 42.0 * inner
        angle = math.radians(turn + 360.0 * k / count)
        points.append(f"{50 + radius * math.cos(angle):.2f},{50 + radius * math.sin(angle):.2f}")
    return f'<polygon points="{" ".join(points)}"/>'


SHAPES: dict[str, str] = {
    "circle": '<circle cx="50" cy="50" r="40"/>',
    "square": '<rect x="14" y="14" width="72" height="72"/>',
    "triangle": '<polygon points="50,12 92,86 8,86"/>',
    "rectangle": '<rect x="6" y="27" width="88" height="46"/>',
    "oval": '<ellipse cx="50" cy="50" rx="45" ry="26"/>',
    "diamond": '<polygon points="50,5 80,50 50,95 20,50"/>',
    "pentagon": _polygon(5),
    "hexagon": _polygon(6, 0.0),
    "arrow": '<polygon points="6,38 55,38 55,16 95,50 55,84 55,62 6,62"/>',
    "star": _polygon(5, inner=0.42),
    "heart": '<path d="M50 88 C10 58 4 38 10 26 C18 10 40 10 50 30 C60 10 82 10 90 26 C96 38 90 58 50 88 Z"/>',
    "cross": '<polygon points="36,8 64,8 64,36 92,36 92,64 64,64 64,92 36,92 36,64 8,64 8,36 36,36"/>',
    "crescent": '<path d="M66 10 A42 42 0 1 0 66 90 A34 34 0 1 1 66 10 Z"/>',
    "ring": '<path fill-rule="evenodd" d="M50 8 a42 42 0 1 0 0.01 0 Z M50 28 a22 22 0 1 1 -0.01 0 Z"/>',
}

GLYPHS = "abcdefghijklmnopqrstuvwxyz0123456789"
FONTS = ("DejaVuSans-Bold", "DejaVuSerif-Bold", "DejaVuSansMono-Bold", "DejaVuSansCondensed")


def held_out(shape: str, colour: str) -> bool:
    """Whether a colour + shape combination is never trained on: one in seven, two for each colour."""
    return (list(SHAPES).index(shape) + 3 * list(COLOURS).index(colour)) % 7 == 0


def shape_svg(shape: str, outline: float = 0.0) -> str:
    """A black shape on nothing as an SVG document.

    Args:
        shape: one of ``SHAPES``.
        outline: width of the outline in percent of the picture, 0 for a filled shape.
    """
    style = f'fill="none" stroke="#000" stroke-width="{outline}" stroke-linejoin="round"' if outline else 'fill="#000"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><g {style}>{SHAPES[shape]}</g></svg>'


def scribble_svg(seed: int) -> str:
    """Random strokes or blobs that look like nothing, as an SVG document.

    Args:
        seed: same seed, same scribble.
    """
    rng = random.Random(seed)
    colourful = rng.random() < 0.6
    parts = []
    for _ in range(rng.choice((2, 4, 8, 16, 24))):
        points = [rng.uniform(0, 100) for _ in range(2)]
        reach = rng.choice((12.0, 30.0, 60.0))
        for _ in range(6):
            points.append(min(100.0, max(0.0, points[-2] + rng.uniform(-reach, reach))))
        path = "M{:.0f} {:.0f} C{:.0f} {:.0f} {:.0f} {:.0f} {:.0f} {:.0f}".format(*points)
        colour = f"#{rng.randrange(1 << 24):06x}" if colourful else "#000"
        if rng.random() < (0.35 if colourful else 0.05):
            parts.append(f'<path d="{path} Z" fill="{colour}"/>')
        else:
            width = rng.uniform(1.0, 7.0)
            parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}"/>')
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{"".join(parts)}</svg>'


def glyph_mask(glyph: str, font: Path, size: int) -> np.ndarray:
    """A letter (drawn as a capital) or digit as a coverage mask.

    Args:
        glyph: one of ``GLYPHS``.
        font: a TrueType file.
        size: side of the square in pixels.

    Returns:
        uint8 array [size, size], 255 inside the glyph.
    """
    picture = Image.new("L", (size, size))
    face = ImageFont.truetype(str(font), int(size * 0.95))
    ImageDraw.Draw(picture).text((size / 2, size / 2), glyph.upper(), fill=255, font=face, anchor="mm")
    return np.asarray(picture)
