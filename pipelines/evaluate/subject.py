"""What is evaluated: the pictures of a result, by its kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from guidance.channels import Channel, channel_of
from limn.artefact import Artefact
from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.step import Step
from pipelines.inputs.pictures import fit, read_picture
from pipelines.runs.artefacts import read_artefacts
from pipelines.task.models import read_model
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional

SIZE = 224
"""Of the pictures, in pixels."""

FILL = 0.75
"""How much of the width or height of its picture a model takes, whichever is more."""

MODELS = (".glb", ".gltf", ".obj", ".ply", ".stl")


def subject_of(path: str | Path) -> Artefact:
    """What of a file or a run folder is evaluated: its first model, else its first picture.

    Raises:
        InputError: there is neither.
    """
    path = Path(path)
    if not path.is_dir():
        return Artefact(path, "model" if path.suffix.lower() in MODELS else "picture")
    found = read_artefacts(path)
    for kind in PICTURES_OF:
        for artefact in found:
            if artefact.kind == kind:
                return artefact
    raise InputError(f"{path} has no model and no picture: expected the folder of a run, or a file")


def pictures_of(subject: Artefact, views: int, channel: Channel) -> Tensor:
    """Pictures of a subject [V, 3, SIZE, SIZE] in 0..1: views around a model, or the picture itself.

    Raises:
        InputError: the file cannot be read, or a flat picture is asked for another channel than its colours.
    """
    return PICTURES_OF[subject.kind](subject.path, views, channel)


def picture_from(subject: Artefact, cameras: Cameras, channel: Channel) -> Tensor:
    """Pictures of a model from any cameras, or the picture that a subject is, as `pictures_of` gives them."""
    if subject.kind == "model":
        return _drawn(read_model(subject.path), cameras, channel)
    return pictures_of(subject, 1, channel)


def _of_model(path: Path, views: int, channel: Channel) -> Tensor:
    mesh = read_model(path)
    return _drawn(mesh, framed(held_out(views), mesh.vertices), channel)


def _drawn(mesh: Mesh, cameras: Cameras, channel: Channel) -> Tensor:
    cameras = replace(cameras, lights=Directional(follow=True)(cameras, torch.Generator()))
    frames = MeshRenderer(mesh, size=(SIZE, SIZE)).render(cameras)
    return channel_of(frames, Step(0, 1, training=False), channel).rgb[0]


def _of_picture(path: Path, views: int, channel: Channel) -> Tensor:
    if channel != "rgb":
        raise InputError(f"evaluate: channel: {channel} is for models; {path} is a flat picture")
    return fit(read_picture(path), (SIZE, SIZE))


PICTURES_OF: dict[str, Callable[[Path, int, Channel], Tensor]] = {"model": _of_model, "picture": _of_picture}
"""Kind of an artefact -> its pictures; of several artefacts the first kind here is taken."""


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
