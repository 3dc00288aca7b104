"""How far a plotter's pen moves in the air, before and after strokes are put in order.

Run by hand: ``python benchmarks/plot.py``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from renderers.strokes import open_strokes
from renderers.strokes.plot import pen_travel, plot_of

for count in (16, 40, 200, 2000):
    draws = torch.Generator().manual_seed(0)
    starts = torch.rand(1, count, 2, generator=draws) * torch.tensor([300.0, 200.0])
    scene = open_strokes(starts, (200, 300), segments=2, radius=15, generator=draws)
    begin = time.perf_counter()
    plot = plot_of(scene)
    seconds = time.perf_counter() - begin
    print(f"{count:5} strokes: {pen_travel(plot) / pen_travel(scene):.3f} of the way, {seconds:.2f} s")
