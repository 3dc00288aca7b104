"""What the engine draws against resvg, an independent renderer.

resvg's own edges have 16 levels and its curves are chords up to a quarter of a pixel off: of dense drawings its picture
is less than 38 dB from what it draws itself at eight times the size. Such drawings are compared with what resvg draws
larger, averaged.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath

import pytest
import torch
from stroke_scenes import BOTH, CLOSED, EVENODD, FILL, HOLES, OPEN, draw, graded, psnr, random_scene, resvg

from renderers.strokes import Path, Subpath, read_svg, write_svg

FILES = sorted((FilePath(__file__).parent / "svg").glob("*.svg"))
SINGLE = Path((Subpath(1),))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files(path: FilePath) -> None:
    drawing = read_svg(path)
    assert drawing.ignored == []
    assert psnr(draw(drawing.scene), resvg(path.read_text())) > 38
    assert psnr(draw(drawing.scene), resvg(write_svg(drawing.scene))) > 38


DRAWINGS = {
    "strokes": random_scene([SINGLE] * 16, (224, 224), spread=0.3),
    "long strokes": random_scene([OPEN] * 16, (224, 224), spread=0.8, seed=1),
    "wide strokes": random_scene([OPEN] * 20, (224, 224), spread=0.8, width=16.0, seed=2),
    "thin strokes": random_scene([OPEN] * 20, (224, 224), spread=0.6, width=1.2, seed=3),
    "many strokes": random_scene([SINGLE] * 300, (256, 200), spread=0.2, seed=4),
    "loops": random_scene([CLOSED] * 10, (200, 200), spread=0.6, seed=5),
    "fills": random_scene([FILL] * 40, (224, 224), spread=0.3, seed=6),
    "small fills": random_scene([FILL] * 150, (224, 224), spread=0.05, seed=7),
    "evenodd": random_scene([EVENODD] * 20, (224, 224), spread=0.6, seed=8),
    "holes": random_scene([HOLES] * 10, (224, 224), spread=0.5, seed=9),
    "gradients": graded(random_scene([FILL, EVENODD, BOTH] * 8, (224, 200), spread=0.6, seed=11)),
    "mixture": random_scene([FILL, BOTH, OPEN, EVENODD, HOLES] * 4, (224, 300), spread=0.4, seed=10),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_random_drawings(name: str) -> None:
    scene = DRAWINGS[name]
    assert psnr(draw(scene), resvg(write_svg(scene), zoom=4)) > 38
    assert psnr(draw(scene), resvg(write_svg(scene))) > 38 or name in ("many strokes", "loops", "long strokes")


@pytest.mark.parametrize("count", [16, 32])
def test_black_sketches(count: int) -> None:
    scene = random_scene([SINGLE] * count, (224, 224), spread=0.6, seed=count)
    black = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(1, count, 4)
    scene = replace(scene, stroke_colours=black, widths=torch.full((1, count), 3.0), background=(1.0, 1.0, 1.0))
    assert psnr(draw(scene), resvg(write_svg(scene), zoom=4)) > 38
