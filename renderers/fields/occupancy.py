"""OccupancyGrid: where a field is known to hold nothing, so that rays need not look there."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from limn.step import Step

EVERY, WARM_UP = 16, 256
"""Steps from one update to the next; and as long as all cells are looked at."""

DECAY, THRESHOLD = 0.95, 0.01

CHUNK = 2**18
"""Points that are looked at at once."""


class OccupancyGrid(nn.Module):
    """The greatest opacity lately found in each cell of a grid over the box -1..1, for S candidates.

    Every 16 steps cells are looked at, each at a random point: all of them in the first 256 steps; then a quarter of
    their number at random, and as many of those that hold something. A cell keeps the greater of what it has, times
    0.95, and what is found; it holds something if that is no less than the mean of all cells, or 0.01.

    Args:
        candidates: S.
        resolution: G, cells along each side.
        length: of the intervals whose opacity counts; that of the steps along rays.

    Attributes:
        opacities: density times length, at most 1 [S, G, G, G], axes z, y, x.
        occupied: 1 where a cell holds something, 0 elsewhere, uint8 [S, G, G, G]; 1 everywhere at first.

    Source: Li et al. 2023, NerfAcc; Mueller et al. 2022, Instant Neural Graphics Primitives.
    """

    def __init__(self, candidates: int, resolution: int = 32, length: float = math.sqrt(12) / 128) -> None:
        super().__init__()
        self.length = length
        shape = (candidates, *[resolution] * 3)
        self.register_buffer("opacities", torch.zeros(shape))
        self.register_buffer("occupied", torch.ones(shape, dtype=torch.uint8))
        self.opacities: Tensor
        self.occupied: Tensor

    @torch.no_grad()
    def update(self, density: Callable[[Tensor, Tensor], Tensor], step: Step) -> None:
        """Looks at cells, if it is time to.

        Args:
            density: per unit of length [M], at points [M, 3] of candidates, int32 [M].
            step: that was done; the source of randomness.
        """
        if step.index % EVERY:
            return
        cells, within = [], []
        for occupied in self.occupied.flatten(1):
            generator = step.generator("occupancy")  # anew, so that no candidate depends on which others there are
            cells.append(self._cells(occupied, step, generator))
            within.append(torch.rand(len(cells[-1]), 3, generator=generator).to(self.opacities))
        owner = torch.cat([torch.full_like(own, s, dtype=torch.int32) for s, own in enumerate(cells)])
        self._look(density, torch.cat(cells), owner, torch.cat(within))

    @torch.no_grad()
    def start_again(self, density: Callable[[Tensor, Tensor], Tensor], candidate: int) -> None:
        """Forgets what was found of a candidate, and looks at the middle of each of its cells.

        Args:
            density: as of `update`.
            candidate: that has become another field.
        """
        self.opacities[candidate] = 0.0
        cell = torch.arange(self.occupied[0].numel(), device=self.occupied.device)
        middle = torch.full((len(cell), 3), 0.5, device=cell.device)
        self._look(density, cell, torch.full_like(cell, candidate, dtype=torch.int32), middle)

    def _look(self, density: Callable[[Tensor, Tensor], Tensor], cell: Tensor, owner: Tensor, within: Tensor) -> None:
        """Looks at places within cells in 0..1 [M, 3], and decides which of all cells hold something."""
        side = self.occupied.shape[1]
        corner = torch.stack([cell % side, cell // side % side, cell // side**2], dim=1)
        points = (corner + within) * (2.0 / side) - 1.0
        bounds = list(range(CHUNK, len(points), CHUNK))
        parts = zip(points.tensor_split(bounds), owner.tensor_split(bounds), strict=True)
        found = (torch.cat([density(*part) for part in parts]) * self.length).nan_to_num(0.0).clamp(max=1.0)
        known, place = self.opacities.flatten(), owner * side**3 + cell
        known.index_put_((place,), DECAY * known[place])
        known.scatter_reduce_(0, place, found, "amax")
        self.opacities.copy_(known.view_as(self.opacities))
        # In double precision the mean of equal numbers is that number: a field without form is looked at everywhere.
        enough = self.opacities.double().flatten(1).mean(dim=1).clamp(max=THRESHOLD)
        self.occupied.copy_(self.opacities >= enough[:, None, None, None])

    def _cells(self, occupied: Tensor, step: Step, generator: torch.Generator) -> Tensor:
        """The numbers of the cells to look at, of a candidate whose cells [G^3] hold something where not 0."""
        count, device = len(occupied), occupied.device
        if step.index < WARM_UP:
            return torch.arange(count, device=device)
        anywhere = torch.randint(count, (count // 4,), generator=generator).to(device)
        holding = occupied.nonzero()[:, 0]
        if len(holding) > count // 4:
            holding = holding[torch.randint(len(holding), (count // 4,), generator=generator).to(device)]
        return torch.cat([anywhere, holding])
