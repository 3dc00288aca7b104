"""Sampling: draws whole pictures from a prior, such as the start of an optimisation."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.distillation.condition import stack
from guidance.distillation.prior import Prior
from guidance.distillation.prompts import Conditions
from guidance.prompt import Prompt

SCALE = 7.5
"""Guidance scale for priors that have none of their own."""

FIRST, LAST = 0.98, 0.02


@torch.no_grad()
def sample(
    prior: Prior, prompt: Prompt, count: int, generator: torch.Generator, steps: int = 30, scale: float | None = None
) -> Tensor:
    """Draws pictures of a prompt.

    Args:
        prior: the denoiser.
        prompt: what they show; negative phrases are the negative prompt.
        count: K.
        generator: draws the noise that they come from.
        steps: noise levels on the way.
        scale: guidance scale s of e_u + s (e_c - e_u); the prior's own, or `SCALE`, unless given.

    Returns:
        [K, 3, h, w] in 0..1, of the prior's size.

    Source: Song et al., Denoising Diffusion Implicit Models, 2020, with eta = 0.
    """
    if scale is None:
        scale = prior.recommended.scale if prior.recommended else SCALE
    conditions = Conditions(prior, prompt)
    wanted, unwanted = conditions.positive(count), conditions.negative(count)
    away = conditions.text("", count) if unwanted is None else unwanted
    times = torch.linspace(FIRST, LAST, steps, device=prior.device)
    noisy = torch.randn(count, *prior.latent_shape, generator=generator).to(prior.device)
    noisy = noisy * prior.level(times[:1])[1]
    for number, time in enumerate(times):
        now = time.expand(count)
        if scale == 1.0:
            noise = prior.predict_noise(noisy, now, wanted)
        else:
            both = prior.predict_noise(noisy.repeat(2, 1, 1, 1), time.expand(2 * count), stack([wanted, away]))
            towards, back = both.chunk(2)
            noise = back + scale * (towards - back)
        clean = prior.clean(noisy, noise, now)
        if number + 1 < steps:
            noisy = prior.add_noise(clean, noise, times[number + 1].expand(count))
    return prior.decode(clean).clamp(0.0, 1.0)
