"""imagine: words become a picture, drawn by any flat renderer; free pixels unless another one is named."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from guidance import Prompt, Step
from limn.components import Component, OneOf
from pipelines.config.from_words import FromWordsConfig
from pipelines.task.named import named_renderer
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.registry import RENDERERS, Canvas


class ImagineConfig(FromWordsConfig):
    """Settings of a picture from words."""

    beside: ClassVar[float] = 0.002
    """Free pixels obey an encoder at once, with noise that means nothing to anyone else."""
    renderer: Annotated[Component, OneOf(RENDERERS, ("canvas",))] = Field("pixels", validate_default=True)
    """What the picture is made of: ``pixels``, ``pyramid``, ``fourier``, ``siren``, ``finer``, ``wire``, ``strokes``,
    ``shapes``, ``squares``, or a renderer of your own."""


def imagine(config: ImagineConfig) -> Task:
    """Imagines a picture from words, in pixels, strokes, shapes or whatever a renderer draws."""
    prompt = Prompt.parse(config.prompt, config.templates)
    canvas = Canvas(config.shape(), config.best_of, Step(0, 1, config.seed).generator("spots"))
    return Task(named_renderer(config.renderer, canvas, views=False), lambda: build_objective(config, prompt=prompt))
