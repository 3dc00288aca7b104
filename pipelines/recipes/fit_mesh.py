"""fit_mesh: pictures from known places become a model, its form and its colours."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from guidance.target import Target
from pipelines.config.paths import InputPath
from pipelines.task.models import ModelConfig, laid_out_for, on_device, renderer_of
from pipelines.task.objective import build_objective
from pipelines.task.posed import PosedConfig, PosedViews, photographs
from pipelines.task.scenes import around
from pipelines.task.start import Start
from pipelines.task.task import Task
from renderers.mesh.mesh import Mesh
from renderers.mesh.read import read_mesh
from renderers.mesh.sphere import icosphere


class FitMeshConfig(PosedConfig, ModelConfig):
    """Settings of a model that is recovered from pictures."""

    start: InputPath | None = None
    """The model to start from, about as large as the thing; a sphere unless given."""
    detail: Annotated[int, Field(ge=1, le=6)] = 4
    """Of the sphere: 20 triangles, each in four for every level of detail."""


def fit_mesh(config: FitMeshConfig, start: Start) -> Task:
    """Recovers the form and the colours of a thing from pictures with known cameras."""
    device = config.torch_device()
    taken = photographs(config, lambda mesh: renderer_of(config, mesh, [], candidates=1)).to(device)
    mesh = on_device(laid_out_for(config, _start(config), start), device)
    chosen = PosedViews(config, taken)
    return Task(
        renderer_of(config, mesh, config.parameters, config.best_of),
        lambda: build_objective(config, target=Target(views=chosen.frames), parts={}),
        pictures={"target": taken.over(None, torch.tensor([0]))[0].cpu()},
        cameras=chosen.cameras,
        turntable=lambda count: around(config, count),
    )


def _start(config: FitMeshConfig) -> Mesh:
    return icosphere(config.detail, radius=0.7) if config.start is None else read_mesh(config.start)
