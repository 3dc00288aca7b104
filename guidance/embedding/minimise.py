"""Minimise: a few numbers until a loss is least, for targets that are found before a run begins."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def minimise(numbers: Tensor, loss: Callable[[Tensor], Tensor], steps: int, rate: float, decay: float = 0.0) -> Tensor:
    """The numbers at which a loss was least on the way down, by AdamW.

    Args:
        numbers: where it begins, of any shape.
        loss: of the numbers, a scalar.
        steps: how many.
        rate: learning rate.
        decay: of the weights.

    Returns:
        The shape of the numbers, without gradient.
    """
    moving = numbers.detach().clone().requires_grad_()
    optimiser = torch.optim.AdamW([moving], lr=rate, weight_decay=decay)
    best, least = moving.detach().clone(), float("inf")
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            value = loss(moving)
            if value.item() < least:
                best, least = moving.detach().clone(), value.item()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return best
