"""fit_mesh: pictures from known places become a model, its form and its colours."""

from __future__ import annotations

import logging
from typing import Annotated, ClassVar

import torch
from pydantic import Field, model_validator
from torch import Tensor

from guidance import Step
from guidance.target import Target
from limn.cameras import Cameras, join, turntable
from limn.frames import Frames
from pipelines.config.paths import InputPath, InputPlace
from pipelines.inputs.photographs import Photographs, read_photographs
from pipelines.task.models import ModelConfig, laid_out_for, on_device, read_model, renderer_of
from pipelines.task.objective import build_objective
from pipelines.task.scenes import around, with_lighting
from pipelines.task.start import Start
from pipelines.task.task import Task
from renderers.mesh.mesh import Mesh
from renderers.mesh.read import read_mesh
from renderers.mesh.sphere import icosphere

logger = logging.getLogger("limn")

ELEVATIONS = (0.0, 0.6, -0.4, 0.25)
"""Of the rounds of cameras around a model, in radians."""


class FitMeshConfig(ModelConfig):
    """Settings of a model that is recovered from pictures."""

    main: ClassVar[str] = "model"

    pictures: InputPlace | None = None
    """NeRF's ``transforms.json``, or the folder it is in, with PNG files whose background is transparent."""
    model: InputPath | None = None
    """A model to take the pictures of, in place of ``pictures``."""
    views: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many pictures are taken of ``model``."""
    views_per_step: Annotated[int, Field(ge=1, le=64)] = 4
    """Pictures that are looked at in one step."""
    start: InputPath | None = None
    """The model to start from, about as large as the thing; a sphere unless given."""
    detail: Annotated[int, Field(ge=1, le=6)] = 4
    """Of the sphere: 20 triangles, each in four for every level of detail."""

    @property
    def pictures_at_once(self) -> int:
        """Those that are taken of a model are kept."""
        return max(super().pictures_at_once, self.views)

    @model_validator(mode="after")
    def _one(self) -> FitMeshConfig:
        if (self.pictures is None) == (self.model is None):
            raise ValueError("fit_mesh needs pictures or a model to take them of, and not both")
        return self


def fit_mesh(config: FitMeshConfig, start: Start) -> Task:
    """Recovers the form and the colours of a thing from pictures with known cameras."""
    device = config.torch_device()
    taken = _photographs(config).to(device)
    mesh = on_device(laid_out_for(config, _start(config), start), device)
    chosen = _Choice(config, taken)
    return Task(
        renderer_of(config, mesh, config.parameters, config.best_of),
        lambda: build_objective(config, target=Target(views=chosen.frames), parts={}),
        pictures={"target": taken.over(None, torch.tensor([0]))[0].cpu()},
        cameras=chosen.cameras,
        turntable=lambda count: around(config, count),
    )


class _Choice:
    """Which of the pictures a step looks at."""

    def __init__(self, config: FitMeshConfig, taken: Photographs) -> None:
        self.config, self.taken = config, taken

    def which(self, step: Step) -> Tensor:
        total = len(self.taken)
        if step.training:
            return torch.randperm(total, generator=step.generator("views"))[: self.config.views_per_step]
        count = min(total, self.config.eval_views)
        return torch.arange(count) * total // count

    def cameras(self, step: Step) -> Cameras:
        cameras = self.taken.cameras_of(self.which(step))
        return with_lighting(self.config, cameras, step) if step.training else cameras

    def frames(self, frames: Frames, step: Step) -> Frames:
        which, cameras = self.which(step), frames.cameras
        assert cameras is not None
        return step.share(
            "photographs",
            lambda: Frames(
                self.taken.over(cameras.background, which)[None],
                self.taken.alpha[which][None],
                cameras=cameras,
            ),
        )


def _photographs(config: FitMeshConfig) -> Photographs:
    if config.pictures is not None:
        taken = read_photographs(config.pictures, config.size)
        x, y, z = taken.centre
        logger.info(
            "the model's origin is at (%.4g, %.4g, %.4g) of the cameras' world, its unit %.4g", x, y, z, taken.radius
        )
        return taken
    assert config.model is not None
    mesh = on_device(read_model(config.model), config.torch_device())
    cameras = rounds(config.views)
    with torch.no_grad():
        frames = renderer_of(config, mesh, [], candidates=1).render(cameras)
    rgb, alpha = frames.rgb[0], frames.alpha[0]
    return Photographs(cameras, rgb - (1 - alpha), alpha)


def rounds(count: int) -> Cameras:
    """Cameras all around, in rounds of different elevations."""
    cameras = []
    for number, elevation in enumerate(ELEVATIONS):
        size = len(range(number, count, len(ELEVATIONS)))
        if size:
            cameras.append(turntable(size, elevation))
    return join(cameras)


def _start(config: FitMeshConfig) -> Mesh:
    return icosphere(config.detail, radius=0.7) if config.start is None else read_mesh(config.start)
