"""imagine: words become a picture, drawn by any flat renderer; free pixels unless another one is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from guidance import Prompt, Step
from limn.components import Component, OneOf
from pipelines.config.from_words import FromWordsConfig
from pipelines.config.preset import Terms
from pipelines.task.named import named_renderer
from pipelines.task.objective import build_objective
from pipelines.task.robust_start import RobustStart, start_robustly
from pipelines.task.start import Start
from pipelines.task.task import Task
from renderers.registry import RENDERERS, Canvas

ORDERED = ("finer", "fourier", "pyramid", "siren", "wire")
"""Renderers that the whole of Implicit Inversion suits: parts of their parameters are coarser than others."""


class ImagineConfig(FromWordsConfig):
    """Settings of a picture from words."""

    beside: ClassVar[float] = 0.002
    """Free pixels obey an encoder at once, with noise that means nothing to anyone else."""
    renderer: Annotated[Component, OneOf(RENDERERS, ("canvas",))] = Field("pixels", validate_default=True)
    """What the picture is made of: ``pixels``, ``pyramid``, ``fourier``, ``siren``, ``finer``, ``wire``, ``strokes``,
    ``shapes``, ``squares``, or a renderer of your own. ``by: clip`` takes ``finer`` unless given."""
    robust_start: RobustStart | None = None
    """What the picture begins as: blurred, that of a store which is nearest to the prompt. ``by: clip`` has it with
    ``finer``, ``siren``, ``wire``, ``fourier`` and ``pyramid``."""

    @model_validator(mode="before")
    @classmethod
    def _invert(cls, data: Any) -> Any:
        """With the whole of Implicit Inversion where CLIP alone judges, but for what is given."""
        if not isinstance(data, Mapping) or data.get("by") != "clip":
            return data
        data = {"renderer": "finer", **data}
        named = next(iter(data["renderer"]), "") if isinstance(data["renderer"], Mapping) else data["renderer"]
        whole = {"coarse_to_fine": {}, "robust_start": {}, "size": 96}  # a function is written as large as one likes
        return {**whole, **data} if named in ORDERED else data

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated."""
        if data.get("by") != "clip":
            return super().preset(data)
        return {"clip": {"loss": "text_aligned"}, "blend": {"loss": "text_blend"}}


def imagine(config: ImagineConfig, start: Start) -> Task:
    """Imagines a picture from words, in pixels, strokes, shapes or whatever a renderer draws."""
    prompt = Prompt.parse(config.prompt, config.templates)
    canvas = Canvas(config.shape(), config.best_of, Step(0, 1, config.seed).generator("spots"))
    renderer = named_renderer(config.renderer, canvas, views=False)
    pictures = {}
    if config.robust_start is not None:
        pictures["start"] = start_robustly(renderer, config, config.robust_start, prompt, start)
    return Task(renderer, lambda: build_objective(config, prompt=prompt), pictures=pictures)
