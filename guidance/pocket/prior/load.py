"""Load the shipped prior for score distillation."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from guidance.compute import Precision
from guidance.distillation.condition import Condition
from guidance.distillation.diffusion.families import Family
from guidance.distillation.diffusion.prior import PipelinePrior
from guidance.distillation.paper_defaults import PaperDefaults, between
from guidance.encoders.precision import fast_dtype
from guidance.pocket.load import FOLDER
from guidance.pocket.prior.architecture import PATCH, TOKENS, flow
from guidance.pocket.prior.pipeline import ABOUT, PocketPipeline
from guidance.relations import phrased
from limn.errors import InputError, short

logger = logging.getLogger("limn")

NAME = "pocket-prior"
WEIGHTS = FOLDER / NAME
RECOMMENDED = PaperDefaults(3.0, "ism", between(0.98, 0.2, shape="sqrt"), between(0.98, 0.2, shape="sqrt"), samples=4)
"""From nearly all noise, at which the ground is decided: from 0.8 on, blue things turned white before coloured grounds.
Not to little: at little noise the guidance of a denoiser that is not exact removes details."""


class Pocket(Family):
    """Flow matching on pixels, with the text tower of pocket."""

    patch = PATCH
    one_step_scale = 2.0  # without guidance pictures of one step are pale; 3 burns them

    def embed(self, pipeline: Any, text: str) -> Condition:
        """See `Family.embed`."""
        said = phrased(text)
        if pipeline.words.count_tokens(said) > TOKENS:
            logger.warning("prior pocket reads %d tokens, not the end of %s", TOKENS, short(text))
        words, pooled, collage = pipeline.condition([said])
        return {"words": words, "pooled": pooled, "collage": collage}

    def predict(self, model: Any, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """See `Family.predict`."""
        return flow(model, noisy, timesteps / 1000.0, **condition)


def load_pipeline(dtype: torch.dtype = torch.float32, folder: str | Path = WEIGHTS) -> PocketPipeline:
    """The shipped prior's parts.

    Args:
        dtype: of the denoiser.
        folder: written by `PocketPipeline.save`.

    Raises:
        InputError: it was not trained yet, or diffusers is not installed.
    """
    folder = Path(folder)
    if not (folder / ABOUT).exists():
        raise InputError(f"prior 'pocket' has no weights yet: train and ship {NAME} as {FOLDER / 'README.md'} says")
    try:
        return PocketPipeline.load(folder, dtype)
    except ImportError as error:
        missing = error.name or "diffusers"
        raise InputError(f"prior 'pocket' needs {missing}: pip install 'limn[distillation]'") from error


def as_prior(pipeline: PocketPipeline, device: str = "cpu") -> PipelinePrior:
    """A pipeline as a prior, in the denoiser's own precision."""
    prior = PipelinePrior(pipeline, Pocket(), "pocket", device, pipeline.transformer.dtype)
    prior.recommended = RECOMMENDED
    return prior


def load_pocket_prior(device: str = "cpu", precision: Precision = "auto") -> PipelinePrior:
    """Our own small diffusion model of the shipped world.

    Args:
        device: where it computes.
        precision: ``float32``, ``bfloat16``, or ``auto`` for bfloat16 where the hardware is fast at it.

    Raises:
        InputError: it was not trained yet, or diffusers is not installed.
    """
    return as_prior(load_pipeline(fast_dtype(device) if precision == "auto" else getattr(torch, precision)), device)
