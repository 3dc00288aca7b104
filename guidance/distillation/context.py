"""ScoreContext and ScoreGradients: input and output of every variant of score distillation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from guidance.distillation.condition import Condition, stack
from guidance.distillation.critic import Critic
from guidance.distillation.prior import Prior


class ScoreGradients(NamedTuple):
    """The output of a variant.

    Args:
        latents: the gradient on the latents [N, C, h, w].
        pictures: the gradient on the pictures at the prior's size [N, 3, H, W], of variants that have one.
    """

    latents: Tensor
    pictures: Tensor | None = None


@dataclass
class Source:
    """The picture that an edit starts from.

    Args:
        latents: [N, C, h, w].
        condition: what it shows, N rows.
    """

    latents: Tensor
    condition: Condition


@dataclass
class ScoreContext:
    """The input of a variant: N pictures, each at its own time.

    Args:
        prior: the denoiser.
        latents: clean latents z, without gradient [N, C, h, w].
        pictures: what they were encoded from, at the prior's size, without gradient [N, 3, H, W].
        times: [N] in 0..1.
        noise: e, drawn for this step [N, C, h, w].
        texts: gives the condition of a text as N rows, "" for the unconditional one.
        positive: gives the condition of the prompt with some words behind it as N rows.
        negative: what not to show, N rows; None where there is nothing.
        scale: guidance scale s, as in e_u + s (e_c - e_u).
        weight: w(t) [N, 1, 1, 1].
        progress: the fraction of the run that is done, 0..1.
        generator: for further draws.
        repelled: conditions with weights [N] that `perp_neg` keeps away from.
        source: where an edit starts.
        critic: of `vsd`.
        cameras: camera-to-world matrices [N, 16], where there are any.
    """

    prior: Prior
    latents: Tensor
    pictures: Tensor
    times: Tensor
    noise: Tensor
    texts: Callable[[str], Condition]
    positive: Callable[[str], Condition]
    scale: float
    weight: Tensor
    generator: torch.Generator
    negative: Condition | None = None
    progress: float = 0.0
    repelled: list[tuple[Condition, Tensor]] = field(default_factory=list)
    source: Source | None = None
    critic: Critic | None = None
    cameras: Tensor | None = None

    @cached_property
    def noisy(self) -> Tensor:
        """z_t [N, C, h, w]."""
        return self.prior.add_noise(self.latents, self.noise, self.times)

    @property
    def prompt(self) -> Condition:
        """The condition of the prompt, N rows."""
        return self.positive("")

    @property
    def null(self) -> Condition:
        """The condition of no text, N rows."""
        return self.texts("")

    @property
    def away(self) -> Condition:
        """The condition that guidance leads away from: the negative prompt; without one, no text."""
        return self.null if self.negative is None else self.negative

    def predict(self, noisy: Tensor, times: Tensor, *conditions: Condition) -> tuple[Tensor, ...]:
        """The noise of the same z_t under several conditions, in one pass of the denoiser."""
        count = len(conditions)
        if count == 1:
            return (self.prior.predict_noise(noisy, times, conditions[0]),)
        passes = noisy.repeat(count, 1, 1, 1), times.repeat(count)
        return self.prior.predict_noise(*passes, stack(conditions)).chunk(count)

    def guided(self, noisy: Tensor, times: Tensor, scale: float | None = None) -> Tensor:
        """Classifier-free guidance e_u + s (e_c - e_u); a scale of 1 needs e_c alone."""
        scale = self.scale if scale is None else scale
        if scale == 1.0:
            return self.predict(noisy, times, self.prompt)[0]
        towards, away = self.predict(noisy, times, self.prompt, self.away)
        return away + scale * (towards - away)

    def draw(self, *shape: int) -> Tensor:
        """Gaussian numbers on the device of the latents."""
        return torch.randn(*shape, generator=self.generator).to(self.latents)
