"""Families of pipelines: how each makes a condition of a text and calls its denoiser."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from guidance.distillation.condition import Condition


class Family(ABC):
    """What differs between pipelines. Texts are embedded where the text encoders are, on the CPU."""

    denoiser = "transformer"
    """The component that predicts."""

    patch = 2
    """Side, in latents, of what a transformer takes for one token."""

    one_step: int | None = 0
    """Where, among what a scheduler's only step gives, the pipeline takes its latents from; None where it draws in
    stages."""

    one_step_scale = 0.0
    """The guidance scale that suits models that draw in one step."""

    @abstractmethod
    def embed(self, pipeline: Any, text: str) -> Condition:
        """The condition of a text, one row."""

    def with_scale(self, pipeline: Any, condition: Condition, scale: float) -> Condition | None:
        """The condition of a denoiser that is told a guidance scale; None for those that are not."""
        return None

    @abstractmethod
    def predict(self, model: Any, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """The denoiser's own output for noisy latents [N, C, h, w]; C channels or more."""


class StableDiffusion(Family):
    """Stable Diffusion 1 and 2: a UNet on latents, one CLIP."""

    denoiser = "unet"

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        return {"words": pipeline.encode_prompt(text, "cpu", 1, False)[0]}

    def with_scale(self, pipeline: Any, condition: Condition, scale: float) -> Condition | None:
        """See `Family.with_scale`; consistency models are told it."""
        width, words = pipeline.unet.config.time_cond_proj_dim, condition["words"]
        if width is None:
            return None
        told = pipeline.get_guidance_scale_embedding(torch.full((len(words),), scale - 1.0), embedding_dim=width)
        return {**condition, "scale": told.to(words)}

    def predict(self, model: Any, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """See `Family.predict`."""
        output: Tensor = model(
            noisy,
            timesteps,
            encoder_hidden_states=condition["words"],
            timestep_cond=condition.get("scale"),
            added_cond_kwargs=self.added(noisy, condition),
            return_dict=False,
        )[0]
        return output

    def added(self, noisy: Tensor, condition: Condition) -> dict[str, Tensor] | None:
        """What the UNet is told beside words, for noisy latents [N, C, h, w]; nothing unless a subclass says so."""
        return None


class Consistency(StableDiffusion):
    """Latent consistency models of Stable Diffusion, which are told a guidance scale."""

    one_step_scale = 8.5


class DeepFloyd(StableDiffusion):
    """DeepFloyd IF, first stage: a UNet on pixels that predicts its variance, too; T5."""

    one_step = None

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        return {"words": pipeline.encode_prompt(text, do_classifier_free_guidance=False, device="cpu")[0]}


class StableDiffusionXL(StableDiffusion):
    """Stable Diffusion XL: two CLIPs, a pooled embedding, and the sizes that a picture was cut from."""

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        words, _, pooled, _ = pipeline.encode_prompt(text, device="cpu", do_classifier_free_guidance=False)
        if not text and pipeline.config.force_zeros_for_empty_prompt:
            words, pooled = torch.zeros_like(words), torch.zeros_like(pooled)
        return {"words": words, "pooled": pooled}

    def added(self, noisy: Tensor, condition: Condition) -> dict[str, Tensor] | None:
        """The pooled embedding, and the sizes in pixels: of the original, the corner of the cut, and of the target."""
        height, width = (8 * length for length in noisy.shape[-2:])
        sizes = noisy.new_tensor([height, width, 0, 0, height, width]).expand(len(noisy), -1)
        return {"text_embeds": condition["pooled"], "time_ids": sizes}


class StableDiffusion3(Family):
    """Stable Diffusion 3: flow matching by a transformer; two CLIPs and T5."""

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        words, _, pooled, _ = pipeline.encode_prompt(text, None, None, device="cpu", do_classifier_free_guidance=False)
        return {"words": words, "pooled": pooled}

    def predict(self, model: Any, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """See `Family.predict`."""
        output: Tensor = model(
            noisy, condition["words"], condition["pooled"], timesteps.to(noisy.dtype), return_dict=False
        )[0]
        return output


class PixArt(Family):
    """PixArt alpha and sigma: a transformer that predicts its variance, too; T5."""

    one_step = 1

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        words, mask, *_ = pipeline.encode_prompt(text, do_classifier_free_guidance=False, device="cpu")
        return {"words": words, "mask": mask.long()}

    def predict(self, model: Any, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """See `Family.predict`."""
        added: dict[str, Tensor | None] = {"resolution": None, "aspect_ratio": None}
        if model.use_additional_conditions:
            height, width = noisy.shape[-2:]
            size = noisy.new_tensor([8.0 * height, 8.0 * width]).expand(len(noisy), -1)
            added = {"resolution": size, "aspect_ratio": size[:, :1] / size[:, 1:]}
        output: Tensor = model(
            noisy,
            encoder_hidden_states=condition["words"],
            encoder_attention_mask=condition["mask"],
            timestep=timesteps,
            added_cond_kwargs=added,
            return_dict=False,
        )[0]
        return output


class Flux(Family):
    """Flux 1: flow matching by a transformer on packed latents; CLIP and T5.

    Models that were distilled from guidance are asked without it (a scale of 1) by losses, which have their own.
    """

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        words, pooled, _ = pipeline.encode_prompt(text, None, device="cpu")
        return {"words": words, "pooled": pooled}

    def with_scale(self, pipeline: Any, condition: Condition, scale: float) -> Condition | None:
        """See `Family.with_scale`; models that were distilled from guidance are told it."""
        if not pipeline.transformer.config.guidance_embeds:
            return None
        return {**condition, "scale": condition["words"].new_full((len(condition["words"]),), scale)}

    def predict(self, model: Any, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """See `Family.predict`."""
        count, channels, height, width = noisy.shape
        rows, columns = height // 2, width // 2
        packed = noisy.view(count, channels, rows, 2, columns, 2).permute(0, 2, 4, 1, 3, 5)
        places = noisy.new_zeros(rows, columns, 3)
        places[..., 1] = torch.arange(rows, device=noisy.device)[:, None]
        places[..., 2] = torch.arange(columns, device=noisy.device)
        output: Tensor = model(
            packed.reshape(count, rows * columns, 4 * channels),
            timestep=(timesteps / 1000.0).to(noisy.dtype),
            guidance=condition.get("scale", noisy.new_ones(count)) if model.config.guidance_embeds else None,
            pooled_projections=condition["pooled"],
            encoder_hidden_states=condition["words"],
            txt_ids=noisy.new_zeros(condition["words"].shape[1], 3),
            img_ids=places.flatten(0, 1),
            return_dict=False,
        )[0]
        unpacked = output.view(count, rows, columns, channels, 2, 2).permute(0, 3, 1, 4, 2, 5)
        return unpacked.reshape(count, channels, height, width)


FAMILIES: dict[str, Family] = {
    "LatentConsistencyModelPipeline": Consistency(),
    "StableDiffusionPipeline": StableDiffusion(),
    "StableDiffusionXLPipeline": StableDiffusionXL(),
    "StableDiffusion3Pipeline": StableDiffusion3(),
    "IFPipeline": DeepFloyd(),
    "PixArtAlphaPipeline": PixArt(),
    "PixArtSigmaPipeline": PixArt(),
    "FluxPipeline": Flux(),
}
"""Families by diffusers' pipeline classes."""
