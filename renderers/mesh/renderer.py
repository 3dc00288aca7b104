"""MeshRenderer: a mesh whose shape, colours or both are optimised."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.cameras import Cameras, turntable
from limn.checks import Arguments
from limn.files import make_folder
from limn.frames import Frames
from limn.lights import Lights
from limn.step import Step
from limn.surface import Connectivity, Surface
from renderers.base import ParameterGroup, Renderer
from renderers.mesh.draw import Look, draw
from renderers.mesh.export import write_glb, write_obj
from renderers.mesh.fitting import fitting
from renderers.mesh.flips import FlipWatch
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import Corners
from renderers.mesh.operations.fragments import BACKENDS, FILTERS, Backend, Filter
from renderers.mesh.parameters.parameterisation import Parameterisation
from renderers.mesh.restyle import restyled
from renderers.mesh.small_triangles import SizeWatch
from renderers.mesh.unwrap import bake_colours, fill_seams, unwrapped
from renderers.scene.light_samplers import Directional
from renderers.scene.shading import Lambert, Shading, Unlit


class MeshRenderer(Renderer):
    """S candidates of one mesh.

    Args:
        mesh: at the start, in the unit sphere (see `normalise`).
        parameters: parameterisations, applied in this order; all made for the same mesh and S.
        candidates: S.
        lights: of views whose cameras have none; by default a fixed sun and a sky.
        shading: how surfaces look under light; matt by default.
        background: of views whose cameras have none, sRGB in 0..1 [3] or [3, H, W]; white by default.
        size: height and width of pictures in pixels.
        cameras: where `render` is given none; four around the mesh by default.
        crease: edges that turn by more degrees than this look sharp; 0 makes all faces flat, 180 all edges round.
        filter: how textures are sampled: ``mipmap``, ``mipmap_nearest``, ``bilinear`` or ``nearest``.
        texture_size: side in texels of the textures in artefacts; larger where many small faces need it.
        backend: that computes the pictures, see `rasterise`.
        supersampling: every pixel is the mean of so many samples across and down, from 1; what is thinner than a pixel
            keeps more of its coverage, and a picture takes up to that number squared as long.
    """

    has_views: ClassVar[bool] = True

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
        supersampling: int = 1,
    ) -> None:
        super().__init__()
        given = Arguments("MeshRenderer")
        given.one_of("filter", filter, FILTERS)
        given.one_of("backend", backend, BACKENDS)
        size, mesh = given.size("size", size), fitting(mesh, "MeshRenderer")
        if background is not None:
            background = given.numbers("background", background, "3", "3 H W")
        self.mesh, self.size, self.texture_size = mesh, size, texture_size
        self.parameterisations = nn.ModuleList(parameters)
        self._candidates = candidates
        self.cameras = turntable(4) if cameras is None else cameras
        self._connectivity = Connectivity(mesh.faces)
        self._flips = FlipWatch(mesh.vertices, mesh.faces)
        device = mesh.vertices.device
        lights = Directional()(turntable(1), torch.Generator()) if lights is None else lights
        self.look = Look(
            shading or Lambert(),
            lights.to(device),
            torch.ones(3, device=device) if background is None else background.to(device),
            Corners.of(mesh.vertices, self._connectivity, math.radians(crease)),
            filter,
            backend,
            given.count("supersampling", supersampling),
        )
        self._sizes = SizeWatch()

    @property
    def candidates(self) -> int:
        """S, the number of meshes."""
        return self._candidates

    def surface(self) -> Surface:
        """The meshes as they are now, connected to the parameters."""
        mesh = self.mesh
        surface = Surface(
            mesh.vertices.expand(self.candidates, -1, -1),
            self._connectivity,
            mesh.vertices,
            colours=None if mesh.colours is None else mesh.colours[None],
            texture=None if mesh.texture is None else mesh.texture[None],
            corner_colours=None if mesh.corner_colours is None else mesh.corner_colours[None],
            uv=mesh.uv,
            uv_faces=mesh.uv_faces,
        )
        for parameterisation in self.parameterisations:
            surface = parameterisation(surface)
        return surface

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Draws every candidate in every view.

        Args:
            cameras: of V views; the renderer's own when None.
            size: height and width in pixels; the renderer's own when None.
            step: of a run, which looks now and then whether faces flip.

        Returns:
            Frames with depth, normals, cameras and a `Surface`.
        """
        cameras = (self.cameras if cameras is None else cameras).to(self.mesh.vertices.device)
        surface, size = self.surface(), Arguments("render").size("size", size or self.size)
        if step is not None and step.training:
            self._flips.look(surface, step)
        self._sizes.look(surface, cameras, size, self.look.supersampling, self.mesh.name)
        return draw(surface, cameras, size, self.look)

    def parameter_groups(self) -> list[ParameterGroup]:
        """The groups of all parameterisations."""
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
        """One candidate as it is now, on the CPU: a mesh with a texture, and a normal map where there is one.

        Faces of plain colours keep them; a texture would need several texels for the smallest of them.
        """
        surface = self.surface().candidate(candidate).to("cpu")
        mesh = Mesh(
            surface.vertices[0],
            surface.faces,
            surface.uv,
            surface.uv_faces,
            colours=None if surface.colours is None else surface.colours[0],
            corner_colours=None if surface.corner_colours is None else surface.corner_colours[0],
            groups=self.mesh.groups,
            name=self.mesh.name,
        )
        relief = None if surface.normal_map is None else surface.normal_map[0]
        if surface.texture is not None and surface.residual is not None:
            return restyled(replace(mesh, texture=surface.texture[0]), surface.residual[0], self.texture_size), relief
        if surface.texture is not None:
            texture, own = surface.texture[0], self.mesh.texture
            changed = own is None or not torch.equal(texture, own.cpu())
            texture = fill_seams(texture, mesh) if changed else texture
            return replace(mesh, texture=texture, colours=None, corner_colours=None), relief
        if surface.colours is None and surface.corner_colours is not None and relief is None:
            return mesh, relief
        # Texture coordinates that came with a mesh may overlap.
        mesh, side = unwrapped(mesh, self.texture_size) if relief is None else (mesh, self.texture_size)
        texture = bake_colours(mesh, (side, side))
        return replace(mesh, texture=texture, colours=None, corner_colours=None), relief

    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``model.glb``, and ``model.obj`` with its material and texture, which are baked."""
        folder = Path(folder)
        make_folder(folder)
        mesh, relief = self.baked(candidate)
        unlit = isinstance(self.look.shading, Unlit)
        corners = replace(self.look.corners, faces=self.look.corners.faces.cpu())
        (glb,) = write_glb(folder / "model.glb", mesh, relief, unlit, corners)
        obj, *beside = write_obj(folder / "model.obj", mesh)
        models = [Artefact(glb, "model", "Model (GLB)"), Artefact(obj, "model", "Model (OBJ)")]
        return models + [Artefact(path, "data", f"Part of the OBJ ({path.suffix[1:].upper()})") for path in beside]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Moves the mesh, lights and background to another device as well."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        device, look = fn(self.mesh.vertices).device, self.look
        self.mesh = self.mesh.to(device)
        self._connectivity = Connectivity(self.mesh.faces)
        corners = replace(look.corners, faces=look.corners.faces.to(device))
        self.look = replace(look, lights=look.lights.to(device), background=look.background.to(device), corners=corners)
        return self

    def _parts(self) -> list[Parameterisation]:
        return [part for part in self.parameterisations if isinstance(part, Parameterisation)]
