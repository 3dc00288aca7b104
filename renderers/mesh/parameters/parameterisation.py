"""Parameterisation: how a mesh depends on parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import nn

from limn.errors import InputError
from limn.registry import Registry
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh


class Parameterisation(nn.Module, ABC):
    """Moves or paints S candidates of a mesh; several are applied one after the other.

    A constructor takes ``mesh`` (a `Mesh`), ``candidates`` (S) and ``generator`` (for what starts at random); its
    further arguments are the configuration. Every parameter has S as its leading dimension.
    """

    @abstractmethod
    def forward(self, surface: Surface) -> Surface:
        """The surface as this parameterisation changes it, connected to the parameters."""

    @abstractmethod
    def parameter_groups(self) -> list[ParameterGroup]:
        """The parameters by name, each group with its own learning rate."""

    def constrain(self) -> None:
        """Projects the parameters back into their range, in place and without gradient."""


def need_coordinates(mesh: Mesh, name: str) -> None:
    """Refuses a mesh without texture coordinates.

    Raises:
        InputError: the mesh has no texture coordinates.
    """
    if mesh.uv is None:
        raise InputError(f"{name}: {mesh.name} has no texture coordinates; unwrap it")


PARAMETERISATIONS: Registry[Callable[..., Parameterisation]] = Registry(
    "parameterisation",
    {
        "free_form": "renderers.mesh.parameters.free_form:FreeForm",
        "normal_displacement": "renderers.mesh.parameters.normal_displacement:NormalDisplacement",
        "normal_map": "renderers.mesh.parameters.normal_map:NormalMap",
        "style_field": "renderers.mesh.parameters.style_field:StyleField",
        "uv_texture": "renderers.mesh.parameters.uv_texture:UVTexture",
        "vertex_colours": "renderers.mesh.parameters.vertex_colours:VertexColours",
        "vertex_offsets": "renderers.mesh.parameters.vertex_offsets:VertexOffsets",
    },
)
"""Parameterisations by the name that a config uses."""
