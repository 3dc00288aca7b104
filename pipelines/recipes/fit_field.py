"""fit_field: pictures from known places become a field, its form and its colours."""

from __future__ import annotations

import torch

from guidance.target import Target
from limn.cameras import turntable
from limn.step import Step
from pipelines.config.stages import StagedConfig
from pipelines.loop.loop import Settings
from pipelines.loop.optimise import Result
from pipelines.task.objective import build_objective
from pipelines.task.posed import PosedConfig, PosedViews, photographs
from pipelines.task.scenes import MadeSceneConfig, around, scene_of
from pipelines.task.stages import staged
from pipelines.task.task import Stage, Task
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer

SUPERSAMPLING = 4
"""Of the pictures that are taken of a model: what a camera sees in a pixel is a mean."""


class FitFieldConfig(StagedConfig, PosedConfig, MadeSceneConfig):
    """Settings of a field that is recovered from pictures."""


def fit_field(config: FitFieldConfig) -> list[Stage]:
    """Recovers a thing as a field, or whatever a renderer makes of it, from pictures with known cameras."""
    return [_stage(name, own, settings) for name, own, settings in staged(config)]


def _stage(name: str, config: FitFieldConfig, settings: Settings) -> Stage:
    def seen(mesh: Mesh) -> MeshRenderer:
        lights = config.lights.make()(turntable(1), Step(0, 1, config.seed).generator("lights"))
        return MeshRenderer(
            mesh, lights=lights, shading=config.shading.make(), size=config.shape(), supersampling=SUPERSAMPLING
        )

    def task(before: Result | None) -> Task:
        taken = photographs(config, seen).to(config.torch_device())
        chosen = PosedViews(config, taken)
        return Task(
            scene_of(config, before),
            lambda: build_objective(config, target=Target(views=chosen.frames), parts={}),
            pictures={"target": taken.over(None, torch.tensor([0]))[0].cpu()},
            cameras=chosen.cameras,
            turntable=lambda count: around(config, count),
            channels=("rgb", "depth", "normal"),
        )

    return Stage(name, task, settings, config)
