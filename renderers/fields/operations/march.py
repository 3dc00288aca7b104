"""march: where rays look at a field, interval after interval through what is not known to be empty."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from limn.checks import LARGEST, Arguments, index_range
from limn.launch import arrays, launch_sliced
from limn.volume import Samples
from renderers.fields.kernels import marching as kernels
from renderers.fields.operations.backend import BACKENDS, Backend, dtype_of

GRAIN = 256
"""Fewest rays that are worth a slice of their own."""


@torch.no_grad()
def march(
    origins: Tensor,
    directions: Tensor,
    owner: Tensor,
    occupied: Tensor | None,
    step: float,
    jitter: Tensor | None = None,
    near: float = 0.0,
    backend: Backend = "warp",
) -> Samples:
    """Cuts rays into intervals of one length inside the box -1..1, and keeps those that may show something.

    The first interval of a ray begins ``jitter * step`` behind the place where it enters the box. An interval lies in
    the box, and in a cell of the grid, where its middle does. There is no gradient.

    Args:
        origins: of rays [R, 3].
        directions: of rays, unit [R, 3].
        owner: the candidate of each ray, integers [R].
        occupied: not 0 where a candidate may hold something, bytes on the cells of a grid over the box [S, G, G, G],
            axes z, y, x; everywhere when None.
        step: length of the intervals; the box has a side of 2.
        jitter: 0..1 [R]; 0 when None.
        near: where rays begin, from 0.
        backend: ``warp`` (kernels for CPU and CUDA, float32) or ``reference`` (slow pure torch, any dtype).

    Returns:
        M samples, ray after ray, near to far.

    Raises:
        InputError: an argument does not fit.

    Source: Li et al. 2023, NerfAcc: one jitter for a ray, a constant step, and an occupancy grid.
    """
    given = Arguments("march")
    given.one_of("backend", backend, BACKENDS)
    dtype = dtype_of(backend)
    origins = given.numbers("origins", origins, "R 3", dtype=dtype)
    directions = given.numbers("directions", directions, "R 3", dtype=dtype)
    jitter = None if jitter is None else given.numbers("jitter", jitter, "R", dtype=dtype)
    occupied = None if occupied is None else given.flags("occupied", occupied, "S G G G")
    owner = given.indices("owner", owner, "R", rows=given.sizes.get("S", LARGEST), of="the candidates")
    step, near = given.number("step", step, above=0.0), given.number("near", near, least=0.0)
    most = math.ceil(2 * math.sqrt(3) / step) + 1
    given.countable("rays x intervals", len(origins), most)
    if occupied is not None:
        given.countable("cells", occupied.numel())
    if backend == "reference":
        from renderers.fields.reference.march import march_reference

        samples = march_reference(origins, directions, owner, occupied, step, jitter, near)
    else:
        samples = _march(origins, directions, owner, occupied, step, jitter, near, -(-most // 32))
    index_range.tell(samples.ray, (0, len(origins) - 1))
    index_range.tell(samples.starts, (0, len(samples.ray)))
    return samples


def _march(
    origins: Tensor,
    directions: Tensor,
    owner: Tensor,
    occupied: Tensor | None,
    step: float,
    jitter: Tensor | None,
    near: float,
    words: int,
) -> Samples:
    """Two passes over the rays: the first counts their samples, the second writes them where they belong."""
    device, rays = origins.device, len(origins)
    none = origins.new_empty(0, dtype=torch.uint8)
    side = 0 if occupied is None else occupied.shape[1]
    counts, middles = owner.new_empty(rays), origins.new_empty(rays)
    kept = owner.new_empty(0 if occupied is None else rays * words)
    a_origins, a_directions, a_middles, a_kept = arrays(origins, directions, middles, kept)
    shifted = arrays(origins.new_empty(0) if jitter is None else jitter)
    grid = (*arrays(owner, none if occupied is None else occupied.view(-1)), side, words)
    counted = (*arrays(counts), a_middles, a_kept)
    launch_sliced(kernels.cut, rays, GRAIN, (a_origins, a_directions, *shifted, near, step, *grid, *counted), device)
    starts = torch.cat([counts.new_zeros(1), counts.cumsum(0, dtype=torch.int32)])
    total = int(starts[-1])
    points, distances, ray = origins.new_empty(total, 3), origins.new_empty(total), owner.new_empty(total)
    filled = (step, a_middles, words, a_kept, *arrays(starts, points, distances, ray))
    launch_sliced(kernels.fill, rays, GRAIN, (a_origins, a_directions, *filled), device)
    return Samples(points, distances, torch.full_like(distances, step), ray, starts)
