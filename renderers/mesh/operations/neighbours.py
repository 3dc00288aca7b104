"""Triangles that share an edge."""

from __future__ import annotations

import torch
from torch import Tensor

from limn.kept import Kept


@Kept
def neighbours_of(faces: Tensor) -> Tensor:
    """The triangle beyond each edge, computed once per table of faces.

    Args:
        faces: vertices of each triangle, int32 [F, 3].

    Returns:
        Triangles beyond the edges opposite to the three corners, -1 where an edge belongs to one triangle alone or to
        more than two; int32 [F, 3].
    """
    ends = torch.stack([faces.roll(-1, 1), faces.roll(-2, 1)], dim=-1).view(-1, 2).long()
    low, high = ends.amin(1), ends.amax(1)
    key, order = (low * (int(high.max()) + 1 if len(high) else 1) + high).sort(stable=True)
    same = key[1:] == key[:-1]
    before = torch.nn.functional.pad(same, (1, 0))[: len(key)]
    after = torch.nn.functional.pad(same, (0, 1))[: len(key)]
    # A pair stands alone where neither the edge before the first nor the one after the second is the same.
    first = after & ~before & ~torch.nn.functional.pad(after[1:], (0, 1))[: len(key)]
    second = torch.nn.functional.pad(first[:-1], (1, 0))[: len(key)]
    result = torch.full((faces.numel(),), -1, dtype=torch.int32, device=faces.device)
    triangles = (order // 3).int()
    result[order[first]] = triangles[second]
    result[order[second]] = triangles[first]
    return result.view(-1, 3)
