"""optimise_noise: the noise from which a one-step generator makes a picture is optimised (ReNO, Eyring et al. 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

import torch
from pydantic import Field, model_validator

from guidance import Prompt, Step
from guidance.distillation import load_prior
from guidance.distillation.diffusion.one_step import OneStep
from guidance.distillation.diffusion.prior import PipelinePrior
from limn.errors import InputError
from limn.ranges import InputSize, Scale, Steps
from pipelines.config.names import PriorName
from pipelines.config.preset import PresetConfig, Terms
from pipelines.config.prompts import PromptText, Templates
from pipelines.config.terms import term_model
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.generated import GeneratedImage

USUAL: dict[str, Any] = {"loss": "chi_norm", "weight": 0.01}
"""The term that every run has, unless it has one of its own."""


class OptimiseNoiseConfig(PresetConfig):
    """Settings of noise that is optimised."""

    main: ClassVar[str] = "prompt"

    prompt: PromptText
    """What the generator is told, and what losses of words look for."""
    templates: Templates = ("{}",)
    """Sentences that the phrases are put into; their embeddings are averaged."""
    generator: PriorName = "pocket"
    """What draws in one step: ``pocket``, ``local-dir:<folder>`` with a diffusers pipeline, or one on the hub, such as
    ``stabilityai/sd-turbo``."""
    generator_size: InputSize | None = None
    """Longer side of what it draws, in pixels; its own unless given."""
    timestep: Annotated[int, Field(ge=0, le=999)] | None = None
    """Where its only step starts; as its scheduler says unless given. Hyper-SD takes 800, PixArt-DMD 400."""
    guidance_scale: Scale | None = None
    """As its pipeline takes it; 0 unless given, 2 for ``pocket``, 8.5 for latent consistency models."""
    decoded: bool = True
    """Whether losses see pictures; otherwise latents, for an encoder or a prior of these, and a rough preview."""
    steps: Steps = 50
    """Steps of optimisation."""
    eval_every: Steps = 1
    """Steps between evaluations: the result is the best of all states that were seen."""

    @property
    def priors(self) -> dict[str, str]:
        """The generator reads the prompt."""
        return {"generator": self.generator}

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated."""
        return {"clip": {"loss": "text_similarity"}, "noise": USUAL}

    @model_validator(mode="after")
    def _keep_noise_usual(self) -> Self:
        if not any(term.loss == USUAL["loss"] for term in self.losses.values()):
            name = "noise" if "noise" not in self.losses else USUAL["loss"]
            self.losses[name] = term_model(USUAL["loss"]).model_validate(USUAL)
        return self


def optimise_noise(config: OptimiseNoiseConfig) -> Task:
    """Optimises the noise of a generator that draws in one step (ReNO)."""
    prompt = Prompt.parse(config.prompt, config.templates)
    options: dict[str, Any] = {} if config.generator_size is None else {"size": config.generator_size}
    prior = load_prior(config.generator, str(config.torch_device()), config.precision, **options)
    if not isinstance(prior, PipelinePrior):
        raise InputError(
            f"generator {config.generator!r} is no diffusion model; expected pocket, OWNER/MODEL or local-dir:FOLDER"
        )
    generator = OneStep(prior, prompt, config.shape(), config.timestep, config.guidance_scale)
    draws = Step(0, 1, config.seed).generator("noise")
    noise = torch.randn(config.best_of, *generator.noise_shape, generator=draws)
    renderer = GeneratedImage(generator, noise, config.shape(), config.decoded)
    return Task(renderer, lambda: build_objective(config, prompt=prompt))
