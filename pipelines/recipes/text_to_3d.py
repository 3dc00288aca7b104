"""text_to_3d: words become a thing with all its sides (Dream Fields, DreamFusion, Magic3D, Fantasia3D and others)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guidance import Prompt
from pipelines.config.from_words import FromWordsConfig
from pipelines.config.preset import Terms
from pipelines.config.stages import StagedConfig
from pipelines.loop.loop import Settings
from pipelines.loop.optimise import Result
from pipelines.task.objective import build_objective
from pipelines.task.scenes import MadeSceneConfig, around, cameras_of, of_fields, scene_of
from pipelines.task.stages import staged
from pipelines.task.start3d import Start3D, start_of
from pipelines.task.task import Stage, Task


class TextTo3DConfig(StagedConfig, FromWordsConfig, MadeSceneConfig):
    """Settings of a thing from words."""

    start: Start3D | None = None
    """What the first stage takes over: a ``field.safetensors`` of a run, a model, a cloud of points, or words for a
    solid."""

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """Those of all that is made from words, and what keeps space clear."""
        return super().preset(data) | of_fields(data.get("renderer", "field"))


def text_to_3d(config: TextTo3DConfig) -> list[Stage]:
    """Makes a thing with all its sides from words, in a field, a mesh, or one after the other."""
    return [_stage(name, own, settings) for name, own, settings in staged(config)]


def _stage(name: str, config: TextTo3DConfig, settings: Settings) -> Stage:
    prompt = Prompt.parse(config.prompt, config.templates)

    def task(before: Result | None) -> Task:
        return Task(
            scene_of(config, before, None if config.start is None else start_of(config.start, config.best_of)),
            lambda: build_objective(config, prompt=prompt, parts={}),
            cameras=cameras_of(config),
            turntable=lambda count: around(config, count),
            channels=("rgb", "depth", "normal"),
        )

    return Stage(name, task, settings, config)
