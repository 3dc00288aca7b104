"""triplane in plain torch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

AXES = ((0, 1), (0, 2), (1, 2))
"""Of the columns and of the rows of each plane."""


def triplane_reference(points: Tensor, owner: Tensor, planes: Tensor) -> Tensor:
    """Values [M, 3 * C], see ``renderers.fields.operations.triplane``."""
    counts = torch.bincount(owner, minlength=len(planes)).tolist()
    found = []
    for part, values in zip(torch.split(points, counts), planes, strict=True):
        at = torch.stack([part[:, axes] for axes in AXES])[:, None]  # [3, 1, m, 2]
        seen = F.grid_sample(values.permute(0, 3, 1, 2), at, padding_mode="border", align_corners=True)
        found.append(seen[:, :, 0].permute(2, 0, 1).flatten(1))
    return torch.cat(found)
