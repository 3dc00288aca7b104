"""Render every picture of the world once into one array file."""

from __future__ import annotations

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.world.icons import COLOUR_STYLES, CONTRAST_STYLE, OUTLINE_STYLES, Concept, load_concepts
from training.world.models import model_sprites
from training.world.packages import fetch
from training.world.shapes import FONTS, GLYPHS, SHAPES, glyph_mask, scribble_svg, shape_svg

SIDE = 96
SCRIBBLES = 1500
OUTLINE_WIDTHS = (0.018, 0.04)
ARRAYS = ("pixels", "concept", "kind", "view")


class Kind(IntEnum):
    """What a sprite may be used for."""

    COLOUR = 0  # an object in its own colours
    LINE = 1  # an object's outlines or its high-contrast picture: ink coverage
    FILLED = 2  # a filled shape to be tinted
    OUTLINE = 3  # an outlined shape to be tinted
    GLYPH = 4  # a letter or digit to be tinted
    SCRIBBLE = 5  # nothing that has a name


@dataclass
class Sprites:
    """All sprites with what they show.

    Attributes:
        pixels: uint8 [N, 4, SIDE, SIDE], colours premultiplied by alpha.
        concept: int64 [N], index into names; -1 for scribbles.
        kind: int64 [N], values of ``Kind``.
        view: int64 [N], from which side a model is seen, index into ``guidance.views.VIEWS``; -1 for all others.
        names: names of the concepts: emoji, then shapes, then glyphs, then models that are no emoji.
        keywords: rarer words for each concept.
        sided: whether a concept must not be mirrored.
    """

    pixels: Tensor
    concept: Tensor
    kind: Tensor
    view: Tensor
    names: list[str]
    keywords: list[list[str]]
    sided: list[bool]

    def save(self, path: Path) -> None:
        """Write the array file (safetensors, names as JSON metadata)."""
        words = {"names": self.names, "keywords": self.keywords, "sided": self.sided}
        save_file(
            {key: getattr(self, key) for key in ARRAYS},
            path,
            metadata={key: json.dumps(value) for key, value in words.items()},
        )

    @staticmethod
    def load(path: Path) -> Sprites:
        """Read a file written by ``save``."""
        with safe_open(path, framework="pt") as file:
            words = {key: json.loads(value) for key, value in file.metadata().items()}
            return Sprites(*(file.get_tensor(key) for key in ARRAYS), **words)

    def to(self, device: torch.device) -> Sprites:
        """The same sprites on a device."""
        return replace(self, **{key: getattr(self, key).to(device) for key in ARRAYS})

    def digest(self) -> str:
        """SHA-256 of all pixels and names: which data a model was trained on."""
        state = hashlib.sha256(self.pixels.cpu().numpy().tobytes())
        state.update(json.dumps([self.names, self.keywords, self.concept.tolist()]).encode())
        return state.hexdigest()


def rasterise(svg: str, side: int = SIDE, style_sheet: str | None = None) -> np.ndarray:
    """Render an SVG document.

    Args:
        svg: the document.
        side: width and height in pixels.
        style_sheet: CSS that overrides the document's own attributes.

    Returns:
        uint8 [4, side, side], colours premultiplied by alpha.
    """
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=svg, width=side, height=side, style_sheet=style_sheet, skip_system_fonts=True
    )
    rgba = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA").resize((side, side))).astype(np.uint16)
    rgba[..., :3] = (rgba[..., :3] * rgba[..., 3:] + 127) // 255
    return rgba.astype(np.uint8).transpose(2, 0, 1)


def _mask(coverage: np.ndarray) -> np.ndarray:
    return np.stack([coverage] * 4)


def _outline(svg: str, width: float) -> np.ndarray:
    extent = float(svg.split('viewBox="')[1].split('"')[0].split()[2])
    css = (
        "path,circle,ellipse,rect,polygon,polyline,line{fill:none;stroke:#000;stroke-opacity:1;opacity:1;"
        f"stroke-width:{extent * width:.2f};stroke-linejoin:round}}"
    )
    return _mask(rasterise(svg, style_sheet=css)[3])


def _concept_sprites(concept: Concept) -> list[tuple[np.ndarray, Kind]]:
    icons = concept.icons
    found = [(rasterise(icons[style]), Kind.COLOUR) for style in COLOUR_STYLES if style in icons]
    for style in OUTLINE_STYLES:
        if style in icons:
            found += [(_outline(icons[style], width), Kind.LINE) for width in OUTLINE_WIDTHS]
    if CONTRAST_STYLE in icons:
        found.append((_mask(rasterise(icons[CONTRAST_STYLE])[3]), Kind.LINE))
    # A drawing that came out (nearly) empty would teach that blank paper has names.
    return [(pixels, kind) for pixels, kind in found if pixels[3].mean() > 5]


def shape_sprites(scribbles: int = SCRIBBLES) -> Sprites:
    """The part of the world made without downloads: shapes and scribbles."""
    pixels: list[np.ndarray] = []
    rows: list[tuple[int, int]] = []
    for index, shape in enumerate(SHAPES):
        pixels.append(_mask(rasterise(shape_svg(shape))[3]))
        rows.append((index, Kind.FILLED))
        for outline in (4.0, 8.0):
            pixels.append(_mask(rasterise(shape_svg(shape, outline))[3]))
            rows.append((index, Kind.OUTLINE))
    for seed in range(scribbles):
        pixels.append(rasterise(scribble_svg(seed)))
        rows.append((-1, Kind.SCRIBBLE))
    table = torch.tensor(rows)
    names = list(SHAPES)
    return Sprites(
        torch.from_numpy(np.stack(pixels)),
        table[:, 0].contiguous(),
        table[:, 1].contiguous(),
        torch.full((len(table),), -1),
        names,
        [[] for _ in names],
        [name == "arrow" for name in names],
    )


def build_sprites(cache: Path) -> Sprites:
    """Render the whole world.

    Args:
        cache: folder of the data packages, filled when empty.

    Returns:
        The sprites: emoji, then shapes and scribbles, then glyphs, then models.
    """
    concepts = load_concepts(cache)
    pixels: list[np.ndarray] = []
    rows: list[tuple[int, int]] = []
    with ThreadPoolExecutor() as pool:
        for index, found in enumerate(pool.map(_concept_sprites, concepts)):
            pixels += [sprite for sprite, _ in found]
            rows += [(index, kind) for _, kind in found]
    names = [c.name for c in concepts]
    drawn = shape_sprites()
    pixels += list(drawn.pixels.numpy())
    rows += [
        (c + len(names) if c >= 0 else -1, k) for c, k in zip(drawn.concept.tolist(), drawn.kind.tolist(), strict=True)
    ]
    fonts = fetch("dejavu-fonts-ttf@2.37.3", cache) / "ttf"
    glyph_names: list[str] = []
    for glyph in GLYPHS:
        for font in FONTS:
            pixels.append(_mask(glyph_mask(glyph, fonts / f"{font}.ttf", SIDE)))
            rows.append((len(names) + len(SHAPES) + len(glyph_names), Kind.GLYPH))
        glyph_names.append(f"digit {glyph}" if glyph.isdigit() else f"letter {glyph}")
    keywords = [list(c.keywords) for c in concepts] + drawn.keywords + [[] for _ in glyph_names]
    sided = [c.sided for c in concepts] + drawn.sided + [True for _ in glyph_names]
    names += drawn.names + glyph_names
    views = [-1] * len(rows)
    for name, picture, view in model_sprites(SIDE):
        if name not in names:
            names, keywords, sided = [*names, name], [*keywords, []], [*sided, False]
        pixels.append(picture)
        rows.append((names.index(name), Kind.COLOUR))
        views.append(view)
    table = torch.tensor(rows)
    columns = table[:, 0].contiguous(), table[:, 1].contiguous(), torch.tensor(views)
    return Sprites(torch.from_numpy(np.stack(pixels)), *columns, names, keywords, sided)
