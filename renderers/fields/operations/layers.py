"""How cores share the layers of a table to which points are added."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

GRAIN = 2048
"""Fewest points that are worth a core of their own."""

SEEN = 4096
"""Of how many points, at most, it is looked up where they are."""


def shares_of_layers(points: Tensor, owner: Tensor, candidates: int, layers: int) -> list[tuple[int, int, int, int]]:
    """Pieces for `limn.launch.launch_pieces`: each owns layers that hold about as many points as those of the others.

    Every layer is added to by one piece and in the order of the points, so that sums do not depend on the pieces.

    Args:
        points: in the box -1..1 [M, 3].
        owner: the candidate of each, ascending, int32 [M].
        candidates: S.
        layers: of each candidate, along z, the first and the last on the faces of the box.
    """
    count = len(points)
    cores = min(torch.get_num_threads(), count // GRAIN) if points.device.type == "cpu" else 1
    if cores < 2:
        return [(count, 0, 0, candidates * layers)]
    some = slice(None, None, -(-count // SEEN))
    seen = ((points[some, 2] + 1.0) * (0.5 * (layers - 1))).int().clamp(0, layers - 2) + layers * owner[some]
    inner = seen.sort().values[len(seen) * torch.arange(1, cores) // cores]
    bounds = torch.tensor([0, *inner, candidates * layers], dtype=torch.int32)
    firsts = torch.searchsorted(owner, bounds[:-1] // layers).tolist()
    ends = torch.searchsorted(owner, (bounds[1:] - 1) // layers, right=True).tolist()
    owned = zip(firsts, ends, pairwise(bounds.tolist()), strict=True)
    return [(end - first, first, low, high) for first, end, (low, high) in owned if high > low]
