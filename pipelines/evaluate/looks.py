"""Looks: pictures of a result, as a measure sees it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from guidance.channels import Channel, channel_of
from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step
from pipelines.inputs.pictures import fit, read_picture
from pipelines.task.models import read_model
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional

SIZE = 224
"""Of the pictures, in pixels."""

FILL = 0.75
"""How much of the width or height of its picture a model takes, whichever is more."""


def of_model(path: Path, views: int, channel: Channel = "rgb") -> Tensor:
    """Views around a model that no run optimises, each as large as it fits [V, 3, SIZE, SIZE] in 0..1.

    Raises:
        InputError: the file cannot be read.
    """
    mesh = read_model(path)
    return drawn(mesh, framed(held_out(views), mesh.vertices), channel)


def of_picture(path: Path, channel: Channel = "rgb") -> Tensor:
    """A picture or a drawing on white [1, 3, SIZE, SIZE] in 0..1.

    Raises:
        InputError: the file cannot be read, or another channel than its colours is asked for.
    """
    if channel != "rgb":
        raise InputError(f"evaluate: channel: {channel} is for models; {path} is a flat picture")
    return fit(read_picture(path), (SIZE, SIZE))


def drawn(mesh: Mesh, cameras: Cameras, channel: Channel = "rgb") -> Tensor:
    """A model from any cameras, lit from where they stand [V, 3, SIZE, SIZE] in 0..1."""
    return channel_of(rendered(mesh, cameras), Step(0, 1, training=False), channel).rgb[0]


@torch.no_grad()
def rendered(mesh: Mesh, cameras: Cameras) -> Frames:
    """The same with depth and normals, as the frames of one candidate."""
    cameras = replace(cameras, lights=Directional(follow=True)(cameras, torch.Generator()))
    return MeshRenderer(mesh, size=(SIZE, SIZE)).render(cameras)


def held_out(views: int) -> Cameras:
    """Views between those of a turntable, every other one from higher up."""
    number = torch.arange(views)
    azimuth = (number + 0.5) * 2 * math.pi / views
    elevation = torch.where(number % 2 == 0, math.radians(10.0), math.radians(35.0))
    return orbit(azimuth, elevation, 2.5, math.radians(50.0))


def framed(cameras: Cameras, points: Tensor, fill: float = FILL) -> Cameras:
    """The same cameras with lenses that show points in the middle of the picture and as large as they fit.

    Args:
        cameras: V, with all points in front of them.
        points: [P, 3].
        fill: how much of the picture's longer side they take, 0..1.
    """
    clip = points @ cameras.world_to_clip[:, :, :3].transpose(1, 2) + cameras.world_to_clip[:, None, :, 3]
    seen = clip[..., :2] / clip[..., 3:]
    low, high = seen.amin(dim=1), seen.amax(dim=1)
    scale = 2 * fill / (high - low).amax(dim=1)
    crop = torch.eye(4).repeat(len(cameras), 1, 1)
    crop[:, 0, 0] = crop[:, 1, 1] = scale
    crop[:, :2, 3] = -scale[:, None] * (low + high) / 2
    return replace(cameras, projection=crop @ cameras.projection)
