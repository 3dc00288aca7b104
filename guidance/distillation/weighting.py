"""Weightings: how much each noise level counts in a distillation gradient."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Weighting = Literal["sds", "uniform", "fantasia3d", "ism"]


def weigh(alpha: Tensor, sigma: Tensor, weighting: Weighting) -> Tensor:
    """The weight w of a noise level.

    Written in the signal's share of the variance, a = alpha^2 / (alpha^2 + sigma^2), which is what papers call
    alpha-bar, so that it means the same for schedules that do not keep the variance, such as flow matching.

    Args:
        alpha: any shape.
        sigma: the same shape.
        weighting: ``sds`` 1 - a (DreamFusion as Stable Diffusion's users have it), ``uniform`` 1, ``fantasia3d``
            sqrt(a) (1 - a) (Latent-NeRF, Fantasia3D), or ``ism`` sqrt((1 - a) / a), sigma / alpha
            (LucidDreamer).

    Returns:
        The same shape.
    """
    if weighting == "uniform":
        return torch.ones_like(alpha)
    if weighting == "ism":
        return sigma / alpha
    a = alpha.square() / (alpha.square() + sigma.square())
    return 1.0 - a if weighting == "sds" else a.sqrt() * (1.0 - a)
