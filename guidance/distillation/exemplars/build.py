"""Makes the shipped world of pictures: python -m guidance.distillation.exemplars.build --cache <folder>."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from guidance.distillation.exemplars.pictures import WORLD
from guidance.pocket.world.icons import load_concepts
from guidance.pocket.world.packages import fetch
from guidance.pocket.world.shapes import COLOURS, FONTS, GLYPHS, SHAPES, glyph_mask, shape_svg
from guidance.pocket.world.sprites import rasterise

STYLES = ("noto@1.2.9", "fluent-emoji-flat@1.2.6")
SIDE = 48
MARGIN = 2
COLUMNS = 53
QUALITY = 80


def over_white(rgba: np.ndarray) -> np.ndarray:
    """Premultiplied uint8 [4, side, side] over white with a margin, uint8 [SIDE, SIDE, 3]."""
    inside = rgba.transpose(1, 2, 0)
    tile = np.full((SIDE, SIDE, 3), 255, np.uint8)
    tile[MARGIN:-MARGIN, MARGIN:-MARGIN] = inside[..., :3] + (255 - inside[..., 3:])
    return tile


def tinted(coverage: np.ndarray, colour: tuple[float, float, float]) -> np.ndarray:
    """Ink of one colour: coverage uint8 [side, side] as premultiplied uint8 [4, side, side]."""
    return np.stack([np.round(coverage * channel).astype(np.uint8) for channel in (*colour, 1.0)])


def world(cache: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Captions and pictures: objects in each style, shapes in each colour, capitals and digits."""
    inside = SIDE - 2 * MARGIN
    for concept in load_concepts(cache):
        for style in STYLES:
            if style in concept.icons:
                yield concept.name, over_white(rasterise(concept.icons[style], inside))
    for shape in SHAPES:
        coverage = rasterise(shape_svg(shape), inside)[3]
        for name, colour in COLOURS.items():
            if name != "white":
                yield f"{name} {shape}", over_white(tinted(coverage, colour))
    font = fetch("dejavu-fonts-ttf@2.37.3", cache) / "ttf" / f"{FONTS[0]}.ttf"
    for glyph in GLYPHS:
        name = f"digit {glyph}" if glyph.isdigit() else f"letter {glyph}"
        yield name, over_white(tinted(glyph_mask(glyph, font, inside), COLOURS["black"]))


def build(cache: Path, path: Path = WORLD) -> None:
    """Writes the sheet and its captions.

    Args:
        cache: folder of the data packages, filled when empty.
        path: of the sheet; the captions go beside it.
    """
    captions, tiles = zip(*world(cache), strict=True)
    sheet = np.full((math.ceil(len(tiles) / COLUMNS) * SIDE, COLUMNS * SIDE, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = tile
    Image.fromarray(sheet).save(path, quality=QUALITY, method=6)
    path.with_suffix(".json").write_text(json.dumps({"side": SIDE, "captions": list(captions)}) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder of the data packages, filled when empty")
    build(parser.parse_args().cache)
