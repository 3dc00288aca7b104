"""hash_grid in plain torch."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from renderers.fields.operations.levels import PRIMES, Levels


def hash_grid_reference(
    points: Tensor, owner: Tensor, table: Tensor, levels: Levels, open: int, interpolation: str
) -> Tensor:
    """Features [M, L * F], see ``renderers.fields.operations.hash_grid``."""
    found = [torch.zeros_like(table[0, 0]).expand(len(points), -1)] * levels.count
    for level in range(open):
        at = (0.5 * points.clamp(-1.0, 1.0) + 0.5) * levels.scales[level] + 0.5
        corner = at.long()
        place = at - corner
        if interpolation == "smoothstep":
            place = place * place * (3.0 - 2.0 * place)
        value = torch.zeros_like(found[level])
        for step in product((0, 1), repeat=3):
            far = torch.tensor(step, device=points.device)
            row = levels.offsets[level] + _index(corner + far, levels, level)
            weight = torch.where(far > 0, place, 1.0 - place).prod(dim=1, keepdim=True)
            value = value + weight * table[owner.long(), row]
        found[level] = value
    return torch.cat(found, dim=1)


def _index(vertices: Tensor, levels: Levels, level: int) -> Tensor:
    """Rows of vertices [M, 3] within those of their level [M]."""
    side, size = levels.resolutions[level], levels.sizes[level]
    if levels.hashed[level]:
        x, y, z = (vertices * torch.tensor(PRIMES, device=vertices.device) % 2**32).unbind(dim=1)
        return (x ^ y ^ z) % size
    x, y, z = vertices.unbind(dim=1)
    return (x + side * (y + side * z)) % size
