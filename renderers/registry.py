"""Renderers by the name that a config uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from limn.lights import Lights
from limn.registry import Registry
from renderers.base import Renderer
from renderers.scene.shading import Shading


@dataclass(frozen=True)
class Canvas:
    """What a renderer starts from when nothing is known yet.

    Args:
        size: height and width of its pictures in pixels.
        candidates: S.
        generator: the only source of random numbers, on the CPU.
        before: what the stage before made, for renderers that take over its form; None in the first stage.
        best: the number of its best candidate.
        lights: of scenes with views, where cameras have none; the renderer's own when None.
        shading: how their surfaces look under light; the renderer's own when None.
        picture: what every candidate shows at the start [3, H, W] in 0..1; a renderer's own start when None.
    """

    size: tuple[int, int]
    candidates: int
    generator: torch.Generator
    before: Renderer | None = None
    best: int = 0
    lights: Lights | None = None
    shading: Shading | None = None
    picture: Tensor | None = None


RENDERERS: Registry[Callable[..., Renderer]] = Registry(
    "renderer",
    {
        "filter": "renderers.fields.pictures.filter:filter_image",
        "finer": "renderers.fields.pictures.networks:finer",
        "flexicubes": "renderers.fields.surface.factory:flexicubes",
        "fourier": "renderers.fields.pictures.networks:fourier",
        "field": "renderers.fields.factory:field",
        "mesh": "renderers.mesh.factory:mesh",
        "pixels": "renderers.fields.pictures.pixel_image:pixels",
        "pyramid": "renderers.fields.pictures.pyramid:pyramid",
        "shapes": "renderers.strokes.factories:shapes",
        "siren": "renderers.fields.pictures.networks:siren",
        "squares": "renderers.strokes.factories:squares",
        "strokes": "renderers.strokes.factories:strokes",
        "wire": "renderers.fields.pictures.networks:wire",
    },
)
"""An entry takes ``canvas`` (a `Canvas`) and makes a renderer on the CPU; its other arguments are its configuration."""
