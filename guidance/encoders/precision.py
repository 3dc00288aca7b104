"""Which precision an encoder computes in: what is faster on this machine, and right."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.encoder import Encoder

PICTURES = 2
"""In a pass that is timed."""

PASSES, ENOUGH = 3, 0.3
"""Passes at most, of which the first prepares, and seconds after which there is no further one."""

LEAST_COSINE = 0.98
"""Between gradients in bfloat16 and in float32, below which bfloat16 does not count as right."""


def faster_precision(load: Callable[[str], Encoder], device: torch.device) -> Literal["float32", "bfloat16"]:
    """The precision in which a tower runs forward and backward sooner; float32 where bfloat16 turns its gradients.

    On a CPU both are measured, if the processor has instructions for bfloat16; on a GPU its data sheet decides.

    Args:
        load: precision -> the encoder.
        device: of the encoder.
    """
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if not has_bfloat16():
        return "float32"
    exact, exact_seconds = _timed(load("float32"), device)
    rough, rough_seconds = _timed(load("bfloat16"), device)
    right = float(F.cosine_similarity(exact.flatten(), rough.flatten(), dim=0)) > LEAST_COSINE
    return "bfloat16" if right and rough_seconds < exact_seconds else "float32"


def fast_dtype(device: str) -> torch.dtype:
    """bfloat16 where the hardware has instructions for it; for networks that are not measured."""
    if torch.device(device).type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if has_bfloat16() else torch.float32


def has_bfloat16() -> bool:
    """True if the processor multiplies matrices in bfloat16."""
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


@torch.enable_grad()
def _timed(encoder: Encoder, device: torch.device) -> tuple[Tensor, float]:
    """The gradient of the embedding to smooth pictures, and the least time of a pass."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(PICTURES, encoder.channels, 6, 6, generator=generator)
    pictures = F.interpolate(coarse, size=encoder.size, mode="bicubic").clamp(0, 1).to(device).requires_grad_()
    seconds, gradient = float("inf"), pictures
    start = time.perf_counter()
    for number in range(PASSES):
        began = time.perf_counter()
        if number > 0 and began - start > ENOUGH:
            break
        embedding = encoder.encode_image(pictures).embedding
        (gradient,) = torch.autograd.grad(F.normalize(embedding, dim=-1).sum(), pictures)
        seconds = min(seconds, time.perf_counter() - began)
    return gradient, seconds
