"""Times the stroke rasteriser, with diffvg's figures beside it where pydiffvg is installed.

Run by hand: ``python benchmarks/strokes.py``. Every figure is the least of many repeats, in milliseconds.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as FilePath

import torch

sys.path.insert(0, str(FilePath(__file__).parents[1]))

from renderers.strokes import Scene, closed_shapes, open_strokes, rasterise
from renderers.strokes.rasteriser import Backend

TENSORS = ("points", "widths", "stroke_colours", "fill_colours")


def strokes(candidates: int, count: int, side: int) -> Scene:
    """Cubic strokes 3 px wide whose control points are up to a tenth of the side apart, in random colours."""
    draws = torch.Generator().manual_seed(0)
    starts = torch.rand(candidates, count, 2, generator=draws) * side
    colour = torch.rand(candidates, count, 4, generator=draws)
    return open_strokes(starts, (side, side), radius=0.1 * side, width=3.0, colour=colour, generator=draws)


def fills(candidates: int, count: int, side: int) -> Scene:
    """Blobs of four cubics with a radius of 20 px, in random colours."""
    draws = torch.Generator().manual_seed(0)
    centres = torch.rand(candidates, count, 2, generator=draws) * side
    colour = torch.rand(candidates, count, 4, generator=draws)
    return closed_shapes(centres, (side, side), radius=20.0, colour=colour, generator=draws)


def measure(scene: Scene, backend: Backend, seconds: float = 4.0) -> tuple[float, float]:
    """Least forward and least backward time in milliseconds among the repeats of a few seconds."""
    scene = replace(scene, **{name: getattr(scene, name).requires_grad_() for name in TENSORS})
    weights = torch.randn(scene.candidates, 3, *scene.size, generator=torch.Generator().manual_seed(1))
    forward = backward = float("inf")
    end = time.perf_counter() + seconds
    repeats = 0
    while repeats < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        rgb, _ = rasterise(scene, backend=backend)
        middle = time.perf_counter()
        rgb.backward(weights)
        forward, backward = min(forward, middle - start), min(backward, time.perf_counter() - middle)
        repeats += 1
    return 1e3 * forward, 1e3 * backward


def main() -> None:
    """Prints the table."""
    cases: list[tuple[str, Callable[[int, int, int], Scene], int, int]] = [
        ("16 strokes, 224 x 224", strokes, 16, 224),
        ("512 strokes, 512 x 512", strokes, 512, 512),
        ("64 filled shapes, 224 x 224", fills, 64, 224),
    ]
    backends: list[Backend] = ["warp"]
    if importlib.util.find_spec("pydiffvg") is not None:
        backends.append("diffvg")
    print(f"{torch.get_num_threads()} threads; forward + backward = total, ms")
    for name, make, count, side in cases:
        for candidates in (1, 3):
            row = f"{name:28} S = {candidates}"
            for backend in backends:
                forward, backward = measure(make(candidates, count, side), backend)
                row += f"   {backend} {forward:8.2f} + {backward:8.2f} = {forward + backward:8.2f}"
            print(row, flush=True)


if __name__ == "__main__":
    main()
