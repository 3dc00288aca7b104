"""Times steps of fields: kernels beside their definitions in plain torch, and beside nerfacc where it is installed.

A picture of 128 x 128 rays (64 x 64 for the hash grid) through a box that is full of haze, 128 samples along its
diagonal: marching, an encoding (a dense grid of 48^3 vertices, or a hash grid of 16 levels and one matrix behind it),
density, compositing; and all derivatives by the parameters.

Run by hand: ``python benchmarks/fields.py [THREADS]``. Every figure is the least of many repeats; kernels and
definitions take turns, so that whatever else the machine does is shared.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path as FilePath

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(FilePath(__file__).parents[1]))

from limn.cameras import turntable
from renderers.fields.densities.density import Density
from renderers.fields.densities.radiance import Softplus
from renderers.fields.operations.backend import Backend
from renderers.fields.operations.composite import composite
from renderers.fields.operations.dense_grid import dense_grid
from renderers.fields.operations.hash_grid import hash_grid
from renderers.fields.operations.levels import Levels
from renderers.fields.operations.march import march
from renderers.fields.rays import rays_of

STEP, LEVELS = math.sqrt(12) / 128, Levels(16, 16, 512, 19)
DENSITY = Softplus(1)
Shown = tuple[Tensor, int]
"""Colours of rays [R, 3], and how many samples they took."""


def view(encoding: str, device: str) -> tuple[Tensor, Tensor]:
    """Origins and directions of the rays of one view, each [R, 3]."""
    found = rays_of(turntable(1), (SIDES[encoding], SIDES[encoding]))
    return found[0].reshape(-1, 3).to(device), found[1].reshape(-1, 3).to(device)


def of_dense_grid(points: Tensor, owner: Tensor, parameters: list[Tensor], backend: Backend) -> Tensor:
    """Raw density and colour [M, 4]."""
    return dense_grid(points, owner, parameters[0], backend=backend)


def of_hash_grid(points: Tensor, owner: Tensor, parameters: list[Tensor], backend: Backend) -> Tensor:
    """Raw density and colour [M, 4]."""
    return hash_grid(points, owner, parameters[0], LEVELS, backend=backend) @ parameters[1]


ENCODINGS: dict[str, tuple[Callable[..., Tensor], list[tuple[int, ...]]]] = {
    "dense grid": (of_dense_grid, [(1, 48, 48, 48, 4)]),
    "hash grid": (of_hash_grid, [(1, LEVELS.offsets[-1], 2), (32, 4)]),
}

SIDES = {"dense grid": 128, "hash grid": 64}
"""Of the pictures, in rays; a step of the hash grid in plain torch takes long."""


def drawn(encoding: str, backend: Backend, parameters: list[Tensor]) -> Shown:
    """A picture by the operations."""
    origins, directions = view(encoding, str(parameters[0].device))
    owner = torch.zeros(len(origins), dtype=torch.int32, device=origins.device)
    samples = march(origins, directions, owner, None, STEP, torch.rand_like(origins[:, 0]), backend=backend)
    values = ENCODINGS[encoding][0](samples.points, torch.zeros_like(samples.ray), parameters, backend)
    asked = (values, samples.points, samples.lengths, samples.ray, None)
    _, alpha, colours = DENSITY.show(*asked) if backend == "warp" else Density.show(DENSITY, *asked)
    return composite(alpha, colours, samples, backend=backend)[2], len(alpha)


def by_nerfacc(parameters: list[Tensor]) -> Shown:
    """The hash grid in tiny-cuda-nn and nerfacc (written to their public interfaces, not run by us)."""
    import nerfacc
    import tinycudann

    origins, directions = view("hash grid", "cuda")
    box = torch.tensor([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0], device="cuda")
    near, far, _ = nerfacc.ray_aabb_intersect(origins, directions, box[None])
    grids = nerfacc.OccGridEstimator(box, 32).cuda()
    grids.binaries.fill_(True)
    rays, starts, ends = grids.sampling(origins, directions, t_min=near[:, 0], t_max=far[:, 0], render_step_size=STEP)
    settings = {"otype": "HashGrid", "n_levels": 16, "base_resolution": 16, "per_level_scale": 32 ** (1 / 15)}
    encode = tinycudann.Encoding(3, settings | {"n_features_per_level": 2, "log2_hashmap_size": 19})
    points = origins[rays] + directions[rays] * ((starts + ends) / 2)[:, None]
    values = encode(points / 2 + 0.5).float() @ parameters[1]
    density, count = F.softplus(values[:, 0] - 1), len(origins)
    weights = nerfacc.render_weight_from_density(starts, ends, density, ray_indices=rays, n_rays=count)[0]
    return nerfacc.accumulate_along_rays(weights, values[:, 1:].sigmoid(), rays, count), len(rays)


def seconds(draw: Callable[[list[Tensor]], Shown], parameters: list[Tensor]) -> tuple[float, int]:
    """How long a picture and its derivatives take, and its samples."""
    # One thread is timed by what the process gets of the processor, whatever else runs there.
    now = time.process_time if torch.get_num_threads() == 1 and not parameters[0].is_cuda else time.perf_counter
    waiting = torch.cuda.synchronize if parameters[0].is_cuda else lambda: None
    waiting()
    start = now()
    picture, samples = draw(parameters)
    picture.sum().backward()
    waiting()
    return now() - start, samples


def main() -> None:
    """Prints the table."""
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{torch.get_num_threads()} threads, {device}; forward + backward")
    for encoding, (_, shapes) in ENCODINGS.items():
        parameters = [0.1 * torch.randn(shape, device=device) for shape in shapes]
        parameters = [parameter.requires_grad_() for parameter in parameters]
        ways: dict[str, Callable[[list[Tensor]], Shown]] = {
            "kernels": lambda given, of=encoding: drawn(of, "warp", given),  # type: ignore[misc]
            "plain torch": lambda given, of=encoding: drawn(of, "reference", given),  # type: ignore[misc]
        }
        if encoding == "hash grid" and all(map(importlib.util.find_spec, ("nerfacc", "tinycudann"))):
            ways["nerfacc"] = by_nerfacc
        least = dict.fromkeys(ways, math.inf)
        for _ in range(4):
            for name, way in ways.items():
                for _ in range(4 if name == "kernels" else 1):
                    taken, samples = seconds(way, parameters)
                    least[name] = min(least[name], taken)
        for name, taken in least.items():
            rates = f"{SIDES[encoding] ** 2 / taken / 1e6:6.3f} M rays/s {samples / taken / 1e6:7.2f} M samples/s"
            times = taken / least["kernels"]
            print(f"{encoding:10}  {name:12} {1e3 * taken:8.1f} ms  {rates}  {times:5.1f} times", flush=True)


if __name__ == "__main__":
    main()
