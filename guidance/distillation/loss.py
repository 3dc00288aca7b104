"""Distillation: score distillation by a denoiser."""

from __future__ import annotations

import inspect
import logging
from dataclasses import replace
from typing import Annotated, cast

import torch
import torch.nn.functional as F
from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, WithJsonSchema
from torch import Tensor

from guidance.compute import Compute
from guidance.distillation.auto import AUTO, choose
from guidance.distillation.condition import Condition
from guidance.distillation.context import ScoreContext, ScoreGradients, Source
from guidance.distillation.critic import Critic
from guidance.distillation.exemplars.models import ModelLibraries
from guidance.distillation.gradient import Reduction, specify_gradient
from guidance.distillation.load import load_prior
from guidance.distillation.noise import Noise
from guidance.distillation.prior import Prior
from guidance.distillation.prompts import Conditions
from guidance.distillation.reward import Judge, Reward
from guidance.distillation.variants import VARIANTS, defaults_of, finds_noise
from guidance.distillation.weighting import Weighting, weigh
from guidance.loss import Loss
from guidance.prompt import Prompt
from guidance.target import Target
from guidance.views import Viewpoints, view_weights
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import Rate, Scale
from limn.schedule import Schedule, constant, within
from limn.settings import checked
from limn.step import Step

logger = logging.getLogger("limn")

Time = Annotated[float | Schedule | None, within(0, 1)]

NoiseSource = Annotated[Noise, BeforeValidator(lambda v: {"source": v} if isinstance(v, str) else v)]
"""In a config the name of a source is enough: ``noise: surface``."""

EVAL_LEVELS = 4
"""Noise levels of the eval loss."""


def _known(variant: str) -> str:
    VARIANTS.find(variant)
    return variant


class Distillation(Loss):
    """Score distillation: pictures move towards what a denoiser expects of the prompt.

    While training, the value is half the squared gradient on the latents and says little about the pictures. The eval
    loss is the error of the predicted noise at fixed noise levels, with the prompt and without guidance (Diffusion
    Classifier, Li et al. 2023); lower is better. Learned priors predict the noise of flat pictures well, whatever the
    words; so for them the difference to the error without words is added, which makes about -log p(picture | words)
    - log p(words | picture). For an edit, the eval loss is the difference to the error with the source prompt alone.

    Args:
        prompt: what the pictures should show, without stops; negative phrases are the negative prompt.
        target: what an edit (``dds``) starts from: a picture, or one for each view.
        prior: ``exemplars``, ``exemplars:solids``, ``exemplars:<folder>`` of pictures or models, ``pocket``,
            ``local-dir:<folder>`` with a diffusers pipeline, or one on the hub ("org/name"); ``auto`` chooses
            ``exemplars`` or ``pocket`` by the words.
        variant: how the denoiser is distilled: sds, sjc, vsd, csd, nfsd, ism, dds, sdi, hifa, perp_neg, bridge.
        guidance_scale: scale s of e_u + s (e_c - e_u); that of the variant's paper, or what suits the prior, unless
            given.
        t_min: smallest time that is drawn, 0 (clean) to 1 (noise), a number or a schedule; as ``guidance_scale``.
        t_max: greatest time; as ``guidance_scale``.
        weighting: of the noise levels: sds, uniform, fantasia3d, ism; as ``guidance_scale``.
        reduction: ``sum`` over the latents' elements as in DreamFusion, or ``mean``, whose weights do not depend on
            the prior's size.
        samples: noise levels at which every picture is looked at in a step, each with its own noise; what suits the
            prior, or 1, unless given.
        negative: what the pictures should not show.
        source_prompt: what the target shows (``dds``).
        view_prompts: put "front view" and the like behind the prompt, as the camera stands.
        noise: where the noise comes from: ``random``, ``fixed`` or ``surface``, or a mapping with its settings.
        reward: draw several noises and follow those that a judge likes best.
        options: further settings of the variant.
        prior_options: further settings of the prior.
        critic_rank: rank of the adapter that ``vsd`` trains.
        critic_rate: its learning rate.
        models: opens libraries of models, for a prior such as ``exemplars:solids``.
        compute: where and how precisely the prior computes.

    Raises:
        InputError: an unknown prior, variant or option, one that does not go with the variant, or a prior that cannot
            be loaded.
    """

    def __init__(
        self,
        prompt: Prompt,
        target: Target | None = None,
        prior: Annotated[str | Prior, WithJsonSchema({"type": "string"})] = AUTO,
        variant: Annotated[str, AfterValidator(_known)] = "sds",
        guidance_scale: Scale | None = None,
        t_min: Time = None,
        t_max: Time = None,
        weighting: Weighting | None = None,
        reduction: Reduction = "mean",
        samples: Annotated[int, Field(ge=1, le=256)] | None = None,
        negative: str = "",
        source_prompt: str = "",
        view_prompts: bool = False,
        noise: NoiseSource | None = None,
        reward: Reward | None = None,
        options: dict[str, JsonValue] | None = None,
        prior_options: dict[str, JsonValue] | None = None,
        critic_rank: Annotated[int, Field(ge=1, le=512)] = 4,
        critic_rate: Rate = 1e-4,
        models: ModelLibraries | None = None,
        compute: Compute | None = None,
    ) -> None:
        super().__init__()
        wanted = prompt.without_stops("distillation").wanted("distillation")
        self.variant = VARIANTS.find(variant)
        context = next(iter(inspect.signature(self.variant).parameters))
        self.options = checked(self.variant, options or {}, f"options of variant {variant!r}", [context])
        compute = compute or Compute()
        if prior == AUTO:
            prior, why = choose(*(phrase.text for phrase in wanted))
            logger.info("prior auto: %s, as %s", prior, why)
        if isinstance(prior, str):
            prior = load_prior(prior, compute.device, compute.precision, models, **(prior_options or {}))
        self.prior = prior
        defaults = self.prior.recommended or defaults_of(self.variant)
        self.guidance_scale = defaults.scale if guidance_scale is None else guidance_scale
        self.t_min = _scheduled(t_min, defaults.t_min)
        self.t_max = _scheduled(t_max, defaults.t_max)
        self.weighting: Weighting = weighting or defaults.weighting
        self.reduction: Reduction = reduction
        self.samples = defaults.samples if samples is None else samples
        self.view_prompts = view_prompts
        self.conditions = Conditions(self.prior, prompt, negative)
        self.critic: Critic | None = self.prior.critic(critic_rank, critic_rate) if variant == "vsd" else None
        if variant == "dds" and target is None:
            raise InputError("distillation: variant 'dds' edits a picture; give the one to start from: target: ...")
        if finds_noise(self.variant) and (reward is not None or noise not in (None, Noise())):
            raise InputError(f"distillation: variant {variant!r} finds its noise itself; leave out noise and reward")
        self.noise = noise or Noise()
        self.judge = None if reward is None else Judge(reward, prompt, compute)
        self._target = target if variant == "dds" else None
        self._source_prompt = source_prompt
        self._source_latents: Tensor | None = None

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene has no cameras or depth, where they are needed, or latents of another shape.
        """
        fitted = self.prior.fit(frames.rgb.flatten(0, 1).to(self.prior.device))
        latents = self.prior.encode(fitted) if frames.latents is None else self._given(frames.latents)
        if step.training:
            values = self._distilled(frames, step, fitted, latents)
        else:
            values = self._eval_loss(frames, step, fitted, latents)
        return values.view(frames.candidates, -1).mean(dim=1).to(frames.rgb.device)

    def _distilled(self, frames: Frames, step: Step, fitted: Tensor, latents: Tensor) -> Tensor:
        generator = step.generator("distillation")
        first, last = self.t_min.at(step.progress), self.t_max.at(step.progress)
        times = first + (last - first) * torch.rand(len(latents) * self.samples, generator=generator)
        noises = 1 if self.judge is None else self.judge.reward.candidates
        with torch.no_grad():
            noise = self.noise.draw(_whole(frames), step, latents.shape[1:], self.samples * noises, generator)
            context = self._context(frames, step, fitted, latents, _each(times, noises), noise, generator)
            factors = None
            if self.judge is not None:
                rows, factors = self.judge.choose(context)
                context = self._context(
                    frames, step, fitted, latents, context.times[rows], context.noise[rows], generator
                )
            found: ScoreGradients = self.variant(context, **self.options)
            if self.critic is not None:
                with torch.enable_grad():
                    self.critic.learn(context.latents, context.prompt, context.cameras, generator)
        values = specify_gradient(latents, self._mean(found.latents, factors), self.reduction)
        if found.pictures is not None and frames.latents is None:
            values = values + specify_gradient(fitted, self._mean(found.pictures, factors), self.reduction)
        return values

    @torch.no_grad()
    def _eval_loss(self, frames: Frames, step: Step, fitted: Tensor, latents: Tensor) -> Tensor:
        generator = Step(0, 1).generator("judgement")
        low, high = sorted((self.t_min.at(1.0), self.t_max.at(0.0)))
        errors = []
        for number in range(EVAL_LEVELS):
            times = torch.full((len(latents),), low + (high - low) * (number + 0.5) / EVAL_LEVELS)
            noise = torch.randn((1, *latents.shape[1:]), generator=generator).expand_as(latents)
            context = self._context(frames, step, fitted, latents, times, noise, generator)
            conditions = [context.prompt]
            if context.source is not None:
                conditions.append(context.source.condition)
            elif not self.prior.conditional_error_ranks:
                conditions.append(context.null)
            predicted = context.predict(context.noisy, context.times, *conditions)
            squares = [(noise - context.noise).square() for noise in predicted]
            gain = squares[0] - squares[1] if len(squares) > 1 else 0.0
            error = gain if context.source is not None else squares[0] + gain
            errors.append((context.weight * error).flatten(1).mean(dim=1))
        return torch.stack(errors).mean(dim=0)

    def _context(
        self,
        frames: Frames,
        step: Step,
        fitted: Tensor,
        latents: Tensor,
        times: Tensor,
        noise: Tensor,
        generator: torch.Generator,
    ) -> ScoreContext:
        """Of a whole number of looks at each picture, with times and noise of each look."""
        count = len(times)
        samples = count // len(latents)
        times, noise = times.to(latents), noise.to(latents)
        azimuth, elevation, cameras, clip, background = (
            (None,) * 5 if frames.cameras is None else _viewpoints(_whole(frames), samples)
        )
        if self.view_prompts and (azimuth is None or elevation is None):
            raise InputError("distillation: view_prompts needs a renderer with cameras")
        views = view_weights(azimuth, elevation) if self.view_prompts else None  # type: ignore[arg-type]
        angles = (azimuth, elevation) if self.view_prompts else (None, None)

        def seen(condition: Condition) -> Condition:
            if cameras is None or clip is None:
                return condition
            return self.prior.seen_from(condition, cameras.view(-1, 4, 4), clip, background)

        source = None
        if self._target is not None:
            rows = self._latents_of(self._target, frames, step)
            rows = rows.expand(count, -1, -1, -1) if len(rows) == 1 else _each(rows, count // len(rows))
            source = Source(rows, seen(self.conditions.text(self._source_prompt, count)))
        unwanted = self.conditions.negative(count)
        return ScoreContext(
            self.prior,
            _each(latents.detach(), samples),
            _each(fitted.detach(), samples),
            times,
            noise,
            lambda text: seen(self.conditions.text(text, count)),
            lambda suffix: seen(self.conditions.positive(count, suffix, views)),
            self.guidance_scale,
            weigh(*self.prior.level(times), self.weighting),
            generator,
            None if unwanted is None else seen(unwanted),
            step.progress,
            [(seen(condition), weight) for condition, weight in self.conditions.repelled(*angles, count)],
            source,
            self.critic,
            cameras,
        )

    @torch.no_grad()
    def _latents_of(self, target: Target, frames: Frames, step: Step) -> Tensor:
        """Latents of the target, one row for a fixed one, else one for every view of every candidate."""
        if self._source_latents is not None:
            return self._source_latents
        rgb = target.frames(frames, step).rgb
        rgb = rgb.flatten(0, 1) if target.fixed else rgb.expand(*frames.rgb.shape[:2], -1, -1, -1).flatten(0, 1)
        latents = self.prior.encode(self.prior.fit(rgb.to(self.prior.device)))
        if target.fixed:
            self._source_latents = latents
        return latents

    def _given(self, latents: Tensor) -> Tensor:
        """Latents [N, C, h, w] of a scene that has them [S, V, C, h, w]."""
        found, wanted = list(latents.shape[2:]), list(self.prior.latent_shape)
        if found != wanted:
            raise InputError(f"distillation: the scene has latents {found}; prior {self.prior.name!r} needs {wanted}")
        return latents.flatten(0, 1).to(self.prior.device)

    def _mean(self, gradient: Tensor, factors: Tensor | None) -> Tensor:
        """The mean over samples [P, ...] of gradients [P * samples * J, ...]; J rows are added up by their factors."""
        shape = gradient.shape[1:]
        if factors is not None:
            shares = factors.to(gradient).view(*factors.shape, *[1] * len(shape))
            gradient = (gradient.view(*factors.shape, *shape) * shares).sum(dim=1)
        return gradient.view(-1, self.samples, *shape).mean(dim=1)


def _whole(frames: Frames) -> Frames:
    """The frames in squares, as priors see them: alpha, depth and cameras."""
    height, width = frames.rgb.shape[-2:]
    if frames.cameras is None or height == width:
        return frames
    longer = max(height, width)
    left, top = (longer - width) // 2, (longer - height) // 2
    pads = (left, longer - width - left, top, longer - height - top)
    depth = None if frames.depth is None else F.pad(frames.depth, pads)
    return replace(
        frames, cameras=frames.cameras.enclosing((height, width)), alpha=F.pad(frames.alpha, pads), depth=depth
    )


def _viewpoints(frames: Frames, samples: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
    """Azimuth [N], elevation [N], camera-to-world [N, 16], world-to-clip [N, 4, 4] and background of every look."""
    cameras = cast(Viewpoints, frames.cameras)
    shape = frames.rgb.shape[:2]
    angles = (value.expand(shape).flatten() for value in (cameras.azimuth, cameras.elevation))
    placed, clip = (m.expand(*shape, 4, 4).flatten(0, 1) for m in (cameras.camera_to_world, cameras.world_to_clip))
    azimuth, elevation, matrices, clip = (_each(v, samples) for v in (*angles, placed.flatten(1), clip))
    behind = cameras.background
    if behind is not None:
        behind = _each(behind.expand(shape[0], *behind.shape).flatten(0, 1), samples)
    return azimuth, elevation, matrices, clip, behind


def _each(rows: Tensor, samples: int) -> Tensor:
    """Repeats every row [N, ...] to [N * samples, ...]; faster than ``repeat_interleave``."""
    return rows[:, None].expand(-1, samples, *rows.shape[1:]).flatten(0, 1)


def _scheduled(value: float | Schedule | None, default: Schedule) -> Schedule:
    if value is None:
        return default
    return value if isinstance(value, Schedule) else constant(value)
