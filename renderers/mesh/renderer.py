"""MeshRenderer: a mesh of which shape, colours or both are optimised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from limn.cameras import Cameras, turntable
from limn.frames import Frames
from limn.surface import Surface, Topology
from renderers.base import ParameterGroup, Renderer
from renderers.mesh.draw import Look, draw
from renderers.mesh.export import write_glb, write_obj
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import Corners
from renderers.mesh.operations import Backend
from renderers.mesh.operations.texture import Filter
from renderers.mesh.parameters.parameterisation import Parameterisation
from renderers.mesh.shading import Lambert, Shading, Unlit
from renderers.mesh.unwrap import bake_colours, fill_seams, unwrap
from renderers.scene.light_samplers import Directional
from renderers.scene.lights import Lights


class MeshRenderer(Renderer):
    """S candidates of one mesh.

    Args:
        mesh: at the start, in the unit sphere (see `normalise`), on the device where pictures are to be computed.
        parameters: what of it is optimised, applied in this order; all made for the same mesh and S.
        candidates: S.
        lights: of shots that have none of their own; by default a sun that stands still and a sky.
        shading: what light makes of colour; by default matt.
        background: of shots that have none of their own, sRGB in 0..1 [3] or [3, H, W]; white by default.
        size: height and width of pictures in pixels.
        cameras: the shots where `render` is given none; four from all sides by default.
        crease: edges that turn by more degrees than this look sharp; 0 makes all faces flat, 180 all edges round.
        filter: how textures are sampled: ``mipmap`` or ``bilinear``.
        texture_size: side in texels of textures that `export` bakes.
        backend: what the pictures are computed with, see `rasterise`.
    """

    def __init__(
        self,
        mesh: Mesh,
        parameters: Sequence[Parameterisation] = (),
        candidates: int = 1,
        lights: Lights | None = None,
        shading: Shading | None = None,
        background: Tensor | None = None,
        size: tuple[int, int] = (224, 224),
        cameras: Cameras | None = None,
        crease: float = 60.0,
        filter: Filter = "mipmap",
        texture_size: int = 1024,
        backend: Backend = "warp",
    ) -> None:
        super().__init__()
        self.mesh, self.size, self.texture_size = mesh, size, texture_size
        self.parameterisations = nn.ModuleList(parameters)
        self._candidates = candidates
        self.cameras = turntable(4) if cameras is None else cameras
        self._topology = Topology(mesh.faces)
        device = mesh.vertices.device
        lights = Directional()(turntable(1), torch.Generator()) if lights is None else lights
        self.look = Look(
            shading or Lambert(),
            lights.to(device),
            torch.ones(3, device=device) if background is None else background.to(device),
            Corners.of(mesh.vertices, self._topology, math.radians(crease)),
            filter,
            backend,
        )

    @property
    def candidates(self) -> int:
        """S, the number of meshes."""
        return self._candidates

    def surface(self) -> Surface:
        """The meshes as they are now, connected to the parameters."""
        mesh = self.mesh
        surface = Surface(
            mesh.vertices.expand(self.candidates, -1, -1),
            self._topology,
            mesh.vertices,
            colours=None if mesh.colours is None else mesh.colours[None],
            texture=None if mesh.texture is None else mesh.texture[None],
            uv=mesh.uv,
            uv_faces=mesh.uv_faces,
        )
        for parameterisation in self.parameterisations:
            surface = parameterisation(surface)
        return surface

    def render(self, cameras: Cameras | None = None, size: tuple[int, int] | None = None) -> Frames:
        """Draws every candidate in every shot.

        Args:
            cameras: V shots; the renderer's own when None.
            size: height and width in pixels; the renderer's own when None.

        Returns:
            Frames with depth, normals, cameras and surface.
        """
        cameras = (self.cameras if cameras is None else cameras).to(self.mesh.vertices.device)
        return draw(self.surface(), cameras, size or self.size, self.look)

    def parameter_groups(self) -> list[ParameterGroup]:
        """What is optimised, as the parameterisations name it."""
        return [group for part in self._parts() for group in part.parameter_groups()]

    @torch.no_grad()
    def constrain(self) -> None:
        """Keeps every parameterisation in its range."""
        for part in self._parts():
            part.constrain()

    def keep(self, candidates: Sequence[int]) -> None:
        """Drops all candidates but these, in place."""
        super().keep(candidates)
        self._candidates = len(candidates)

    @torch.no_grad()
    def baked(self, candidate: int = 0) -> tuple[Mesh, Tensor | None]:
        """One candidate as it is now, on the CPU: a mesh with a texture, and a normal map where there is one."""
        surface = self.surface().candidate(candidate).to("cpu")
        mesh = Mesh(
            surface.vertices[0],
            surface.faces,
            surface.uv,
            surface.uv_faces,
            colours=None if surface.colours is None else surface.colours[0],
            groups=self.mesh.groups,
            name=self.mesh.name,
        )
        relief = None if surface.normal_map is None else surface.normal_map[0]
        if surface.texture is not None:
            return replace(mesh, texture=fill_seams(surface.texture[0], mesh)), relief
        # Texture coordinates that came with a mesh may overlap.
        mesh = unwrap(mesh, self.texture_size) if relief is None else mesh
        texture = bake_colours(mesh, (self.texture_size, self.texture_size))
        return replace(mesh, texture=texture, colours=None), relief

    def export(self, folder: Path, candidate: int = 0) -> list[Path]:
        """Writes ``model.glb`` and ``model.obj``, their texture baked as it was optimised.

        Args:
            folder: made if missing.
            candidate: which mesh.

        Returns:
            The paths.
        """
        folder.mkdir(parents=True, exist_ok=True)
        mesh, relief = self.baked(candidate)
        unlit = isinstance(self.look.shading, Unlit)
        corners = replace(self.look.corners, faces=self.look.corners.faces.cpu())
        glb = write_glb(folder / "model.glb", mesh, relief, unlit, corners)
        return [*glb, *write_obj(folder / "model.obj", mesh)]

    def _parts(self) -> list[Parameterisation]:
        return [part for part in self.parameterisations if isinstance(part, Parameterisation)]
