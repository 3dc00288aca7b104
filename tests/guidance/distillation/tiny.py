"""Tiny random pipelines of every family, in diffusers' own file format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

WORDS = ["a", "red", "apple", "frog", "unrealistic", "blurry", "bad"]


def tokenizer(length: int = 12) -> Any:
    vocabulary = {word: number for number, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *WORDS])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=core, model_max_length=length, **marks)


def clip(projection: bool = False, width: int = 16) -> Any:
    config = CLIPTextConfig(
        vocab_size=len(WORDS) + 4,
        hidden_size=width,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=12,
        projection_dim=width,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return CLIPTextModelWithProjection(config) if projection else CLIPTextModel(config)


def t5(width: int = 16) -> Any:
    config = T5Config(vocab_size=16, d_model=width, d_kv=8, d_ff=16, num_layers=1, num_heads=2, pad_token_id=0)
    return T5EncoderModel(config)


def vae(channels: int = 4, blocks: int = 2, shift: float | None = 0.25) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(8,) * blocks,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        latent_channels=channels,
        norm_num_groups=4,
        layers_per_block=1,
        scaling_factor=0.5,
        shift_factor=shift,
    )


def unet(channels: int = 4, out: int = 4, **more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        out_channels=out,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=8,
        norm_num_groups=4,
        **more,
    )


def ddpm(**more: Any) -> Any:
    return diffusers.DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", **more)


SAFE = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


def stable_diffusion(**scheduler: Any) -> Any:
    parts = {"vae": vae(), "text_encoder": clip(), "tokenizer": tokenizer(), "unet": unet()}
    return diffusers.StableDiffusionPipeline(**parts, scheduler=ddpm(**scheduler), **SAFE)


def xl() -> Any:
    added = {"addition_embed_type": "text_time", "addition_time_embed_dim": 4}
    return diffusers.StableDiffusionXLPipeline(
        vae=vae(),
        text_encoder=clip(width=8),
        text_encoder_2=clip(True, width=8),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=unet(**added, projection_class_embeddings_input_dim=8 + 6 * 4),
        scheduler=ddpm(),
    )


def sd3() -> Any:
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        caption_projection_dim=16,
        joint_attention_dim=16,
        pooled_projection_dim=16,
        out_channels=4,
        pos_embed_max_size=8,
    )
    return diffusers.StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(),
        text_encoder=clip(True, width=8),
        tokenizer=tokenizer(),
        text_encoder_2=clip(True, width=8),
        tokenizer_2=tokenizer(),
        text_encoder_3=t5(),
        tokenizer_3=tokenizer(),
    )


def deepfloyd() -> Any:
    parts = {"tokenizer": tokenizer(77), "text_encoder": t5(), "unet": unet(3, 6)}
    scheduler = diffusers.DDPMScheduler(beta_schedule="squaredcos_cap_v2", variance_type="learned_range")
    return diffusers.IFPipeline(**parts, scheduler=scheduler, **SAFE, watermarker=None)


def pixart(sigma: bool = False) -> Any:
    transformer = diffusers.PixArtTransformer2DModel(
        sample_size=8,
        num_layers=1,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=3,
        caption_channels=16,
        cross_attention_dim=24,
        in_channels=4,
        out_channels=8,
        norm_num_groups=1,
        use_additional_conditions=not sigma,
    )
    kind = diffusers.PixArtSigmaPipeline if sigma else diffusers.PixArtAlphaPipeline
    scheduler = diffusers.DPMSolverMultistepScheduler()
    return kind(tokenizer=tokenizer(), text_encoder=t5(), vae=vae(), transformer=transformer, scheduler=scheduler)


def flux() -> Any:
    transformer = diffusers.FluxTransformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    return diffusers.FluxPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=vae(4),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=tokenizer(),
        transformer=transformer,
    )


PIPELINES: dict[str, Callable[[], Any]] = {
    "epsilon": stable_diffusion,
    "v": lambda: stable_diffusion(prediction_type="v_prediction", rescale_betas_zero_snr=True),
    "sample": lambda: stable_diffusion(prediction_type="sample"),
    "xl": xl,
    "sd3": sd3,
    "if": deepfloyd,
    "pixart": pixart,
    "pixart-sigma": lambda: pixart(True),
    "flux": flux,
}


def save(kind: str, folder: Path) -> Path:
    """Writes a pipeline of a kind, weights drawn with seed 0."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        PIPELINES[kind]().save_pretrained(folder)
    assert json.loads((folder / "model_index.json").read_text())["_class_name"]
    return folder
