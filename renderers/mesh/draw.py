"""draw: pictures of a surface."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.cameras import Cameras
from limn.frames import Frames
from limn.lights import Lights
from limn.surface import Surface
from renderers.mesh import operations
from renderers.mesh.mesh import GREY
from renderers.mesh.normals import Corners
from renderers.mesh.operations.fragments import Backend, Filter, Fragments
from renderers.mesh.relief import bumped, tangents
from renderers.scene.backgrounds import resized
from renderers.scene.colour import tinted
from renderers.scene.shading import Shading


@dataclass(frozen=True)
class Look:
    """Everything but surface and cameras that pictures depend on.

    Args:
        shading: how surfaces look under light.
        lights: of views whose cameras have none.
        background: of views whose cameras have none, sRGB in 0..1 [3] or [3, H, W].
        corners: the corners that share a normal.
        filter: how textures are sampled.
        backend: that computes the pictures.
        supersampling: every pixel is the mean of so many samples across and down, from 1.
    """

    shading: Shading
    lights: Lights
    background: Tensor
    corners: Corners
    filter: Filter = "mipmap"
    backend: Backend = "warp"
    supersampling: int = 1


def draw(surface: Surface, cameras: Cameras, size: tuple[int, int], look: Look) -> Frames:
    """Draws S candidates in V views, with smooth silhouettes that have gradients.

    Args:
        surface: S candidates.
        cameras: of V views, on the surface's device; made to fit the shape of the pictures.
        size: height and width in pixels.
        look: everything else.

    Returns:
        Frames with depth, normals, and the surface with the face that each pixel shows.
    """
    cameras, finer = cameras.shaped(size), look.supersampling
    views, (height, width) = len(cameras), (finer * size[0], finer * size[1])
    shape = (surface.candidates, views, *size)
    clip = transformed(surface.vertices, cameras.world_to_clip)
    fragments = operations.rasterise(clip, surface.faces, (height, width), backend=look.backend)
    triangle = fragments.triangle[:, 0]
    # Most pixels show nothing; the code below handles only the M that show something.
    pixel = (triangle.flatten() >= 0).nonzero()[:, 0]
    view = pixel // (height * width) % views

    spots = _Spots(surface, fragments, pixel, look)
    point, colour, normal = spots.point_colour_normal()
    if surface.residual is not None:
        colour = tinted(colour, spots.mixed(surface.residual, surface.faces))
    normal = normal * _side(clip, surface.faces, triangle, pixel)
    lights = look.lights if cameras.lights is None else cameras.lights
    seen = look.shading(colour, normal, point, cameras.eye[view], lights.at(view))
    behind = cameras.view[:, 2][view]
    away = -(point * behind[:, :3]).sum(dim=1, keepdim=True) - behind[:, 3:]

    spot = torch.cat([seen, away, normal, torch.ones_like(away)], dim=1)
    layers = spot.new_zeros(triangle.numel(), 8).index_copy(0, pixel, spot).view(-1, height, width, 8)
    layers = operations.antialias(layers, fragments, clip, surface.faces, backend=look.backend)
    if finer > 1:
        layers = layers.reshape(-1, size[0], finer, size[1], finer, 8).mean(dim=(2, 4))
    seen, away, normal, alpha = torch.split(layers.view(*shape, 8), [3, 1, 3, 1], dim=4)
    local = normal.flatten(2, 3) @ cameras.view[:, :3, :3].transpose(1, 2)
    backdrop = look.background[None] if cameras.background is None else cameras.background
    backdrop = resized(backdrop.to(seen), size).permute(0, 2, 3, 1)
    return Frames(
        rgb=_channels_first(seen + (1 - alpha) * backdrop),
        alpha=_channels_first(alpha),
        depth=_channels_first(away / alpha.clamp_min(1e-4)),
        normal=_channels_first(F.normalize(local.view(*shape, 3), dim=4)),
        cameras=cameras,
        geometry=replace(surface, seen=triangle[:, finer // 2 :: finer, finer // 2 :: finer].reshape(shape)),
    )


def transformed(points: Tensor, matrices: Tensor) -> Tensor:
    """Points of S candidates [S, P, 3] by V matrices [V, 4, 4], homogeneous and candidate-major [S V, P, 4]."""
    return (points[:, None] @ matrices[..., :3].transpose(1, 2) + matrices[:, None, :, 3]).flatten(0, 1)


def _channels_first(pictures: Tensor) -> Tensor:
    return pictures.movedim(4, 2)


@dataclass(frozen=True)
class _Spots:
    """The points of the surface that M pixels show.

    Args:
        surface: of S candidates.
        fragments: of S V pictures.
        pixel: their numbers among all pixels of all pictures [M].
        look: how textures are sampled, and with what.
    """

    surface: Surface
    fragments: Fragments
    pixel: Tensor
    look: Look

    def point_colour_normal(self) -> tuple[Tensor, Tensor, Tensor]:
        """Positions in the world, sRGB colours, and outward unit normals, each [M, 3]."""
        surface = self.surface
        columns = [surface.vertices]
        if surface.colours is not None:
            columns.append(surface.colours.expand(surface.candidates, -1, -1))
        mixed = self.mixed(torch.cat(columns, dim=2), surface.faces)
        corners = self.look.corners
        normal = F.normalize(self.mixed(corners.normals(surface.vertices, surface.faces), corners.faces), dim=1)
        point, colour = mixed[:, :3], mixed[:, 3:] if len(columns) > 1 else torch.full_like(normal, GREY)
        if surface.colours is None and surface.texture is None and surface.corner_colours is not None:
            rows = torch.arange(surface.faces.numel(), dtype=torch.int32, device=point.device).view(-1, 3)
            colour = self.mixed(surface.corner_colours.flatten(1, 2), rows)
        if surface.uv is None or surface.uv_faces is None:
            return point, colour, normal
        uv, steps = operations.interpolate(surface.uv[None], surface.uv_faces, self.fragments, True, self.look.backend)
        if surface.texture is not None:
            colour = self._sampled(surface.texture, uv, steps)
        if surface.normal_map is not None:
            along = self.mixed(tangents(surface), surface.uv_faces)
            normal = bumped(normal, along, self._sampled(surface.normal_map, uv, steps))
        return point, colour, normal

    def mixed(self, attributes: Tensor, faces: Tensor) -> Tensor:
        """Attributes of rows [S, P, C] between the corners of faces [F, 3]: [M, C]."""
        return self._chosen(operations.interpolate(attributes, faces, self.fragments, backend=self.look.backend))

    def _sampled(self, maps: Tensor, uv: Tensor, steps: Tensor) -> Tensor:
        look = self.look
        return self._chosen(
            operations.texture(maps, uv, steps, look.filter, backend=look.backend, fragments=self.fragments)
        )

    def _chosen(self, values: Tensor) -> Tensor:
        return values.flatten(0, 3).index_select(0, self.pixel)


def _side(clip: Tensor, faces: Tensor, triangle: Tensor, pixel: Tensor) -> Tensor:
    """1 where a pixel shows the front of its face, and -1 where it shows the back [M, 1]."""
    with torch.no_grad():
        a, b, c = clip[:, faces.long()][..., [0, 1, 3]].unbind(dim=2)
        front = (a * torch.linalg.cross(b, c)).sum(dim=2) > 0
        shown = front[pixel // triangle[0].numel(), triangle.flatten()[pixel].long()]
        return torch.where(shown, 1.0, -1.0)[:, None].to(clip.dtype)
