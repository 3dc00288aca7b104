"""Pictures of models from many sides, for priors that know sides: the world of solids, or a folder of models."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import torch

from guidance.distillation.exemplars.models import ModelLibraries, ModelLibrary, ModelViews
from guidance.distillation.exemplars.pictures import read_captions
from limn.cache import cached
from limn.cameras import orbit
from renderers.mesh.draw import draw
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional
from renderers.solids import captions, solid

MODELS = (".glb", ".gltf", ".obj", ".ply", ".stl")

AROUND = 24
"""Views around a model at each height."""

HEIGHTS = (-15.0, 5.0, 25.0, 45.0, 65.0)
"""Elevations of the views in degrees."""

CELLS = 48
"""Across a solid's mesh; more would be smaller than the pixels."""

LIGHTS = Directional(elevation=60.0, ambient=0.7, strength=0.3)
"""Soft, and fixed to the world: a field without shading has it in its colours."""

DISTANCE, FOV = 2.5, math.radians(50.0)


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

    def views(self, text: str, side: int) -> ModelViews:
        """See `ModelLibrary.views`."""
        return _of_solid(text, side)


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

    def views(self, text: str, side: int) -> ModelViews:
        """See `ModelLibrary.views`."""
        return _of_file(self._files[text], side)


@cached(128)
def _of_solid(text: str, side: int) -> ModelViews:
    found = solid(text)
    assert found is not None
    return shown(found.mesh(CELLS), side)


@cached(64)
def _of_file(path: Path, side: int) -> ModelViews:
    return shown(normalise(read_mesh(path)), side)


@torch.no_grad()
def shown(mesh: Mesh, side: int) -> ModelViews:
    """A model from many sides.

    Args:
        mesh: in the unit sphere.
        side: height and width of the pictures in pixels.
    """
    azimuth = (torch.arange(AROUND) * (2 * math.pi / AROUND)).repeat(len(HEIGHTS))
    elevation = torch.deg2rad(torch.tensor(HEIGHTS)).repeat_interleave(AROUND)
    renderer = MeshRenderer(mesh, size=(side, side))
    cameras = orbit(azimuth, elevation, DISTANCE, FOV)
    cameras = replace(cameras, lights=LIGHTS(cameras, torch.Generator()))
    surface, some = renderer.surface(), torch.split(torch.arange(len(cameras)), AROUND)
    rgb = torch.cat([draw(surface, cameras[rows], (side, side), renderer.look).rgb[0] for rows in some])
    pictures = (rgb * 255).round().byte()
    return ModelViews(pictures, azimuth, elevation, 1 / (DISTANCE * math.tan(FOV / 2)))
