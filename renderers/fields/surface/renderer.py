"""FlexiCubesRenderer: surfaces that are extracted anew in every step, so that their topology may change."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.cameras import Cameras, turntable
from limn.errors import InputError
from limn.frames import Frames
from limn.isosurface import Isosurface
from limn.lights import Lights
from limn.step import Step
from limn.surface import Connectivity, Surface
from renderers.base import ParameterGroup, Renderer
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.flexicubes import WEIGHTS, Extraction, flexicubes
from renderers.fields.surface.from_field import textured
from renderers.fields.surface.parts import without_floaters
from renderers.mesh.draw import Look, draw
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import Corners
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional
from renderers.scene.shading import Lambert, Shading

REACH = 1 - 1e-4
"""Of half a cell: how far nodes move, so that no cell turns over."""


class FlexiCubesRenderer(Renderer):
    """S candidates of a closed surface with colours, each with a topology of its own.

    Source: Shen et al. 2023, "Flexible isosurface extraction for gradient-based mesh optimization".

    Args:
        distances: at the start, negative inside, on the nodes of a grid over the box -1..1 [S, R, R, R].
        colours: at the start, sRGB in 0..1 on the nodes of another [S, C, C, C, 3].
        lights: of views whose cameras have none; by default a fixed sun and a sky.
        shading: how surfaces look under light; matt by default.
        size: height and width of pictures in pixels.
        texture_size: side in texels of the textures in artefacts, at least.
    """

    has_views: ClassVar[bool] = True

    def __init__(
        self,
        distances: Tensor,
        colours: Tensor,
        lights: Lights | None = None,
        shading: Shading | None = None,
        size: tuple[int, int] = (64, 64),
        texture_size: int = 1024,
    ) -> None:
        super().__init__()
        self.size, self.texture_size, self.shading = size, texture_size, shading or Lambert()
        self.lights = Directional()(turntable(1), torch.Generator()) if lights is None else lights
        count, *sides = distances.shape
        self.distances = nn.Parameter(distances.clone())
        self.shifts = nn.Parameter(torch.zeros(*distances.shape, 3))
        self.weights = nn.Parameter(torch.zeros(count, *(side - 1 for side in sides), WEIGHTS))
        self.colours = nn.Parameter(colours.clone())
        self.register_buffer("grid", nodes(sides), persistent=False)
        self.grid: Tensor

    @property
    def candidates(self) -> int:
        """S, the number of surfaces."""
        return len(self.distances)

    def extracted(self, candidate: int, training: bool = True) -> Extraction:
        """The surface of a candidate, see `flexicubes`."""
        half_a_cell = 1 / (self.distances.shape[-1] - 1)
        places = self.grid + REACH * half_a_cell * self.shifts[candidate].tanh()
        return flexicubes(self.distances[candidate], places, self.weights[candidate], training)

    def colours_at(self, points: Tensor, candidate: int) -> Tensor:
        """Colours between the nodes of the grid, sRGB in 0..1 [N, 3], at points [N, 3]."""
        table = self.colours[candidate].permute(3, 0, 1, 2)[None]
        found = F.grid_sample(table, points.view(1, 1, 1, -1, 3), padding_mode="border", align_corners=True)
        return found[0, :, 0, 0].t()

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Draws every candidate in every view.

        Args:
            cameras: of V views; four around the surface when None.
            size: height and width in pixels; the renderer's own when None.
            step: not used.

        Returns:
            Frames with depth, normals, cameras and an `Isosurface`.
        """
        cameras, size = (turntable(4) if cameras is None else cameras).to(self.grid.device), size or self.size
        found = [self.extracted(candidate) for candidate in range(self.candidates)]
        drawn = [self._drawn(one, candidate, cameras, size) for candidate, one in enumerate(found)]
        deviation = torch.stack([one.deviation for one in found])
        return Frames(
            rgb=torch.cat([one.rgb for one in drawn]),
            alpha=torch.cat([one.alpha for one in drawn]),
            depth=torch.cat([one.depth for one in drawn if one.depth is not None]),
            normal=torch.cat([one.normal for one in drawn if one.normal is not None]),
            cameras=cameras,
            geometry=Isosurface(self.distances, self.weights, deviation),
        )

    def _drawn(self, found: Extraction, candidate: int, cameras: Cameras, size: tuple[int, int]) -> Frames:
        vertices, faces = found.vertices, found.faces
        surface = Surface(
            vertices[None],
            Connectivity(faces),
            vertices.detach(),
            colours=self.colours_at(vertices, candidate)[None],
        )
        white, corners = torch.ones(3, device=vertices.device), Corners(faces, len(vertices))
        return draw(surface, cameras, size, Look(self.shading, self.lights.to(vertices.device), white, corners))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``distances``, ``shifts`` of nodes in half cells, ``weights`` and ``colours``."""
        return [
            ParameterGroup("distances", [self.distances], 0.01),
            ParameterGroup("shifts", [self.shifts], 0.01),
            ParameterGroup("weights", [self.weights], 0.01),
            ParameterGroup("colours", [self.colours], 0.02),
        ]

    @torch.no_grad()
    def constrain(self) -> None:
        """Keeps distances within the box and colours in 0..1."""
        self.distances.clamp_(-2, 2)
        self.colours.clamp_(0, 1)

    @torch.no_grad()
    def baked(self, candidate: int = 0) -> tuple[Mesh, None]:
        """A candidate as it is now with a texture, on the CPU; it has no normal map.

        Raises:
            InputError: nothing is inside.
        """
        found = self.extracted(candidate, training=False)
        if not len(found.faces):
            raise InputError("the surface is empty: no distance is below 0")
        vertices, faces = without_floaters(found.vertices.cpu(), found.faces.cpu())
        mesh = Mesh(vertices, faces, name="surface")
        device = self.grid.device

        def colour(points: Tensor, normals: Tensor) -> Tensor:
            return self.colours_at(points.to(device), candidate).cpu()

        return textured(mesh, colour, self.texture_size), None

    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``model.glb``, and ``model.obj`` with its material and texture."""
        mesh, _ = self.baked(candidate)
        return MeshRenderer(mesh, shading=self.shading).artefacts(folder)
