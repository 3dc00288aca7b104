"""Variants that use a single noise level with random noise."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.distillation.condition import Condition, stack
from guidance.distillation.context import ScoreContext, ScoreGradients
from guidance.distillation.paper_defaults import PaperDefaults, between
from guidance.distillation.variants.registry import published_with
from limn.ranges import Fraction, NonNegative, Scale
from limn.schedule import constant

BAD = "unrealistic, blurry, low quality, out of focus, ugly, low contrast, dull, dark, low-resolution, gloomy"
"""NFSD's description of pictures off the manifold."""

BRIDGE_TO = ", detailed high resolution, high quality, sharp"
BRIDGE_FROM = ", oversaturated, smooth, pixelated, cartoon, foggy, hazy, blurry, bad structure, noisy, malformed"


@published_with(PaperDefaults(100.0))
def sds(context: ScoreContext) -> ScoreGradients:
    """Score distillation sampling, w (e_hat - e).

    Source: Poole et al., DreamFusion, 2022.
    """
    return ScoreGradients(context.weight * (context.guided(context.noisy, context.times) - context.noise))


@published_with(PaperDefaults(100.0, "uniform", constant(0.01), constant(0.97)))
def sjc(context: ScoreContext, variance_reduction: bool = True) -> ScoreGradients:
    """Score Jacobian chaining, -w (D(z + s e) - z) / s with s = sigma / alpha.

    Args:
        context: see `ScoreContext`.
        variance_reduction: subtract z, as above, else z + s e, whose difference has mean 0.

    Source: Wang et al., Score Jacobian Chaining, 2022.
    """
    noisy = context.noisy
    alpha, sigma = context.prior.level(context.times)
    denoised = context.prior.clean(noisy, context.guided(noisy, context.times), context.times)
    start = context.latents if variance_reduction else noisy / alpha
    return ScoreGradients(-context.weight * (denoised - start) * alpha / sigma)


@published_with(PaperDefaults(1.0))
def csd(context: ScoreContext, negative: NonNegative = 1.0) -> ScoreGradients:
    """Classifier score distillation, w s (e_c - e_u), with a negative prompt + w s n (e_u - e_neg).

    Args:
        context: see `ScoreContext`; e_u is that of no text.
        negative: how much the negative prompt counts (n), where there is one.

    Source: Yu et al., Text-to-3D with Classifier Score Distillation, 2023.
    """
    conditions = [context.prompt, context.null]
    if context.negative is not None and negative:
        conditions.append(context.negative)
    towards, null, *away = context.predict(context.noisy, context.times, *conditions)
    direction = towards - null
    if away:
        direction = direction + negative * (null - away[0])
    return ScoreGradients(context.weight * context.scale * direction)


@published_with(PaperDefaults(7.5))
def nfsd(context: ScoreContext, threshold: Fraction = 0.2) -> ScoreGradients:
    """Noise-free score distillation, w (s (e_c - e_u) + d), d = e_u at times below the threshold, else e_u - e_neg.

    Args:
        context: see `ScoreContext`; its negative prompt, or a description of bad pictures, gives e_neg.
        threshold: a time in 0..1.

    Source: Katzir et al., Noise-Free Score Distillation, 2023.
    """
    bad = context.texts(BAD) if context.negative is None else context.negative
    towards, null, away = context.predict(context.noisy, context.times, context.prompt, context.null, bad)
    late = (context.times >= threshold).view(-1, 1, 1, 1)
    domain = null - torch.where(late, away, torch.zeros_like(away))
    return ScoreGradients(context.weight * (context.scale * (towards - null) + domain))


@published_with(PaperDefaults(100.0))
def perp_neg(context: ScoreContext) -> ScoreGradients:
    """SDS whose guidance is kept away from other prompts without losing the prompt itself: w (e_hat - e).

    e_hat = e_u + s (d + sum of w_i times the part of d_i perpendicular to d), d = e_c - e_u, d_i = e_i - e_u, w_i < 0.

    Source: Armandpour et al., Re-imagine the Negative Prompt Algorithm, 2023.
    """
    noisy = context.noisy
    conditions: list[Condition] = [condition for condition, _ in context.repelled]
    towards, null, *others = context.predict(noisy, context.times, context.prompt, context.null, *conditions)
    main = towards - null
    guidance = main
    for other, (_, strength) in zip(others, context.repelled, strict=True):
        guidance = guidance + strength.view(-1, 1, 1, 1) * perpendicular(other - null, main)
    return ScoreGradients(context.weight * (null + context.scale * guidance - context.noise))


def perpendicular(vector: Tensor, axis: Tensor) -> Tensor:
    """The part of each row's vector at right angles to its axis [N, C, h, w]."""
    dot = (vector * axis).flatten(1).sum(dim=1)
    square = axis.flatten(1).square().sum(dim=1).clamp_min(torch.finfo(axis.dtype).tiny)
    return vector - (dot / square).view(-1, 1, 1, 1) * axis


@published_with(PaperDefaults(30.0))
def bridge(context: ScoreContext, warm_up: Fraction = 0.5, first_scale: Scale = 100.0) -> ScoreGradients:
    """A bridge from flawed pictures to good ones, w s (e(prompt, good) - e(prompt, flawed)), after a start by SDS.

    Args:
        context: see `ScoreContext`; its negative prompt replaces the flaws.
        warm_up: fraction of the run that SDS does, 0..1.
        first_scale: SDS's guidance scale.

    Source: McAllister et al., Rethinking Score Distillation as a Bridge Between Image Distributions, 2024.
    """
    if context.progress < warm_up:
        guided = context.guided(context.noisy, context.times, first_scale)
        return ScoreGradients(context.weight * (guided - context.noise))
    flawed = context.positive(BRIDGE_FROM) if context.negative is None else context.negative
    good, bad = context.predict(context.noisy, context.times, context.positive(BRIDGE_TO), flawed)
    return ScoreGradients(context.weight * context.scale * (good - bad))


@published_with(PaperDefaults(7.5, "uniform", constant(0.05), constant(0.95)))
def dds(context: ScoreContext) -> ScoreGradients:
    """Delta denoising score, w (e_hat(z_t, prompt) - e_hat(source_t, source prompt)) under the same noise.

    Source: Hertz et al., Delta Denoising Score, 2023.
    """
    source = context.source
    assert source is not None
    before = context.prior.add_noise(source.latents, context.noise, context.times)
    noisy, conditions = [context.noisy, before], [context.prompt, source.condition]
    if context.scale != 1.0:  # else what guidance leads away from cancels
        noisy, conditions = noisy * 2, [*conditions, context.away, context.away]
    noise = context.prior.predict_noise(torch.cat(noisy), context.times.repeat(len(noisy)), stack(conditions))
    now, was, *away = noise.chunk(len(noisy))
    guided = context.scale * (now - was)
    if away:
        guided = guided + (1.0 - context.scale) * (away[0] - away[1])
    return ScoreGradients(context.weight * guided)


@published_with(PaperDefaults(7.5, t_max=between(0.98, 0.5, start=0.2, end=0.2)))
def vsd(context: ScoreContext) -> ScoreGradients:
    """Variational score distillation, w (e_hat - e_phi), e_phi the noise of what is being optimised.

    The critic that knows e_phi learns one step after this.

    Source: Wang et al., ProlificDreamer, 2023.
    """
    assert context.critic is not None
    noisy = context.noisy
    guided = context.guided(noisy, context.times)
    own = context.critic(noisy, context.times, context.prompt, context.latents, context.cameras)
    return ScoreGradients(context.weight * (guided - own))
