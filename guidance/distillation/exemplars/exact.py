"""ExactPrior: score distillation by the exact denoiser of finitely many pictures, without training."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.exemplars.denoiser import Windows, local_posterior_mean, posterior_mean
from guidance.distillation.paper_defaults import PaperDefaults, between
from guidance.distillation.prior import Prior
from limn.errors import InputError

NEAREST = 1e-3
"""Times keep this distance from 0 (no noise) and 1 (only noise)."""


class ExactPrior(Prior):
    """The exact denoiser of a set of pictures: what is drawn becomes one of them, or a mixture.

    Noise levels follow alpha = cos(pi t / 2), sigma = sin(pi t / 2).

    Args:
        name: for messages.
        side: height and width at which pictures are compared, in pixels.
        shift: pictures are shifted by up to so many pixels each way.
        patch: side in pixels, odd, of the patches by which low noise is judged; 0 for whole pictures at all levels.
        local_below: noise (sigma / alpha, in pictures of -1..1) below which patches are used.
        device: where to compute.

    Raises:
        InputError: an even patch, or one larger than the pictures.
    """

    recommended = PaperDefaults(
        1.0,
        "ism",
        between(0.8, 0.1, shape="sqrt"),
        between(0.8, 0.1, shape="sqrt"),
        samples=16,  # its passes are cheap
    )
    conditional_error_ranks = True

    def __init__(self, name: str, side: int, shift: int, patch: int, local_below: float, device: str) -> None:
        if patch and (patch % 2 == 0 or patch > side):
            raise InputError(f"exemplars: patch is {patch}; expected an odd number of pixels up to {side}, or 0")
        self.name, self.device, self.size = name, torch.device(device), (side, side)
        self.shift, self.patch, self.local_below = shift, patch, local_below

    def encode(self, pictures: Tensor) -> Tensor:
        """See `Prior.encode`: pictures in -1..1 are the latents."""
        return pictures * 2.0 - 1.0

    def decode(self, latents: Tensor) -> Tensor:
        """See `Prior.decode`."""
        return latents * 0.5 + 0.5

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """See `Prior.level`."""
        angle = times.clamp(NEAREST, 1.0 - NEAREST).view(-1, 1, 1, 1) * (math.pi / 2.0)
        return angle.cos(), angle.sin()

    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """See `Prior.predict_noise`."""
        alpha, sigma = self.level(times)
        rows, level = noisy / alpha, (sigma / alpha).flatten()
        local = (level < self.local_below) & bool(self.patch)
        mean = torch.empty_like(noisy)
        # Neighbours that choose from the same pictures by the same rule are one matrix product.
        same = (local[1:] == local[:-1]) & self._alike(condition).to(local.device)
        start = 0
        for end in [*((~same).nonzero().flatten() + 1).tolist(), len(rows)]:
            own = slice(start, end)
            arguments = rows[own], level[own], *self._candidates(condition, own)
            if local[start]:
                mean[own] = local_posterior_mean(*arguments, self.shift, self.patch)
            else:
                mean[own] = posterior_mean(*arguments)
            start = end
        return (noisy - alpha * mean) / sigma

    @abstractmethod
    def _alike(self, condition: Condition) -> Tensor:
        """Whether each of N rows but the first chooses from the pictures of the one before, bool [N - 1] or [1]."""

    @abstractmethod
    def _candidates(self, condition: Condition, own: slice) -> tuple[Windows, Tensor]:
        """The M pictures that alike rows choose from, at all shifts, and the probability of each [n, M]."""


def same_choice(weights: Tensor) -> Tensor:
    """Whether rows of weights [N, M] choose the same as the ones before, bool [N - 1], or [1] for repeated rows."""
    if weights.stride(0) == 0:  # all rows are one, repeated
        return torch.ones(1, dtype=torch.bool)
    return ((weights[1:] > 0) == (weights[:-1] > 0)).all(dim=1)
