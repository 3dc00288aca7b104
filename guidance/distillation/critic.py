"""Critic: predicts the noise of the pictures that are being optimised, for variational score distillation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from guidance.distillation.condition import Condition


class Critic(nn.Module, ABC):
    """Predicts the noise in noisy versions of the pictures that are being optimised."""

    @abstractmethod
    def forward(
        self, noisy: Tensor, times: Tensor, condition: Condition, latents: Tensor, cameras: Tensor | None
    ) -> Tensor:
        """The noise of z_t.

        Args:
            noisy: z_t [N, C, h, w].
            times: [N] in 0..1.
            condition: N rows.
            latents: the clean latents of the whole population as it is now [M, C, h, w].
            cameras: camera-to-world matrices as rows of 16 [N, 16], where there are any.

        Returns:
            [N, C, h, w].
        """

    @abstractmethod
    def learn(self, latents: Tensor, condition: Condition, cameras: Tensor | None, generator: torch.Generator) -> None:
        """One step of learning from the population as it is now.

        Args:
            latents: [N, C, h, w]; rows that are not finite are left out.
            condition: N rows.
            cameras: [N, 16], where there are any.
            generator: draws times and noise.
        """


class ParticleCritic(Critic):
    """The exact answer for finitely many particles, with nothing to learn: the posterior mean over them.

    With a single particle the answer is the noise that was added, and variational score distillation becomes score
    distillation (Wang et al. 2023, section 3.2).

    Args:
        level: times [N] -> alpha and sigma of the prior, each [N, 1, 1, 1].
    """

    def __init__(self, level: Callable[[Tensor], tuple[Tensor, Tensor]]) -> None:
        super().__init__()
        self._level = level

    def forward(
        self, noisy: Tensor, times: Tensor, condition: Condition, latents: Tensor, cameras: Tensor | None
    ) -> Tensor:
        """See `Critic.forward`."""
        alpha, sigma = self._level(times)
        particles = latents[latents.flatten(1).isfinite().all(dim=1)].flatten(1)
        distance = (noisy.flatten(1)[:, None] - alpha.view(-1, 1, 1) * particles).square().sum(dim=2)
        weights = (-distance / (2.0 * sigma.view(-1, 1).square())).softmax(dim=1)
        return (noisy - alpha * (weights @ particles).view_as(noisy)) / sigma

    def learn(self, latents: Tensor, condition: Condition, cameras: Tensor | None, generator: torch.Generator) -> None:
        """Does nothing: the answer is exact without learning."""
