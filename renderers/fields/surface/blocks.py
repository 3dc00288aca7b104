"""Functions of space, asked for many points in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Values = Callable[[Tensor], Tensor]
"""Points [N, 3] -> values [N] or [N, C]."""

BLOCK = 2**17


def in_blocks(values: Values, points: Tensor) -> Tensor:
    """What a function says of points [N, 3]."""
    return torch.cat([values(piece) for piece in torch.split(points, BLOCK)])


def nodes(sides: Sequence[int], device: torch.device | None = None) -> Tensor:
    """Positions (x, y, z) of the nodes of a grid whose outermost lie on the faces of the box -1..1 [Rz, Ry, Rx, 3]."""
    lines = [torch.linspace(-1, 1, side, device=device) for side in sides]
    z, y, x = torch.meshgrid(*lines, indexing="ij")
    return torch.stack([x, y, z], dim=3)
