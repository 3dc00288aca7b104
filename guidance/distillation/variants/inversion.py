"""Variants that walk along the denoiser's path instead of looking at one noise level."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.distillation.context import ScoreContext, ScoreGradients
from guidance.distillation.paper_defaults import PaperDefaults, between
from guidance.distillation.variants.registry import register_variant


def ddim_step(query: ScoreContext, noisy: Tensor, noise: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Carries z at times ``start`` to times ``end`` [N] along the noise that was predicted (Song et al. 2020)."""
    alpha, sigma = query.prior.level(end)
    return alpha * query.prior.clean(noisy, noise, start) + sigma * noise


def jump_variance(query: ScoreContext, start: Tensor, end: Tensor) -> Tensor:
    """Variance of z at a cleaner time given z at a noisier one and the clean picture [N, 1, 1, 1] (DDIM's at eta 1)."""
    (alpha, sigma), (alpha_end, sigma_end) = query.prior.level(start), query.prior.level(end)
    added = (sigma_end.square() - (alpha_end / alpha * sigma).square()).clamp_min(0.0)
    return added * (sigma / sigma_end.clamp_min(1e-8)).square()


@register_variant("ism", PaperDefaults(7.5, "ism", t_max=between(0.98, 0.5, start=0.0, end=0.3)))
def ism(query: ScoreContext, stride: float = 0.2, interval: float = 0.05) -> ScoreGradients:
    """Interval score matching, w (e_hat(z_t, prompt) - e(z_s, no text)), both on the path of DDIM's inversion of z.

    Args:
        query: what is asked; its times are t.
        stride: of the inversion's steps from 0 to s.
        interval: t - s.

    Source: Liang et al., LucidDreamer, 2023.
    """
    before = (query.times - interval).clamp_min(0.0)
    now = torch.zeros_like(query.times)
    z = query.prior.add_noise(query.latents, torch.zeros_like(query.latents), now)
    while bool((now < before).any()):
        after = torch.minimum(now + stride, before)
        z = ddim_step(query, z, query.predict(z, now, query.null)[0], now, after)
        now = after
    unguided = query.predict(z, before, query.null)[0]
    noisy = ddim_step(query, z, unguided, before, query.times)
    return ScoreGradients(query.weight * (query.guided(noisy, query.times) - unguided))


@register_variant("sdi", PaperDefaults(7.5, "uniform", between(0.98, 0.25), between(0.98, 0.25)))
def sdi(query: ScoreContext, inversion_scale: float = -7.5, steps: int = 10, eta: float = 0.3) -> ScoreGradients:
    """Score distillation via inversion, w (z - z0_hat(z_t)), z_t from DDIM's inversion of z under the prompt.

    Args:
        query: what is asked; its times are t.
        inversion_scale: guidance scale of the inversion.
        steps: of the inversion over the whole schedule.
        eta: randomness of the inversion.

    Source: Lukoianov et al., Score Distillation via Reparametrized DDIM, 2024.
    """
    last = query.times + torch.rand(len(query.times), generator=query.generator).to(query.times) / steps
    last = last.clamp_max(1.0)
    now = torch.zeros_like(last)
    z = query.prior.add_noise(query.latents, torch.zeros_like(query.latents), now)
    while bool((now < last).any()):
        grid = torch.minimum(now + 1.0 / steps, query.times)
        after = torch.where(now < query.times, grid, last)
        noise = query.guided(z, now, inversion_scale)
        z = ddim_step(query, z, noise, now, after)
        z = z + eta * jump_variance(query, now, after).sqrt() * query.draw(*z.shape)
        now = after
    alpha, sigma = query.prior.level(last)
    noisy = query.prior.add_noise(query.latents, (z - alpha * query.latents) / sigma, query.times)
    denoised = query.prior.clean(noisy, query.guided(noisy, query.times), query.times)
    return ScoreGradients(query.weight * (query.latents - denoised))


@register_variant(
    "hifa",
    PaperDefaults(
        100.0,
        "uniform",
        between(0.98, 0.3, shape="sqrt"),
        between(0.98, 0.3, shape="sqrt"),
    ),
)
def hifa(query: ScoreContext, steps: int = 4, pictures: float = 0.1) -> ScoreGradients:
    """HiFA, w (z - z_hat) on latents and the same on decoded pictures, z_hat denoised from z_t in several steps.

    Args:
        query: what is asked.
        steps: of the denoising, by DDIM with full randomness.
        pictures: weight of the pictures' term; 0 leaves it out.

    Source: Zhu et al., HiFA, 2023.
    """
    z = query.noisy
    for left in range(steps, 0, -1):
        now, after = query.times * left / steps, query.times * (left - 1) / steps
        noise = query.guided(z, now)
        z = query.prior.clean(z, noise, now)
        if left > 1:
            alpha, sigma = query.prior.level(after)
            fresh = jump_variance(query, after, now)
            kept = (sigma.square() - fresh).clamp_min(0.0).sqrt()
            z = alpha * z + kept * noise + fresh.sqrt() * query.draw(*z.shape)
    gradient = query.weight * (query.latents - z)
    if pictures == 0.0:
        return ScoreGradients(gradient)
    return ScoreGradients(gradient, pictures * query.weight * (query.pictures - query.prior.decode(z)))
