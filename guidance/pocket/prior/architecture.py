"""The denoiser's shape: diffusers' Flux transformer in miniature, single stream, on patches of pixels."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 4
"""Side in pixels of the patch of one token."""

TOKENS = 24
"""Tokens of text that the denoiser gets; no caption of the world is longer."""

SEEN = 3 + 4
"""Input channels: the noisy picture, and the collage of what the words name."""

WIDE: dict[str, int] = {"num_single_layers": 6, "num_attention_heads": 6, "attention_head_dim": 32}


def build(words: int, pooled: int, size: dict[str, int] | None = None) -> Any:
    """Makes an untrained denoiser: every block starts as the identity, and the output as zero.

    Args:
        words: width of the text's tokens.
        pooled: width of its pooled embedding.
        size: layers, heads and their width; `WIDE` by default.

    Returns:
        A ``FluxTransformer2DModel``.

    Source: Black Forest Labs, Flux 1 (single-stream blocks); adaLN-Zero of Peebles and Xie, Scalable Diffusion Models
    with Transformers, 2023.
    """
    import diffusers

    size = size or WIDE
    head = size["attention_head_dim"]
    across = head // 8 * 3  # an even share for rows and for columns; the text's tokens know their order themselves
    flux: Any = diffusers.FluxTransformer2DModel
    model = flux(
        in_channels=SEEN * PATCH**2,
        out_channels=3 * PATCH**2,
        num_layers=0,
        joint_attention_dim=words,
        pooled_projection_dim=pooled,
        axes_dims_rope=(head - 2 * across, across, across),
        **size,
    )
    for layer in (*(block.norm.linear for block in model.single_transformer_blocks), model.proj_out):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return model


def scheduler() -> Any:
    """The noise levels z_t = (1 - t) z + t e, unshifted, as a ``FlowMatchEulerDiscreteScheduler``."""
    import diffusers

    euler: Any = diffusers.FlowMatchEulerDiscreteScheduler
    return euler(num_train_timesteps=1000, shift=1.0)


def flow(model: Any, noisy: Tensor, levels: Tensor, words: Tensor, pooled: Tensor, collage: Tensor) -> Tensor:
    """The denoiser's prediction of the flow e - z.

    Args:
        model: of `build`.
        noisy: z_t [N, 3, H, W], of pictures in -1..1; sides are multiples of `PATCH`.
        levels: t [N] in 0..1.
        words: the text's tokens [N, T, D].
        pooled: the text's embedding [N, P].
        collage: what the text names [N, 4, S, S], see `Memory`.

    Returns:
        [N, 3, H, W].
    """
    rows, columns = (length // PATCH for length in noisy.shape[-2:])
    rough = F.interpolate(collage.float(), size=noisy.shape[-2:], mode="bilinear", antialias=True)  # not in bfloat16
    seen = torch.cat([noisy, 2.0 * rough.to(noisy)], dim=1)
    places = noisy.new_zeros(rows, columns, 3)
    places[..., 1] = torch.arange(rows, device=noisy.device)[:, None]
    places[..., 2] = torch.arange(columns, device=noisy.device)
    output: Tensor = model(
        F.pixel_unshuffle(seen, PATCH).flatten(2).transpose(1, 2),
        timestep=levels.to(noisy.dtype),
        pooled_projections=pooled,
        encoder_hidden_states=words,
        txt_ids=noisy.new_zeros(words.shape[1], 3),
        img_ids=places.flatten(0, 1),
        return_dict=False,
    )[0]
    return F.pixel_shuffle(output.transpose(1, 2).reshape(len(noisy), -1, rows, columns), PATCH)
