"""Normal map: relief that changes the shading but not the silhouette."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

from limn.ranges import Length, Rate, Side
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters.parameterisation import Parameterisation, need_coordinates


class NormalMap(Parameterisation):
    """Turns normals by a texture of slopes.

    Source: CLIP-Mesh (Mohammad Khalid et al. 2022) optimises one beside texture and vertices.

    Args:
        mesh: that is optimised; has texture coordinates.
        candidates: S.
        generator: not used, slopes start at zero.
        learning_rate: of the slopes, rise over run.
        resolution: side of the map in texels.
        limit: greatest slope along each axis.

    Raises:
        InputError: the mesh has no texture coordinates.
    """

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate = 0.01,
        resolution: Side = 256,
        limit: Length = 1.0,
    ) -> None:
        super().__init__()
        need_coordinates(mesh, "normal_map")
        self.learning_rate, self.limit = learning_rate, limit
        self.slopes = nn.Parameter(mesh.vertices.new_zeros(candidates, resolution, resolution, 2))

    def forward(self, surface: Surface) -> Surface:
        """The surface with this relief."""
        return replace(surface, normal_map=F.normalize(F.pad(-self.slopes, (0, 1), value=1.0), dim=-1))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``normal_map``."""
        return [ParameterGroup("normal_map", [self.slopes], self.learning_rate)]

    def constrain(self) -> None:
        """Keeps slopes within the limit."""
        self.slopes.clamp_(-self.limit, self.limit)
