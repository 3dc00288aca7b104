"""OneStep: a pipeline that makes pictures of noise in a single step, differentiably."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import torch
from torch import Tensor

from guidance.distillation.condition import stack
from guidance.distillation.diffusion.prior import PipelinePrior
from guidance.distillation.prompts import Conditions
from guidance.prompt import Prompt
from limn.errors import InputError

logger = logging.getLogger("limn")


class OneStep:
    """What a pipeline of diffusers makes of noise with ``num_inference_steps=1``, by its own scheduler.

    Args:
        prior: of a model that was distilled for one step, such as SD-Turbo.
        prompt: what the pictures show; negative phrases count where ``scale`` is above 1.
        shape: height and width of pictures in any unit; the longer side is as long as the prior's.
        timestep: at which the model takes noise for granted, 0..999; the scheduler's own unless given.
        scale: guidance scale as the pipeline takes it; the prior's own unless given.

    Raises:
        InputError: the pipeline draws in stages, its scheduler has no such timestep, or it starts one step where there
            is hardly noise, as those of models for many steps do.

    Source: Sauer et al., Adversarial Diffusion Distillation, 2023 (SD-Turbo); Luo et al., Latent Consistency Models,
    2023; Ren et al., Hyper-SD, 2024; Yin et al., One-step Diffusion with Distribution Matching Distillation, 2023.
    """

    def __init__(
        self,
        prior: PipelinePrior,
        prompt: Prompt,
        shape: tuple[int, int] = (1, 1),
        timestep: int | None = None,
        scale: float | None = None,
    ) -> None:
        if prior.family.one_step is None:
            raise InputError(f"generator {prior.name!r} draws in stages; expected a model that draws in one step")
        self.prior, self.device = prior, prior.device
        longest, patch = max(prior.latent_shape[1:]), prior.family.patch
        height, width = (max(1, round(longest * side / max(shape) / patch)) * patch for side in shape)
        self.noise_shape = prior.latent_shape[0], height, width
        self._timestep, self._scale = timestep, prior.family.one_step_scale if scale is None else scale
        self._wanted, self._unwanted = self._conditions(prompt)
        self._step = prior.scheduler.step
        taken = inspect.signature(self._step).parameters
        self._settings: dict[str, Any] = {"eta": 0.0} if "eta" in taken else {}
        self._draws = "generator" in taken
        self._check(self._start())
        if prior.vae is not None:  # else pictures are small, and memory is no concern
            prior.model.enable_gradient_checkpointing()
            prior.vae.enable_gradient_checkpointing()
            prior.vae.enable_slicing()

    def latents(self, noise: Tensor) -> Tensor:
        """The latents that the step ends with [N, C, h, w], of standard normal noise [N, C, h, w]."""
        scheduler, time = self.prior.scheduler, self._start()
        noisy = noise * getattr(scheduler, "init_noise_sigma", 1.0)
        seen = scheduler.scale_model_input(noisy, time) if hasattr(scheduler, "scale_model_input") else noisy
        predicted = self._predict(seen, time.to(self.device).expand(len(noise)))
        if self._draws:  # what it draws it multiplies by nothing, or next to nothing
            self._settings["generator"] = torch.Generator().manual_seed(0)
        found = self._step(predicted, time, noisy, **self._settings, return_dict=False)
        latents: Tensor = found[self.prior.family.one_step or 0]
        return latents

    def pictures(self, latents: Tensor) -> Tensor:
        """The pictures [N, 3, H, W] in 0..1 of latents [N, C, h, w]."""
        return self.prior.decode(latents).clamp(0.0, 1.0)

    def _start(self) -> Tensor:
        """Sets the scheduler to its only step, and says where that starts."""
        scheduler = self.prior.scheduler
        given: dict[str, Any] = {"num_inference_steps": 1}
        if self._timestep is not None:
            if "timesteps" not in inspect.signature(scheduler.set_timesteps).parameters:
                raise InputError(
                    f"generator {self.prior.name!r}: its scheduler {type(scheduler).__name__} takes no timestep; "
                    "expected LCMScheduler, TCDScheduler, DDPMScheduler or another that does in its folder"
                )
            given = {"timesteps": [self._timestep]}
        if scheduler.config.get("use_dynamic_shifting"):
            given["mu"] = 0.0  # all noise stays all noise, however it is shifted
        scheduler.set_timesteps(**given)
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(0)
        time: Tensor = scheduler.timesteps[0]
        return time

    def _check(self, time: Tensor) -> None:
        total = self.prior.scheduler.config["num_train_timesteps"]
        if self._timestep is None and 2 * float(time) < total:
            raise InputError(
                f"generator {self.prior.name!r} starts one step at timestep {float(time):g} of {total}, where there is "
                "hardly noise: it was made for many steps; expected a model made for one, such as stabilityai/sd-turbo"
            )

    def _conditions(self, prompt: Prompt) -> tuple[dict[str, Tensor], dict[str, Tensor] | None]:
        """What the model is told, and what it is told to be led away from, one row each."""
        found = Conditions(self.prior, prompt)
        wanted, unwanted = found.positive(1), found.negative(1)
        told = self.prior.with_scale(wanted, self._scale)
        guided = told is None and self._scale > 1.0
        if unwanted is not None and not guided:
            logger.warning("generator %s is not guided: phrases with a negative weight say nothing", self.prior.name)
        if not guided:
            return told or wanted, None
        return wanted, found.text("", 1) if unwanted is None else unwanted

    def _predict(self, noisy: Tensor, times: Tensor) -> Tensor:
        rows = [condition for condition in (self._wanted, self._unwanted) if condition is not None]
        told = stack([row for row in rows for _ in range(len(noisy))])
        output = self.prior.predict(noisy.repeat(len(rows), 1, 1, 1), times.repeat(len(rows)), told)
        if self._unwanted is None:
            return output
        towards, away = output.chunk(2)
        return away + self._scale * (towards - away)
