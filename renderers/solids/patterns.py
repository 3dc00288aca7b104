"""Patterns: which points of a surface take another colour."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Pattern = Callable[[Tensor], Tensor]
"""Points [N, 3] in the unit sphere -> whether each has the colour of the pattern, bool [N]."""

SPOTS, SPOT = 40, 0.17
"""How many round spots, and their radius in radians."""

BANDS = 4.5
"""Of both kinds, across 1."""


def spots(points: Tensor) -> Tensor:
    """Round spots, seen from the middle: evenly spread directions (Fibonacci's lattice), all of one width."""
    number = torch.arange(SPOTS) + 0.5
    height, turn = 1 - 2 * number / SPOTS, number * math.pi * (1 + 5**0.5)
    radius = (1 - height**2).sqrt()
    middles = torch.stack([radius * turn.cos(), height, radius * turn.sin()], 1)
    cosine = torch.nn.functional.normalize(points, dim=1) @ middles.T
    return cosine.amax(1) > math.cos(SPOT)


def stripes(points: Tensor) -> Tensor:
    """Level bands."""
    return (points[:, 1] * BANDS).remainder(2.0) < 1.0


PATTERNS: dict[str, Pattern] = {"spots": spots, "stripes": stripes}
"""Patterns by the words that name them."""
