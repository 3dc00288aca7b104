"""Compares `vectorise` with vtracer and with as many shapes from random starts, at equal numbers of paths.

Run by hand: ``python benchmarks/vectorise.py [paths=64,256] [sheet=sheet.png] [setting=value ...] [picture ...]``; it
needs vtracer (``pip install vtracer``). Random starts are solid circles in the colours of the picture, which the same
recipe optimises for the same time. vtracer's settings are searched for the best picture with no more paths. Every SVG
is drawn by resvg and compared with the picture.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import resvg_py
import torch
import vtracer
import yaml
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from limn.pictures import to_tensor
from limn.png import png
from pipelines import run
from pipelines.inputs.pictures import fit, read_picture
from renderers.strokes import parse_svg

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "configs" / "assets"
PICTURES = [
    ASSETS / name for name in ("astronaut.jpg", "cat.jpg", "coffee.jpg", "sailboat.png", "apple.svg", "logo.svg")
]
SIZE = 256
RANDOM = {"start": "random", "batches": None, "gradients": False}
TRIAL = 20
"""Steps that tell how long a step takes from a random start."""


def drawn(svg: str) -> Tensor:
    """What resvg draws [3, H, W]."""
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, background="white"))
    return to_tensor(Image.open(io.BytesIO(data)))[0]


def segments(svg: str) -> int:
    """Curves and lines of all its paths."""
    return parse_svg(svg).scene.topology.points // 3 if svg else 0


def psnr(one: Tensor, other: Tensor) -> float:
    """Peak signal to noise ratio in dB."""
    return float(-10 * torch.log10((one - other).square().mean()))


def traced(picture: Tensor, paths: int) -> str:
    """vtracer's best picture of no more paths."""
    height, width = picture.shape[1:]
    pixels = np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGBA")).reshape(-1, 4)
    found: list[tuple[float, str]] = []
    for precision, difference, speckle in product((5, 6, 8), (8, 16, 24, 32, 48, 64, 96), (1, 2, 4, 8, 16, 32)):
        svg = vtracer.convert_pixels_to_svg(
            list(map(tuple, pixels.tolist())),
            (width, height),
            mode="spline",
            hierarchical="stacked",
            color_precision=precision,
            layer_difference=difference,
            filter_speckle=speckle,
        )
        if 0 < svg.count("<path") <= paths:
            found.append((psnr(drawn(svg), picture), svg))
    return max(found)[1] if found else ""


def optimised(path: Path, paths: int, folder: str, **settings: Any) -> tuple[str, float]:
    """The SVG of a run and the seconds that its steps took."""
    result = run(
        str(ROOT / "configs" / "vectorise.yaml"),
        target=str(path),
        output=folder,
        paths=paths,
        size=SIZE,
        video={"formats": []},
        preview_every=10**6,
        **settings,
    )
    assert result.folder is not None
    return (result.folder / "drawing.svg").read_text(), result.seconds


def main(arguments: list[str]) -> None:
    """Prints the table and writes the sheet."""
    settings: dict[str, Any] = {k: yaml.safe_load(v) for k, _, v in (word.partition("=") for word in arguments) if v}
    counts = [int(count) for count in str(settings.pop("paths", "64,256")).split(",")]
    sheet = Path(str(settings.pop("sheet", "vectorise.png")))
    pictures = [Path(word) for word in arguments if "=" not in word] or PICTURES
    rows = []
    print("| picture | paths | vtracer | random, same time | vectorise | seconds | segments: vtracer, vectorise |")
    print("|---|---|---|---|---|---|---|")
    for path, paths in product(pictures, counts):
        opened = read_picture(path)
        scale = SIZE / max(opened.size)
        picture = fit(opened, (round(opened.height * scale), round(opened.width * scale)))[0]
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            ours, steps_took = optimised(path, paths, folder, **settings)
            took = time.perf_counter() - began
            _, trial = optimised(path, paths, folder, **RANDOM, **settings | {"steps": TRIAL})
            same = max(1, round(TRIAL * steps_took / trial))
            chance, _ = optimised(path, paths, folder, **RANDOM, **settings | {"steps": same})
        svgs = [traced(picture, paths), chance, ours]
        shown = [drawn(svg) if svg else torch.ones_like(picture) for svg in svgs]
        scores = " | ".join(f"{psnr(one, picture):.1f} dB" for one in shown)
        points = ", ".join(str(segments(svg)) for svg in (svgs[0], svgs[2]))
        print(f"| {path.stem} | {paths} | {scores} | {took:.0f} | {points} |", flush=True)
        rows.append(torch.cat([picture, *shown], dim=2))
    widest = max(row.shape[2] for row in rows)
    padded = [torch.nn.functional.pad(row, (0, widest - row.shape[2], 0, 8), value=1.0) for row in rows]
    sheet.write_bytes(png(torch.cat(padded, dim=1)))


if __name__ == "__main__":
    main(sys.argv[1:])
