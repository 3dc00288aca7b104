"""edit_3d: a thing with all its sides becomes another one, as words say (DDS, directional CLIP)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from guidance import Prompt
from guidance.target import Target
from pipelines.config.from_words import FromWordsConfig, of_exemplars
from pipelines.config.preset import Terms
from pipelines.config.stages import StagedConfig
from pipelines.loop.loop import Settings
from pipelines.loop.optimise import Result
from pipelines.task.objective import build_objective
from pipelines.task.scenes import MadeSceneConfig, around, cameras_of, of_fields, scene_of
from pipelines.task.stages import staged
from pipelines.task.start3d import Start3D, seen_at_start, start_of
from pipelines.task.task import Stage, Task
from renderers.solids import solid


class Edit3DConfig(StagedConfig, FromWordsConfig, MadeSceneConfig):
    """Settings of a thing that words change."""

    start: Start3D
    """What is edited: a ``field.safetensors`` of a run, a model, a cloud of points, or words for a solid."""
    source_prompt: str
    """What it shows; the words of ``start`` unless given."""

    @model_validator(mode="before")
    @classmethod
    def _take_words(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "source_prompt" not in data and solid(str(data.get("start", ""))) is not None:
            return {**data, "source_prompt": data["start"]}
        return data

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated.

        Exemplars answer with their own view of the words, whatever they are shown: the difference of two such answers
        would never end, so the prompt alone pulls.
        """
        terms, source = super().preset(data), str(data.get("source_prompt", data.get("start", "")))
        if "prior" in terms and not of_exemplars(terms["prior"]["prior"], sds=True):
            terms["prior"] |= {"variant": "dds", "source_prompt": source}
        if "clip" in terms:
            terms["clip"] |= {"loss": "text_direction", "start": source}
        return terms | of_fields(data.get("renderer", "field"))


def edit_3d(config: Edit3DConfig) -> list[Stage]:
    """Edits a field or a model from one prompt to another (delta denoising score, directional CLIP)."""
    first = next(own for _, own, _ in staged(config))
    return [_stage(name, own, settings, first) for name, own, settings in staged(config)]


def _stage(name: str, config: Edit3DConfig, settings: Settings, first: Edit3DConfig) -> Stage:
    prompt = Prompt.parse(config.prompt, config.templates)

    def task(before: Result | None) -> Task:
        source = scene_of(first, None, start_of(config.start)).to(config.torch_device())
        return Task(
            scene_of(config, before, start_of(config.start, config.best_of)),
            lambda: build_objective(config, target=Target(views=seen_at_start(source)), prompt=prompt, parts={}),
            cameras=cameras_of(config),
            turntable=lambda count: around(config, count),
            channels=("rgb", "depth", "normal"),
        )

    return Stage(name, task, settings, config)
