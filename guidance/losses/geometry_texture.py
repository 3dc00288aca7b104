"""Texture variation: neighbouring places of a surface have similar colours."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.loss import Loss
from guidance.losses.pixels import total_variation
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.gather import gather_rows
from limn.step import Step
from limn.surface import Surface


def colour_variation(colours: Tensor, edges: Tensor) -> Tensor:
    """Mean absolute difference of the colours at both ends of edges.

    Args:
        colours: of vertices of S candidates [S, P, 3].
        edges: every edge once [E, 2].

    Returns:
        [S].
    """
    one, other = gather_rows(colours, edges).unbind(dim=2)
    return (one - other).abs().flatten(1).mean(dim=1)


class TextureVariation(Loss):
    """`total_variation` of the texture, or `colour_variation` of the vertices or of the corners of each face."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene has no mesh, or its mesh has no colours.
        """
        surface = geometry_of(frames, Surface, "texture_variation")
        if surface.texture is not None:
            values = total_variation(surface.texture.permute(0, 3, 1, 2)[:, None])
        elif surface.colours is not None:
            values = colour_variation(surface.colours, surface.connectivity.edges)
        elif surface.corner_colours is not None:
            corners = torch.arange(surface.faces.numel(), device=surface.faces.device).view(-1, 3)
            sides = torch.stack([corners, corners.roll(-1, 1)], dim=2).flatten(0, 1)
            values = colour_variation(surface.corner_colours.flatten(1, 2), sides)
        else:
            raise InputError("texture_variation: the mesh has neither a texture nor colours")
        if surface.residual is not None:
            # A residual moves a grey by half of itself.
            values = values + colour_variation(surface.residual, surface.connectivity.edges) / 2
        return values.expand(surface.candidates)
