"""Patterns: which points of a surface take another colour."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Pattern = Callable[[Tensor], Tensor]
"""Points [N, 3] in the unit sphere -> whether each has the colour of the pattern, bool [N]."""

DOTS, DOT = 40, 0.17
BANDS = 4.5


def dots(points: Tensor) -> Tensor:
    """Round spots, seen from the middle: evenly spread directions (Fibonacci's lattice), all of one width."""
    number = torch.arange(DOTS) + 0.5
    height, turn = 1 - 2 * number / DOTS, number * math.pi * (1 + 5**0.5)
    radius = (1 - height**2).sqrt()
    middles = torch.stack([radius * turn.cos(), height, radius * turn.sin()], 1)
    cosine = torch.nn.functional.normalize(points, dim=1) @ middles.T
    return cosine.amax(1) > math.cos(DOT)


def stripes(points: Tensor) -> Tensor:
    """Level bands."""
    return (points[:, 1] * BANDS).remainder(2.0) < 1.0


PATTERNS: dict[str, Pattern] = {"dots": dots, "spots": dots, "stripes": stripes}
"""Patterns by the words that name them."""
