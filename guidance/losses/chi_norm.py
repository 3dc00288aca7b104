"""Chi norm: how usual the length of noise is."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames, geometry_of
from limn.noise import Noise
from limn.step import Step


def chi_norm(noise: Tensor) -> Tensor:
    """|z|^2 / 2 - (d - 1) log |z|, least where |z|^2 = d - 1.

    The negative logarithm, but for a constant, of the density of the length of d normal numbers, a chi distribution. It
    is taken in float32: in float16 the length overflows.

    Args:
        noise: of S candidates [S, ...], d numbers each.

    Returns:
        [S].

    Source: Samuel et al., Norm-guided Latent Space Exploration, 2023; Eyring et al., ReNO, 2024, weighted 0.01.
    """
    flat = noise.float().flatten(1)
    length: Tensor = flat.norm(dim=1)
    return 0.5 * length.square() - (flat.shape[1] - 1) * length.log()


class ChiNorm(Loss):
    """`chi_norm` of the noise of a generator: keeps it where its pictures are good."""

    ranks: ClassVar[bool] = False

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the pictures do not come from noise.
        """
        return chi_norm(geometry_of(frames, Noise, "chi_norm").values)
