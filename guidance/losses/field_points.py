"""Points of a field that losses look at."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from limn.volume import Volume

Points = Annotated[int, Field(ge=1, le=1_000_000)]
"""How many points of each candidate a loss looks at in a step."""


def box_points(volume: Volume, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Points anywhere in the box, the same for each candidate.

    Args:
        volume: of S candidates.
        count: K, for each candidate.
        generator: all candidates share its draws.

    Returns:
        Points [S * K, 3] and their candidates, int32 [S * K].
    """
    points = (2.0 * torch.rand(count, 3, generator=generator) - 1.0).to(volume.samples.points)
    owner = torch.arange(volume.candidates, dtype=torch.int32, device=points.device)
    return points.repeat(volume.candidates, 1), owner.repeat_interleave(count)


def seen_points(volume: Volume, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Some samples of each candidate, drawn by their weights; points anywhere in the box where nothing is seen.

    Args:
        volume: of S candidates.
        count: K, for each candidate.
        generator: all candidates share its draws.

    Returns:
        Points [S * K, 3] and their candidates, int32 [S * K].
    """
    anywhere, owner = box_points(volume, count, generator)
    draws = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    found = []
    for index, others in enumerate(anywhere.view(-1, count, 3)):
        one = volume.candidate(index)
        total = one.weights.detach().double().cumsum(dim=0)
        if len(total) == 0 or not bool(total[-1] > 0):
            found.append(others)
            continue
        place = torch.searchsorted(total, draws.to(total) * total[-1], right=True)
        found.append(one.samples.points[place.clamp_max(len(total) - 1)])
    return torch.cat(found), owner
