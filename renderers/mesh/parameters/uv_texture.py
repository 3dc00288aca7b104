"""UV texture: a picture that is wrapped around the mesh."""

from __future__ import annotations

import torch
from torch import nn

from limn.ranges import Rate, Side
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters.parameterisation import Parameterisation, need_coordinates
from renderers.mesh.unwrap import bake_colours
from renderers.scene.backgrounds import resized


class UVTexture(Parameterisation):
    """Paints a texture.

    Args:
        mesh: that is optimised; has texture coordinates. The optimisation starts from its own colours.
        candidates: S.
        generator: not used.
        learning_rate: of the texels, in 0..1.
        resolution: side of the texture in texels.

    Raises:
        InputError: the mesh has no texture coordinates.
    """

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate = 0.02,
        resolution: Side = 256,
    ) -> None:
        super().__init__()
        need_coordinates(mesh, "uv_texture")
        self.learning_rate = learning_rate
        size = (resolution, resolution)
        if mesh.texture is None:
            start = bake_colours(mesh.to("cpu"), size).to(mesh.vertices.device)
        else:
            start = resized(mesh.texture.permute(2, 0, 1)[None], size)[0].permute(1, 2, 0)
        self.texels = nn.Parameter(start.repeat(candidates, 1, 1, 1))

    def forward(self, surface: Surface) -> Surface:
        """The surface with this texture."""
        return surface.painted(texture=self.texels)

    def parameter_groups(self) -> list[ParameterGroup]:
        """``texture``."""
        return [ParameterGroup("texture", [self.texels], self.learning_rate)]

    def constrain(self) -> None:
        """Keeps texels in 0..1."""
        self.texels.clamp_(0, 1)
