"""specify_gradient: how a gradient that was not differentiated enters a sum of losses."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

Reduction = Literal["sum", "mean"]


def specify_gradient(latents: Tensor, gradient: Tensor, reduction: Reduction = "sum") -> Tensor:
    """A value whose gradient is a given one: |z - stop(z - g)|^2 / 2.

    Args:
        latents: z [N, ...].
        gradient: g [N, ...]; where a row's squares do not add up to a number, its value is nan and its gradient zero.
        reduction: ``sum`` over the elements of a row, so that the gradient is g (DreamFusion, threestudio), or
            ``mean``, which divides both by their number and so means the same at every size of latents.

    Returns:
        [N].

    Source: the reparametrisation of stable-dreamfusion and threestudio.
    """
    value: Tensor = _SpecifyGradient.apply(latents, gradient, 1.0 if reduction == "sum" else 1.0 / gradient[0].numel())
    return value


class _SpecifyGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, latents: Tensor, gradient: Tensor, share: float) -> Tensor:
        squares = gradient.square().flatten(1).sum(dim=1)
        bad = ~(squares < torch.inf)  # isfinite is four operations
        ctx.save_for_backward((gradient * share).masked_fill_(_like(bad, gradient), 0.0))
        return (squares * (0.5 * share)).masked_fill_(bad, torch.nan)

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * _like(pull, gradient), None, None


def _like(rows: Tensor, values: Tensor) -> Tensor:
    """Numbers [N] with the dimensions of values [N, ...]."""
    return rows.view(-1, *[1] * (values.dim() - 1))
