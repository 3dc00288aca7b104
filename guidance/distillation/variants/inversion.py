"""Variants that follow the denoiser's path over several noise levels."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance.distillation.context import ScoreContext, ScoreGradients
from guidance.distillation.paper_defaults import PaperDefaults, between
from guidance.distillation.variants.registry import published_with
from limn.ranges import Fraction, NonNegative, Scale

Steps = Annotated[int, Field(ge=1, le=1000)]
Stride = Annotated[float, Field(ge=0.01, le=1)]


def ddim_step(context: ScoreContext, noisy: Tensor, noise: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Carries z at times ``start`` to times ``end`` [N] along the noise that was predicted (Song et al. 2020)."""
    alpha, sigma = context.prior.level(end)
    return alpha * context.prior.clean(noisy, noise, start) + sigma * noise


def jump_variance(context: ScoreContext, start: Tensor, end: Tensor) -> Tensor:
    """Variance of z at a cleaner time given z at a noisier one and the clean picture [N, 1, 1, 1] (DDIM's at eta 1)."""
    (alpha, sigma), (alpha_end, sigma_end) = context.prior.level(start), context.prior.level(end)
    added = (sigma_end.square() - (alpha_end / alpha * sigma).square()).clamp_min(0.0)
    return added * (sigma / sigma_end.clamp_min(1e-8)).square()


@published_with(PaperDefaults(7.5, "ism", t_max=between(0.98, 0.5, start=0.0, end=0.3)), finds_noise=True)
def ism(context: ScoreContext, stride: Stride = 0.2, interval: Fraction = 0.05) -> ScoreGradients:
    """Interval score matching, w (e_hat(z_t, prompt) - e(z_s, no text)), both on the path of DDIM's inversion of z.

    Args:
        context: see `ScoreContext`; its times are t.
        stride: of the inversion's steps from 0 to s.
        interval: t - s.

    Source: Liang et al., LucidDreamer, 2023.
    """
    before = (context.times - interval).clamp_min(0.0)
    now = torch.zeros_like(context.times)
    z = context.prior.add_noise(context.latents, torch.zeros_like(context.latents), now)
    while bool((now < before).any()):
        after = torch.minimum(now + stride, before)
        z = ddim_step(context, z, context.predict(z, now, context.null)[0], now, after)
        now = after
    unguided = context.predict(z, before, context.null)[0]
    noisy = ddim_step(context, z, unguided, before, context.times)
    return ScoreGradients(context.weight * (context.guided(noisy, context.times) - unguided))


@published_with(PaperDefaults(7.5, "uniform", between(0.98, 0.25), between(0.98, 0.25)), finds_noise=True)
def sdi(context: ScoreContext, inversion_scale: Scale = -7.5, steps: Steps = 10, eta: Fraction = 0.3) -> ScoreGradients:
    """Score distillation via inversion, w (z - z0_hat(z_t)), z_t from DDIM's inversion of z under the prompt.

    Args:
        context: see `ScoreContext`; its times are t.
        inversion_scale: guidance scale of the inversion.
        steps: of the inversion over the whole schedule.
        eta: randomness of the inversion.

    Source: Lukoianov et al., Score Distillation via Reparametrized DDIM, 2024.
    """
    last = context.times + torch.rand(len(context.times), generator=context.generator).to(context.times) / steps
    last = last.clamp_max(1.0)
    now = torch.zeros_like(last)
    z = context.prior.add_noise(context.latents, torch.zeros_like(context.latents), now)
    while bool((now < last).any()):
        grid = torch.minimum(now + 1.0 / steps, context.times)
        after = torch.where(now < context.times, grid, last)
        noise = context.guided(z, now, inversion_scale)
        z = ddim_step(context, z, noise, now, after)
        z = z + eta * jump_variance(context, now, after).sqrt() * context.draw(*z.shape)
        now = after
    alpha, sigma = context.prior.level(last)
    noisy = context.prior.add_noise(context.latents, (z - alpha * context.latents) / sigma, context.times)
    denoised = context.prior.clean(noisy, context.guided(noisy, context.times), context.times)
    return ScoreGradients(context.weight * (context.latents - denoised))


@published_with(
    PaperDefaults(
        100.0,
        "uniform",
        between(0.98, 0.3, shape="sqrt"),
        between(0.98, 0.3, shape="sqrt"),
    ),
)
def hifa(context: ScoreContext, steps: Steps = 4, pictures: NonNegative = 0.1) -> ScoreGradients:
    """HiFA, w (z - z_hat) on latents and the same on decoded pictures, z_hat denoised from z_t in several steps.

    Args:
        context: see `ScoreContext`.
        steps: of the denoising, by DDIM with full randomness.
        pictures: weight of the pictures' term; 0 leaves it out.

    Source: Zhu et al., HiFA, 2023.
    """
    z = context.noisy
    for left in range(steps, 0, -1):
        now, after = context.times * left / steps, context.times * (left - 1) / steps
        noise = context.guided(z, now)
        z = context.prior.clean(z, noise, now)
        if left > 1:
            alpha, sigma = context.prior.level(after)
            fresh = jump_variance(context, after, now)
            kept = (sigma.square() - fresh).clamp_min(0.0).sqrt()
            z = alpha * z + kept * noise + fresh.sqrt() * context.draw(*z.shape)
    gradient = context.weight * (context.latents - z)
    if pictures == 0.0:
        return ScoreGradients(gradient)
    return ScoreGradients(gradient, pictures * context.weight * (context.pictures - context.prior.decode(z)))
