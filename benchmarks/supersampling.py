"""How much of their coverage parts thinner than a pixel keep, by samples per pixel, and what a picture costs.

Bars of a width in pixels at eight angles in pictures of 128 x 128. 100 % is their true area.

Run by hand: ``python benchmarks/supersampling.py``.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path as FilePath

import torch

sys.path.insert(0, str(FilePath(__file__).parents[1]))

from limn.cameras import orbit, turntable
from renderers.mesh import Mesh, MeshRenderer, normalise, read_mesh

SIDE, BARS, LENGTH = 128, 9, 80
SAMPLES = (1, 2, 4, 8, 16, 32)
MODEL = FilePath(__file__).parents[1] / "configs/assets/models/mushroom.glb"


def bars(width: float, degrees: float) -> Mesh:
    """Parallel bars; sizes in pixels."""
    pixel, turn, vertices = 5 * math.tan(math.pi / 6) / SIDE, math.radians(degrees), []
    for number in range(BARS):
        middle = (number - (BARS - 1) / 2) * 8.37
        for along, across in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            x, y = along * LENGTH / 2, middle + across * width / 2
            vertices.append((x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn), 0.0))
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]]) + 4 * torch.arange(BARS)[:, None, None]
    return Mesh(pixel * torch.tensor(vertices), faces.view(-1, 3).int())


def kept(width: float, supersampling: int) -> float:
    """The share of their coverage that bars keep."""
    flat, angles = orbit(0.0, 0.0, 2.5, 0.0), (0, 7, 20, 33, 45, 61, 77, 90)
    made = [MeshRenderer(bars(width, a), size=(SIDE, SIDE), supersampling=supersampling) for a in angles]
    with torch.no_grad():
        covered = sum(float(renderer.render(flat).alpha.sum()) for renderer in made)
    return covered / (len(angles) * BARS * LENGTH * width)


def seconds(supersampling: int) -> float:
    """Least time on one core of a step, forward and backward, of a view of a model at 224 x 224."""
    mesh = normalise(read_mesh(MODEL))
    mesh.vertices.requires_grad_()
    renderer = MeshRenderer(mesh, cameras=turntable(1), supersampling=supersampling)
    least = math.inf
    for _ in range(3):
        start = time.process_time()
        renderer.render().rgb.square().sum().backward()
        least = min(least, time.process_time() - start)
    return least


def main() -> None:
    """Prints the table."""
    print("width of bars, pixels " + "".join(f"{samples:>9}" for samples in SAMPLES))
    for width in (1.0, 0.5, 0.2, 0.1, 0.04):
        print(f"{width:21} " + "".join(f"{100 * kept(width, samples):7.0f} %" for samples in SAMPLES), flush=True)
    once = seconds(1)
    print("time of a step        " + "".join(f"{seconds(samples) / once:9.1f}" for samples in SAMPLES[:4]))


if __name__ == "__main__":
    main()
