"""Posed: pictures with known cameras, or pictures that are taken of a model, for recipes that recover a thing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, ClassVar

import torch
from pydantic import Field, model_validator
from torch import Tensor

from limn.cameras import Cameras, join, turntable
from limn.frames import Frames
from limn.step import Step
from pipelines.config.paths import InputPath, InputPlace
from pipelines.inputs.photographs import Photographs, read_photographs
from pipelines.task.models import on_device, read_model
from pipelines.task.scenes import SceneConfig, with_lighting
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer

logger = logging.getLogger("limn")

ELEVATIONS = (0.0, 0.6, -0.4, 0.25)
"""Of the rounds of cameras around a model, in radians."""


class PosedConfig(SceneConfig):
    """Settings that recipes share which recover a thing from pictures."""

    main: ClassVar[str] = "model"

    pictures: InputPlace | None = None
    """NeRF's ``transforms.json``, or the folder it is in, with PNG files whose background is transparent."""
    model: InputPath | None = None
    """A model to take the pictures of, in place of ``pictures``."""
    views: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many pictures are taken of ``model``."""
    views_per_step: Annotated[int, Field(ge=1, le=64)] = 4
    """Pictures that are looked at in one step."""

    @property
    def pictures_at_once(self) -> int:
        """Those that are taken of a model are kept."""
        return max(super().pictures_at_once, self.views)

    @model_validator(mode="after")
    def _one(self) -> PosedConfig:
        if (self.pictures is None) == (self.model is None):
            raise ValueError(f"{self.recipe} needs pictures or a model to take them of, and not both")
        return self


class PosedViews:
    """Which of the pictures a step looks at.

    Args:
        config: decides how many.
        taken: all of them, on the device.
    """

    def __init__(self, config: PosedConfig, taken: Photographs) -> None:
        self.config, self.taken = config, taken

    def which(self, step: Step) -> Tensor:
        """Their numbers: drawn anew in training, evenly spread in evaluations."""
        total = len(self.taken)
        if step.training:
            return torch.randperm(total, generator=step.generator("views"))[: self.config.views_per_step]
        count = min(total, self.config.eval_views)
        return torch.arange(count) * total // count

    def cameras(self, step: Step) -> Cameras:
        """The cameras that they were taken with."""
        cameras = self.taken.cameras_of(self.which(step))
        return with_lighting(self.config, cameras, step) if step.training else cameras

    def frames(self, frames: Frames, step: Step) -> Frames:
        """The pictures themselves, over the backgrounds of the frames beside which they are set."""
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


def photographs(config: PosedConfig, seen: Callable[[Mesh], MeshRenderer]) -> Photographs:
    """The pictures that a config names, on its device, or that are taken of its model.

    Args:
        config: names them.
        seen: how a model looks.
    """
    if config.pictures is not None:
        taken = read_photographs(config.pictures, config.shape())
        x, y, z = taken.centre
        logger.info(
            "the model's origin is at (%.4g, %.4g, %.4g) of the cameras' world, its unit %.4g", x, y, z, taken.radius
        )
        return taken
    assert config.model is not None
    mesh = on_device(read_model(config.model), config.torch_device())
    cameras = rounds(config.views)
    with torch.no_grad():
        frames = seen(mesh).render(cameras)
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
