"""FieldRenderer: S fields, drawn by marching along rays."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from limn.artefact import Artefact
from limn.cameras import Cameras, turntable
from limn.errors import InputError
from limn.files import make_folder, write_file
from limn.frames import Frames
from limn.lights import Lights
from limn.step import Step
from limn.volume import Samples, Volume
from renderers.base import OptimiserState, ParameterGroup, Renderer
from renderers.fields.background import LearnedBackground
from renderers.fields.field import Field
from renderers.fields.occupancy import OccupancyGrid
from renderers.fields.operations.accumulate import accumulate
from renderers.fields.operations.composite import composite
from renderers.fields.operations.march import march
from renderers.fields.rays import rays_of
from renderers.fields.surface.from_field import mesh_of_field
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.backgrounds import resized
from renderers.scene.light_samplers import Directional
from renderers.scene.shading import Shading, Unlit

logger = logging.getLogger("limn")

DIAGONAL = 2 * math.sqrt(3)
"""Of the box -1..1."""

VISIBLE = 1e-3
"""Weight or opacity below which nobody sees a normal."""


@dataclass(frozen=True)
class Marching:
    """How rays look at a field.

    Args:
        samples: along the diagonal of the box; they decide the length of a step.
        stop: transmittance below which a ray is done.
        normals: whether steps compute normals where the shading has no use for them, for losses that read them;
            pictures outside of a run always have them.
        opening: the fraction of the run at which the last level of the encoding opens; 0 opens all at once.
        texture_size: side in texels of the texture in artefacts.
        resolution: samples along each side of the box from which artefacts get their surface.
        track: how much of the point that views look around stays in a step, the rest moves to the middle of what is
            seen (Dream Fields, 0.999); 0 keeps the middle of the box.
    """

    samples: int = 128
    stop: float = 1e-3
    normals: bool = False
    opening: float = 0.0
    texture_size: int = 1024
    resolution: int = 96
    track: float = 0.0

    @property
    def step(self) -> float:
        """Length of an interval."""
        return DIAGONAL / self.samples


class FieldRenderer(Renderer):
    """S candidates of a field.

    Args:
        field: in the box -1..1.
        candidates: S.
        marching: how rays look at it.
        occupancy: where there is something; None looks everywhere.
        backdrop: a learned background; None for that of the cameras, or white.
        lights: of views whose cameras have none; by default a fixed sun and a sky.
        shading: how surfaces look under light; colours as they are by default.
        size: height and width of pictures in pixels.
        settings: with which `field` makes one like it; they go into its file.
        again: makes one candidate of its kind at its start; without it none can start again.
    """

    has_views: ClassVar[bool] = True

    def __init__(
        self,
        field: Field,
        candidates: int,
        marching: Marching | None = None,
        occupancy: OccupancyGrid | None = None,
        backdrop: LearnedBackground | None = None,
        lights: Lights | None = None,
        shading: Shading | None = None,
        size: tuple[int, int] = (64, 64),
        settings: Mapping[str, Any] | None = None,
        again: Callable[[torch.Generator], Renderer] | None = None,
    ) -> None:
        super().__init__()
        self.field, self.occupancy, self.backdrop = field, occupancy, backdrop
        self.marching, self.size, self.settings = marching or Marching(), size, dict(settings or {})
        self.shading, self.again = shading or Unlit(), again
        self.lights = Directional()(turntable(1), torch.Generator()) if lights is None else lights
        self.register_buffer("progress", torch.zeros(candidates))
        self.register_buffer("origin", torch.zeros(candidates, 3))
        self.progress: Tensor
        self.origin: Tensor
        self._middle: Tensor | None = None

    @property
    def candidates(self) -> int:
        """S, the number of fields."""
        return len(self.progress)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Draws every candidate in every view.

        Args:
            cameras: of V views; four around the field when None.
            size: height and width in pixels; the renderer's own when None.
            step: of a run: training steps move the samples of each ray by a random part of a step.

        Returns:
            Frames with depth, normals where there are any, cameras and a `Volume`.
        """
        cameras = (turntable(4) if cameras is None else cameras).to(self.progress.device)
        size, training = size or self.size, step is not None and step.training
        self._open()
        views, pixels = len(cameras), size[0] * size[1]
        rays = self.candidates * views * pixels
        eyes, sights = (part.reshape(1, -1, 3) for part in rays_of(cameras, size))
        around = eyes.expand(self.candidates, -1, -1)
        origins = (around + self.origin[:, None]).reshape(rays, 3).contiguous()
        directions = sights.expand(self.candidates, -1, -1).reshape(rays, 3).contiguous()
        of_ray = _owners(self.candidates, views * pixels, origins.device)
        jitter = None
        if training:
            assert step is not None
            # All candidates alike, so that none depends on which others there are.
            drawn = torch.rand(views * pixels, generator=step.generator("march"))
            jitter = drawn.to(origins).repeat(self.candidates)
        occupied = None if self.occupancy is None else self.occupancy.occupied
        samples = march(origins, directions, of_ray, occupied, self.marching.step, jitter)
        wants_normals = self.marching.normals or step is None or not isinstance(self.shading, Unlit)
        volume, colours, depths, normals = self._seen(samples, directions, of_ray, wants_normals)
        self._middle = volume.centroids().detach() if training and self.marching.track else None
        depths = depths / volume.opacity.flatten().clamp_min(1e-4)
        view = (torch.arange(rays, device=origins.device) // pixels) % views
        along_axis = -(directions * cameras.view[view, 2, :3]).sum(dim=1)
        if normals is not None:
            points = around.reshape(rays, 3) + directions * depths[:, None]
            colours = self._lit(colours, normals, points, volume.opacity.flatten(), cameras, view)

        def picture(values: Tensor) -> Tensor:
            return values.view(self.candidates, views, *size, -1).movedim(-1, 2)

        opacity = picture(volume.opacity)
        return Frames(
            rgb=picture(colours) + (1.0 - opacity) * self._behind(cameras, size, sights, step),
            alpha=opacity,
            depth=picture(depths * along_axis),
            normal=None if normals is None else _in_camera(picture(normals), cameras),
            cameras=cameras,
            geometry=volume,
        )

    def _seen(
        self, samples: Samples, directions: Tensor, of_ray: Tensor, wants_normals: bool
    ) -> tuple[Volume, Tensor, Tensor, Tensor | None]:
        """What rays see: the volume, and for each ray colours, depths and normals, all times its opacity."""
        field = self.field
        owner = of_ray.index_select(0, samples.ray)
        along = directions.index_select(0, samples.ray) if field.needs_directions else None
        gradient = None
        if field.density.needs_slope or (wants_normals and field.density.signed):
            gradient = field.gradient(samples.points, owner)[1]
        slope = None if gradient is None or along is None else (gradient * along).sum(dim=1)
        raw, alpha, colours = field.show(samples, owner, along, slope)
        weights, opacity, seen, depths = composite(alpha, colours, samples, self.marching.stop)
        normals = turned = None
        if wants_normals:
            normals = self._normals(samples, owner, weights, gradient)
            turned = accumulate(weights, normals, samples)
        volume = Volume(
            opacity.view(self.candidates, -1),
            samples,
            weights,
            owner,
            directions,
            normals,
            gradient if field.density.signed else None,
            field.encoding.tables,
            field.gradient,
            raw,
        )
        return volume, seen, depths, turned

    def _normals(self, samples: Samples, owner: Tensor, weights: Tensor, gradient: Tensor | None) -> Tensor:
        """Unit normals where rays see something, zero elsewhere [M, 3]."""
        sign = 1.0 if self.field.density.signed else -1.0
        if gradient is not None:
            return F.normalize(sign * gradient, dim=1, eps=1e-6)
        visible = (weights.detach() > VISIBLE).nonzero()[:, 0]
        found = self.field.gradient(samples.points[visible], owner[visible])[1]
        normals = F.normalize(sign * found, dim=1, eps=1e-6)
        return torch.zeros_like(samples.points).index_copy(0, visible, normals)

    def _lit(
        self, colours: Tensor, normals: Tensor, points: Tensor, opacity: Tensor, cameras: Cameras, view: Tensor
    ) -> Tensor:
        """Colours of rays under light, times their opacity [R, 3]; every ray is lit once, where its surface is."""
        shown = (opacity.detach() > VISIBLE).nonzero()[:, 0]
        solid = opacity[shown, None]
        lights = (self.lights if cameras.lights is None else cameras.lights).to(points.device)
        lit = self.shading(
            colours[shown] / solid,
            F.normalize(normals[shown], dim=1, eps=1e-6),
            points[shown],
            cameras.eye[view[shown]],
            lights.at(view[shown]),
        )
        return torch.zeros_like(colours).index_copy(0, shown, lit * solid)

    def _behind(self, cameras: Cameras, size: tuple[int, int], sights: Tensor, step: Step | None) -> Tensor:
        """What is behind the fields, sRGB in 0..1, [S or 1, V or 1, 3, H or 1, W or 1]."""
        if self.backdrop is not None:
            generator = step.generator("backdrop") if step is not None and step.training else None
            seen: Tensor = self.backdrop(sights.view(len(cameras), -1, 3), generator)
            return seen.movedim(-1, 2).reshape(*seen.shape[:2], 3, *size)
        if cameras.background is None:
            return torch.ones(1, 1, 3, 1, 1, device=sights.device)
        return resized(cameras.background.to(sights), size)[None]

    def _open(self) -> None:
        """Opens the levels that are due, and goes to the sharpness of the moment."""
        progress = float(self.progress[0])
        opening = self.marching.opening
        self.field.encoding.open(min(1.0, progress / opening) if opening else 1.0)
        self.field.at(progress)

    def parameter_groups(self) -> list[ParameterGroup]:
        """The groups of the field and, where it is learned, ``background``."""
        return self.field.parameter_groups() + ([] if self.backdrop is None else self.backdrop.parameter_groups())

    def constrain(self) -> None:
        """Keeps the field in its range."""
        self.field.constrain()

    @torch.no_grad()
    def after_step(self, step: Step, state: OptimiserState) -> None:
        """Notes how far the run is, follows the middle of what is seen, and looks where there is something."""
        self.progress.fill_(step.progress)
        if self._middle is not None:
            middle = torch.where(self._middle.isfinite(), self._middle, self.origin)
            self.origin.lerp_(middle, 1.0 - self.marching.track)
        if self.occupancy is not None:
            self.occupancy.update(self.field.sigma, step)

    @torch.no_grad()
    def restart(self, candidates: Sequence[int], generator: torch.Generator) -> bool:
        """Starts candidates again from where a field of their kind starts."""
        if self.again is None:
            return False
        state = self.state_dict()
        for candidate in candidates:
            start = self.again(generator).state_dict()
            for name in state.keys() - {"progress"}:
                state[name][candidate] = start[name][0].to(state[name])
            if self.occupancy is not None:
                self.occupancy.start_again(self.field.sigma, candidate)
        return True

    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``field.safetensors``, and its surface as ``model.glb`` and ``model.obj``."""
        folder = make_folder(Path(folder))
        state = {name: part[candidate : candidate + 1].cpu().contiguous() for name, part in self.state_dict().items()}
        file = write_file(folder / "field.safetensors", save(state, {"field": json.dumps(self.settings)}))
        field = Artefact(file, "data", "Field")
        try:
            mesh, _ = self.baked(candidate)
        except InputError as error:
            logger.warning("no model is written: %s", error)
            return [field]
        return [field, *MeshRenderer(mesh, shading=self.shading).artefacts(folder)]

    def baked(self, candidate: int = 0) -> tuple[Mesh, None]:
        """The surface of one candidate with its colours, on the CPU; it has no normal map.

        Raises:
            InputError: there is no surface.
        """
        return mesh_of_field(self, candidate, self.marching.resolution, self.marching.texture_size), None

    @property
    def level(self) -> float:
        """The raw value that is the surface, where pictures do not say it better."""
        return self.field.density.level

    @property
    def inside_above(self) -> bool:
        """Whether raw values inside are above the level."""
        return not self.field.density.signed

    @torch.no_grad()
    def raw(self, points: Tensor, candidate: int) -> Tensor:
        """Raw values [N] of one candidate at points [N, 3] about its origin."""
        return self.field.raw(points + self.origin[candidate], _all_of(candidate, points))

    @torch.no_grad()
    def density(self, points: Tensor, candidate: int) -> Tensor:
        """Density per unit of length [N] of one candidate at points [N, 3] about its origin."""
        return self.field.sigma(points + self.origin[candidate], _all_of(candidate, points))

    @torch.no_grad()
    def colour(self, points: Tensor, candidate: int) -> Tensor:
        """Colours [N, 3] of one candidate at points [N, 3] about its origin."""
        seen: Tensor = self.field(points + self.origin[candidate], _all_of(candidate, points))[1]
        return seen


def _all_of(candidate: int, points: Tensor) -> Tensor:
    return torch.full((len(points),), candidate, dtype=torch.int32, device=points.device)


def _owners(candidates: int, each: int, device: torch.device) -> Tensor:
    return torch.arange(candidates, dtype=torch.int32, device=device).repeat_interleave(each)


def _in_camera(normals: Tensor, cameras: Cameras) -> Tensor:
    """Unit normals in camera space [S, V, 3, H, W] from sums of normals in the world."""
    turned = torch.einsum("vij,svjhw->svihw", cameras.view[:, :3, :3], normals)
    return F.normalize(turned, dim=2, eps=1e-6)
