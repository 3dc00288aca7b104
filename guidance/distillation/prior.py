"""Prior: a frozen denoiser of pictures, with the interface that score distillation needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

import torch
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.critic import Critic, ParticleCritic
from guidance.distillation.paper_defaults import PaperDefaults
from guidance.encoders.preprocess import Preprocess


class Prior(ABC):
    """A frozen model of noisy pictures z_t = alpha z + sigma e.

    Times are fractions of its schedule, from 0 (clean) to 1 (noise). Latents are float32, whatever the precision of the
    model.
    """

    name: str
    """For messages."""

    device: torch.device
    """Where it computes."""

    size: tuple[int, int]
    """Height and width of the pictures that it knows, in pixels."""

    recommended: PaperDefaults | None = None
    """Settings that suit it better than those of the papers, which were found for large learned models."""

    conditional_error_ranks: bool = False
    """True if the conditional error alone ranks pictures, without an unconditional baseline."""

    def fit(self, pictures: Tensor) -> Tensor:
        """Brings pictures [N, 3, H, W] to the prior's size, differentiably: each whole and in its proportions, the rest
        white."""
        return Preprocess(self.size, (), (), "bilinear").fit(pictures)

    @cached_property
    def latent_shape(self) -> tuple[int, ...]:
        """C, h and w of its latents."""
        with torch.no_grad():
            return tuple(self.encode(torch.zeros(1, 3, *self.size, device=self.device)).shape[1:])

    @abstractmethod
    def encode(self, pictures: Tensor) -> Tensor:
        """Brings pictures into the prior's latent space, differentiably.

        Args:
            pictures: [N, 3, H, W] in 0..1, of the prior's size.

        Returns:
            [N, C, h, w].
        """

    @abstractmethod
    def decode(self, latents: Tensor) -> Tensor:
        """Latents [N, C, h, w] as pictures [N, 3, H, W] in 0..1, which may leave that range by a little."""

    @abstractmethod
    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """The alpha and sigma at some times.

        Args:
            times: [N] in 0..1.

        Returns:
            Two [N, 1, 1, 1].
        """

    @abstractmethod
    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """Predicts the noise in noisy latents, whichever quantity the model itself predicts.

        Args:
            noisy: z_t [N, C, h, w].
            times: [N] in 0..1.
            condition: N rows.

        Returns:
            [N, C, h, w].
        """

    @abstractmethod
    def embed(self, text: str) -> Condition:
        """The condition of a text as one row; "" is the unconditional one. The latest are kept, so that asking twice is
        free."""

    def seen_from(
        self,
        condition: Condition,
        camera_to_world: Tensor,
        world_to_clip: Tensor,
        background: Tensor | None = None,
    ) -> Condition:
        """The same for pictures whose cameras are known, for priors that know sides.

        Args:
            condition: N rows.
            camera_to_world: of the cameras [N, 4, 4].
            world_to_clip: ditto.
            background: what the scene has behind its things, sRGB in 0..1 [N, 3] or [N, 3, H, W]; white when None.
        """
        return condition

    def critic(self, rank: int, rate: float) -> Critic:
        """A critic that learns the noise of the pictures being optimised, for variational score distillation.

        Args:
            rank: of a low-rank adapter, where there is something to adapt.
            rate: its learning rate.
        """
        return ParticleCritic(self.level)

    def add_noise(self, latents: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """z_t of clean latents [N, C, h, w]."""
        alpha, sigma = self.level(times)
        return alpha * latents + sigma * noise

    def clean(self, noisy: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """The clean latents that z_t and its noise imply."""
        alpha, sigma = self.level(times)
        return (noisy - sigma * noise) / alpha
