"""Where the points of each candidate begin in a packed list."""

from __future__ import annotations

import torch
from torch import Tensor


def starts_of(owner: Tensor, candidates: int) -> list[int]:
    """The first point of each candidate, and their number at the end, for `limn.launch.launch_ranges`.

    Args:
        owner: the candidate of each point, ascending, int32 [M].
        candidates: S.
    """
    if candidates == 1 or owner.device.type != "cpu":  # nothing owns rows on a GPU, and a look would wait for it
        return [0] * candidates + [len(owner)]
    starts: list[int] = torch.searchsorted(owner, torch.arange(candidates + 1, dtype=torch.int32)).tolist()
    return starts
