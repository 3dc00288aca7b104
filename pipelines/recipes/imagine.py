"""imagine: words become a picture, drawn by any flat renderer; free pixels unless another one is named."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from guidance import Prompt, Step
from limn.components import Component, OneOf
from limn.errors import InputError
from pipelines.config.from_words import FromWordsConfig
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.base import Renderer
from renderers.registry import RENDERERS, Canvas


class ImagineConfig(FromWordsConfig):
    """Settings of a picture from words."""

    beside: ClassVar[float] = 0.002
    """Free pixels obey an encoder at once, with noise that means nothing to anyone else."""
    renderer: Annotated[Component, OneOf(RENDERERS, ("canvas",))] = Field("pixels", validate_default=True)
    """What the picture is made of: ``pixels``, ``strokes``, ``shapes``, ``squares``, or a renderer of your own."""


def imagine(config: ImagineConfig) -> Task:
    """Imagines a picture from words, in pixels, strokes, shapes or whatever a renderer draws."""
    prompt = Prompt.parse(config.prompt, config.templates)
    return Task(_renderer(config), lambda: build_objective(config, prompt=prompt))


def _renderer(config: ImagineConfig) -> Renderer:
    generator = Step(0, 1, config.seed).generator("spots")
    canvas = Canvas((config.size, config.size), config.best_of, generator)
    try:
        renderer: Renderer = config.renderer.make(canvas=canvas)
    except InputError as error:
        raise InputError(f"renderer.{config.renderer.name}: {error}") from error
    if renderer.has_views:
        raise InputError(f"renderer: {config.renderer.name} draws a scene with views; imagine needs a flat picture")
    return renderer
