"""Make the shipped exemplars: their pictures, captions and keywords, and how pocket sees them."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from guidance.distillation.exemplars.embeddings import SHIPPED, embed_pictures, fingerprint, write_embeddings
from guidance.distillation.exemplars.pictures import WORLD, read_sheet
from guidance.encoders import load_encoder
from limn.colours import COLOURS
from training.world.icons import load_concepts, plain
from training.world.packages import fetch
from training.world.shapes import FONTS, GLYPHS, SHAPES, glyph_mask, shape_svg
from training.world.sprites import rasterise

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


def keywords(cache: Path, names: Collection[str]) -> dict[str, list[str]]:
    """Other words for things, from Unicode's CLDR: {"dog face": ["animal", "dog", ..., "puppy"]}."""
    entries = json.loads((fetch("emojibase-data@17.0.0", cache) / "en" / "data.json").read_text())
    found = {plain(entry["label"]): [plain(tag) for tag in entry.get("tags", [])] for entry in entries}
    return {name: sorted(set(found[name])) for name in sorted(names) if found.get(name)}


def build(cache: Path, path: Path = WORLD) -> None:
    """Writes the sheet, and beside it its captions and keywords.

    Args:
        cache: folder of the data packages, filled when empty.
        path: of the sheet.
    """
    captions, tiles = zip(*world(cache), strict=True)
    sheet = np.full((math.ceil(len(tiles) / COLUMNS) * SIDE, COLUMNS * SIDE, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = tile
    Image.fromarray(sheet).save(path, quality=QUALITY, method=6)
    described = {"side": SIDE, "captions": list(captions), "keywords": keywords(cache, set(captions))}
    path.with_suffix(".json").write_text(json.dumps(described) + "\n")


def embed() -> None:
    """Writes how pocket sees the sheet; to be done again when pocket has new weights."""
    encoder, collection = load_encoder("pocket", precision="float32"), read_sheet(WORLD)
    write_embeddings(SHIPPED, embed_pictures(encoder, collection), fingerprint(encoder, collection))
