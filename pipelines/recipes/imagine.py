"""imagine: words become a picture of free pixels."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance import Prompt, Step
from pipelines.config.from_words import FromWordsConfig
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.fields.pixels import Pixels


class ImagineConfig(FromWordsConfig):
    """Settings of a picture from words."""

    beside: ClassVar[float] = 0.002
    """Free pixels obey an encoder at once, with noise that means nothing to anyone else."""
    contrast: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Of the soft spots that a picture starts from, around grey."""


def imagine(config: ImagineConfig) -> Task:
    """Imagines a picture from words, pixel by pixel."""
    prompt = Prompt.parse(config.prompt, config.templates)
    renderer = Pixels(_spots(config)).to(config.torch_device())
    return Task(renderer, lambda: build_objective(config, prompt=prompt))


def _spots(config: ImagineConfig) -> Tensor:
    """Soft coloured spots [S, 3, size, size]."""
    generator = Step(0, 1, config.seed).generator("spots")
    coarse = torch.rand(config.best_of, 3, 8, 8, generator=generator)
    fine = F.interpolate(coarse, size=config.size, mode="bicubic", align_corners=False).clamp(0.0, 1.0)
    return 0.5 + config.contrast * (fine - 0.5)
