"""Models for priors that know sides: the world of solids, or a folder of models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.channels import channel_of
from guidance.distillation.exemplars.models import ModelLibraries, ModelLibrary, Shows
from guidance.distillation.exemplars.pictures import read_captions
from limn.cache import cached
from limn.cameras import Cameras
from limn.step import Step
from renderers.mesh.draw import draw
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional
from renderers.solids import captions, solid

MODELS = (".glb", ".gltf", ".obj", ".ply", ".stl")

CELLS = 40
"""Across a solid's mesh; more would be smaller than the pixels."""

LIGHTS = Directional(elevation=60.0, ambient=0.7, strength=0.3)
"""Soft, and fixed to the world: a field without shading has it in its colours."""

AT_ONCE = 24
"""Pictures."""

FINER = 2
"""Pixels that are drawn across one of a picture."""


class Libraries(ModelLibraries):
    """``solids`` is the world of solids; a folder that has models is a library of them."""

    def open(self, place: str) -> ModelLibrary | None:
        """See `ModelLibraries.open`."""
        if place == "solids":
            return Solids()
        folder = Path(place).expanduser()
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in MODELS) if folder.is_dir() else []
        return FolderOfModels(place, folder, files) if files else None


class Solids(ModelLibrary):
    """The world of solids: what a text says is made, where it says something that is known there."""

    name = "solids"

    def __init__(self) -> None:
        self.captions = captions()

    def makes(self, text: str) -> bool:
        """See `ModelLibrary.makes`."""
        return solid(text) is not None

    def draw(
        self, text: str, camera_to_world: Tensor, world_to_clip: Tensor, side: int, shows: Shows = "rgb"
    ) -> Tensor:
        """See `ModelLibrary.draw`."""
        return drawn(_of_solid(text), camera_to_world, world_to_clip, side, shows)


class FolderOfModels(ModelLibrary):
    """A folder of models.

    Args:
        name: for messages.
        folder: may have a file ``captions.txt``, see `read_captions`.
        files: the models.
    """

    def __init__(self, name: str, folder: Path, files: list[Path]) -> None:
        self.name = name
        self.captions = read_captions(folder, files)
        self._files = dict(zip(self.captions, files, strict=True))

    def draw(
        self, text: str, camera_to_world: Tensor, world_to_clip: Tensor, side: int, shows: Shows = "rgb"
    ) -> Tensor:
        """See `ModelLibrary.draw`."""
        return drawn(_of_file(self._files[text]), camera_to_world, world_to_clip, side, shows)


@cached(128)
def _of_solid(text: str) -> MeshRenderer:
    found = solid(text)
    assert found is not None
    return MeshRenderer(found.mesh(CELLS))


@cached(128)
def _of_file(path: Path) -> MeshRenderer:
    return MeshRenderer(normalise(read_mesh(path)))


@torch.no_grad()
def drawn(
    renderer: MeshRenderer, camera_to_world: Tensor, world_to_clip: Tensor, side: int, shows: Shows = "rgb"
) -> Tensor:
    """A model as cameras see it: colour times alpha, and alpha [N, 4, side, side]; normals are opaque.

    Args:
        renderer: draws the model.
        camera_to_world: [N, 4, 4].
        world_to_clip: [N, 4, 4].
        side: height and width of the pictures in pixels.
        shows: what is in them.
    """
    nothing = torch.zeros(len(world_to_clip))  # to a renderer, the matrices say it all
    view, projection = torch.linalg.inv(camera_to_world), world_to_clip @ camera_to_world
    cameras = Cameras(view, projection, nothing, nothing, nothing, nothing)
    black = torch.zeros(len(world_to_clip), 3) if shows == "rgb" else None
    cameras = replace(cameras, lights=LIGHTS(cameras, torch.Generator()), background=black)
    # Straight to `draw`: that triangles are smaller than these pixels is meant.
    frames = [draw(renderer.surface(), some, (FINER * side, FINER * side), renderer.look) for some in _some(cameras)]
    rgb = torch.cat([channel_of(each, Step(0, 1), shows).rgb[0] for each in frames])
    alpha = torch.cat([each.alpha[0] for each in frames]) if shows == "rgb" else torch.ones_like(rgb[:, :1])
    return F.avg_pool2d(torch.cat([rgb, alpha], dim=1), FINER)


def _some(cameras: Cameras) -> list[Cameras]:
    return [cameras[rows] for rows in torch.split(torch.arange(len(cameras)), AT_ONCE)]
