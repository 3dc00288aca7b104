"""Compares the SVG of runs, as resvg and Chromium show it, with the engine's own picture.

Run by hand: ``python benchmarks/viewers.py outputs/sketch/*``. Needs ``chromium`` on the path. Figures are PSNR in dB
over white; resvg and Chromium draw at four times the size, averaged.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

ZOOM = 4


def over_white(picture: Image.Image) -> Image.Image:
    """Without transparency."""
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB")


def values(picture: Image.Image) -> NDArray[np.float64]:
    """Of the colours, 0..255."""
    return np.asarray(over_white(picture), dtype=np.float64)


def by_resvg(svg: str) -> Image.Image:
    """Drawn at ``ZOOM`` times its size, averaged."""
    drawn = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM))))
    return over_white(drawn).reduce(ZOOM)


def by_chromium(svg: str, size: tuple[int, int]) -> Image.Image:
    """The same."""
    width, height = (ZOOM * side for side in size)
    with tempfile.TemporaryDirectory() as place:
        page, shot = Path(place) / "page.html", Path(place) / "shot.png"
        style = f"<style>body{{margin:0}}svg{{display:block;width:{width}px;height:{height}px}}</style>"
        page.write_text(style + svg)
        flags = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height + 200}"]
        command = ["chromium", *flags, f"--screenshot={shot}", f"file://{page}"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        with Image.open(shot) as seen:
            return over_white(seen.crop((0, 0, width, height))).reduce(ZOOM)


def psnr(one: Image.Image, other: Image.Image) -> float:
    """In dB."""
    return float(10 * np.log10(255**2 / max(1e-9, np.square(values(one) - values(other)).mean())))


for folder in map(Path, sys.argv[1:]):
    with Image.open(folder / "drawing.png") as ours:
        text = (folder / "drawing.svg").read_text()
        sized = re.sub(r'width="[^"]*" height="[^"]*"', f'width="{ours.width}" height="{ours.height}"', text, count=1)
        resvg, chromium = psnr(ours, by_resvg(sized)), psnr(ours, by_chromium(sized, ours.size))
    print(f"{folder.name}: resvg {resvg:.1f}, Chromium {chromium:.1f}")
