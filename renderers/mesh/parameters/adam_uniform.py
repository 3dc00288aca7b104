"""AdamUniform: Adam whose step has one length for all numbers of a candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class AdamUniform(torch.optim.Optimizer):
    """Adam, but all numbers of a candidate are divided by the root of their greatest second moment.

    So steps keep the direction of the gradient, and a smooth gradient gives a smooth step. Candidates, along the
    leading dimension of parameters, do not influence each other.

    Source: Nicolet, Jacobson and Jakob 2021, "Large steps in inverse rendering of geometry".

    Args:
        params: with S as leading dimension.
        lr: about the length of the largest step.
        betas: how long the first and the second moment remember, 0..1.
        eps: is added to the divisor.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.01,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-15,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Moves the parameters that have a gradient."""
        for group in self.param_groups:
            first, second = group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
                state["step"] += 1
                state["exp_avg"].lerp_(parameter.grad, 1 - first)
                state["exp_avg_sq"].lerp_(parameter.grad.square(), 1 - second)
                count = state["step"].item()
                mean = state["exp_avg"] / (1 - first**count)
                largest = state["exp_avg_sq"].amax(dim=tuple(range(1, parameter.dim())), keepdim=True)
                parameter.sub_(group["lr"] * mean / ((largest / (1 - second**count)).sqrt() + group["eps"]))
