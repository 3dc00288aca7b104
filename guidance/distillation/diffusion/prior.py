"""PipelinePrior: a frozen text-to-image pipeline of diffusers as a prior."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.critic import Critic
from guidance.distillation.diffusion.families import Family
from guidance.distillation.diffusion.levels import levels_of
from guidance.distillation.diffusion.lora import LoraCritic
from guidance.distillation.prior import Prior
from limn.cache import cached


class PipelinePrior(Prior):
    """Any pipeline of a known family: on pixels or latents, predicting noise, v, clean latents or flow.

    Text encoders stay on the CPU, as every text is embedded once. Latents are the mean of the VAE's posterior.

    Args:
        pipeline: of diffusers, its weights in ``dtype``.
        family: how it is used.
        name: for messages.
        device: of denoiser and VAE.
        dtype: of their activations.
        size: height and width of pictures in pixels; the pipeline's own by default.
    """

    def __init__(
        self, pipeline: Any, family: Family, name: str, device: str, dtype: torch.dtype, size: int | None = None
    ) -> None:
        self.name, self.device, self.dtype = name, torch.device(device), dtype
        self.model = getattr(pipeline, family.denoiser).to(self.device).eval().requires_grad_(False)
        vae = getattr(pipeline, "vae", None)
        self.vae = None if vae is None else vae.to(self.device).eval().requires_grad_(False)
        shrinks = 1 if self.vae is None else 2 ** (len(self.vae.config.block_out_channels) - 1)
        side = size or shrinks * (self.model.config.get("sample_size") or getattr(pipeline, "default_sample_size", 64))
        self.size = (side, side)
        self._channels = 3 if self.vae is None else self.vae.config.latent_channels
        self.latent_shape = self._channels, side // shrinks, side // shrinks
        self._levels = levels_of(pipeline.scheduler, (side // shrinks // family.patch) ** 2, self.device)
        self.scheduler, self.family = pipeline.scheduler, family
        self._pipeline = pipeline
        self._condition = cached(256)(self._make_condition)

    def encode(self, pictures: Tensor) -> Tensor:
        """See `Prior.encode`."""
        centred = pictures * 2.0 - 1.0
        if self.vae is None:
            return centred
        latents: Tensor = self.vae.encode(centred.to(self.dtype)).latent_dist.mode().float()
        shift, scale = self.vae.config.shift_factor or 0.0, self.vae.config.scaling_factor
        return (latents - float(shift)) * float(scale)

    def decode(self, latents: Tensor) -> Tensor:
        """See `Prior.decode`."""
        if self.vae is not None:
            own = latents / self.vae.config.scaling_factor + (self.vae.config.shift_factor or 0.0)
            latents = self.vae.decode(own.to(self.dtype)).sample.float()
        return latents * 0.5 + 0.5

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """See `Prior.level`."""
        return self._levels.level(times)

    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """See `Prior.predict_noise`."""
        output = self.predict(noisy, self._levels.timesteps(times), condition)
        alpha, sigma = self.level(times)
        match self._levels.predicts:
            case "epsilon":
                return output
            case "v_prediction":
                return alpha * output + sigma * noisy
            case "sample":
                return (noisy - alpha * output) / sigma
            case _:
                return noisy + alpha * output

    def predict(self, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """What the model itself predicts [N, C, h, w], at times [N] as it calls them."""
        output = self.family.predict(self.model, noisy.to(self.dtype), timesteps, condition)
        return output[:, : self._channels].float()  # what follows is a learned variance

    def with_scale(self, condition: Condition, scale: float) -> Condition | None:
        """The condition of a model that is told a guidance scale; None for those that are not."""
        return self.family.with_scale(self._pipeline, condition, scale)

    def embed(self, text: str) -> Condition:
        """See `Prior.embed`."""
        return self._condition(text)

    @torch.no_grad()
    def _make_condition(self, text: str) -> Condition:
        return {
            name: value.to(self.device, self.dtype if value.is_floating_point() else value.dtype)
            for name, value in self.family.embed(self._pipeline, text).items()
        }

    def critic(self, rank: int, rate: float) -> Critic:
        """See `Prior.critic`: a low-rank copy."""
        return LoraCritic(self, self.model, rank, rate)
