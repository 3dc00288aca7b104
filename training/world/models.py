"""Pictures of the shipped 3D models, from sides that captions can name."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from guidance.views import view_weights
from limn.cameras import orbit
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional

FOLDER = Path(__file__).parents[2] / "configs/assets/models"
AROUND, ABOVE = 12, 4  # shots at eye level and from high up


@torch.no_grad()
def model_sprites(side: int) -> list[tuple[str, np.ndarray, int]]:
    """Every model from all around and from above.

    Args:
        side: width and height in pixels.

    Returns:
        For each picture the model's name, uint8 [4, side, side] with colours premultiplied by alpha, and the view, an
        index into ``guidance.views.VIEWS``.
    """
    azimuth = torch.cat([torch.arange(count) * (2 * math.pi / count) for count in (AROUND, ABOVE)])
    elevation = torch.deg2rad(torch.tensor([15.0] * AROUND + [70.0] * ABOVE))
    views = view_weights(azimuth, elevation).argmax(dim=1).tolist()
    cameras = orbit(azimuth, elevation, 2.5, math.radians(50.0))
    cameras = replace(cameras, lights=Directional(follow=True)(cameras, torch.Generator()))
    found = []
    for path in sorted(FOLDER.glob("*.glb")):
        mesh = normalise(read_mesh(path))
        frames = MeshRenderer(mesh, size=(2 * side, 2 * side), background=torch.zeros(3)).render(cameras)
        pixels = _bytes(torch.cat([frames.rgb[0], frames.alpha[0]], dim=1))
        found += [(path.stem, picture, view) for picture, view in zip(pixels, views, strict=True)]
    return found


def _bytes(pictures: Tensor) -> np.ndarray:
    """Half the size, as uint8."""
    return (torch.nn.functional.avg_pool2d(pictures, 2) * 255).round().byte().numpy()
